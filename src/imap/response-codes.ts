/** The response codes that we send, and where each is described: the table behind the types of completion.ts. */
import type { ResponseCode } from './completion.js'

/** What a code is called, without what stands behind it. */
type NameOf<C extends string> = C extends `${infer Name} ${string}` ? Name : C

/** Codes of untagged responses alone. */
type Untagged = 'ALERT' | 'INPROGRESS' | 'PERMANENTFLAGS' | 'UIDNEXT' | 'UIDVALIDITY' | 'UNSEEN'

export type CodeName = NameOf<ResponseCode> | Untagged

/** A code that the types know and this table does not, or the other way round, does not compile. */
export const responseCodes: Readonly<Record<CodeName, string>> = {
  ALERT: 'RFC 3501 §7.1',
  ALREADYEXISTS: 'RFC 5530 §3',
  APPENDUID: 'RFC 4315 §3',
  AUTHENTICATIONFAILED: 'RFC 5530 §3',
  AUTHORIZATIONFAILED: 'RFC 5530 §3',
  BADCHARSET: 'RFC 3501 §7.1',
  CANNOT: 'RFC 5530 §3',
  CAPABILITY: 'RFC 3501 §7.1',
  CLIENTBUG: 'RFC 5530 §3',
  CONTACTADMIN: 'RFC 5530 §3',
  COPYUID: 'RFC 4315 §3',
  EXPUNGEISSUED: 'RFC 5530 §3',
  HASCHILDREN: 'RFC 9051 §7.1',
  INPROGRESS: 'RFC 9585 §4',
  INUSE: 'RFC 5530 §3',
  LIMIT: 'RFC 5530 §3',
  NONEXISTENT: 'RFC 5530 §3',
  NOPERM: 'RFC 5530 §3',
  OVERQUOTA: 'RFC 9208 §4.3.1',
  PERMANENTFLAGS: 'RFC 3501 §7.1',
  PRIVACYREQUIRED: 'RFC 5530 §3',
  'READ-ONLY': 'RFC 3501 §7.1',
  'READ-WRITE': 'RFC 3501 §7.1',
  SERVERBUG: 'RFC 5530 §3',
  TOOBIG: 'RFC 4469 §4.2',
  TRYCREATE: 'RFC 3501 §7.1',
  UIDNEXT: 'RFC 3501 §7.1',
  UIDVALIDITY: 'RFC 3501 §7.1',
  UNAVAILABLE: 'RFC 5530 §3',
  UNSEEN: 'RFC 3501 §7.1',
  USEATTR: 'RFC 6154 §6',
}
