/** Tagged completions: the last word on a command (RFC 3501 §7.1). */

/** Response codes that we send: RFC 3501 §7.1, RFC 5530 §3, RFC 4469 §3 for TOOBIG, RFC 4315 §3,
 * RFC 6154 §6 for USEATTR, RFC 9051 §7.1 for HASCHILDREN. */
export type ResponseCode =
  | 'ALREADYEXISTS'
  | 'AUTHENTICATIONFAILED'
  | 'AUTHORIZATIONFAILED'
  | 'CANNOT'
  | 'CLIENTBUG'
  | 'CONTACTADMIN'
  | 'EXPUNGEISSUED'
  | 'HASCHILDREN'
  | 'INUSE'
  | 'LIMIT'
  | 'NONEXISTENT'
  | 'NOPERM'
  | 'OVERQUOTA'
  | 'PRIVACYREQUIRED'
  | 'READ-ONLY'
  | 'READ-WRITE'
  | 'SERVERBUG'
  | 'TOOBIG'
  | 'TRYCREATE'
  | 'UNAVAILABLE'
  | 'USEATTR'
  | `BADCHARSET (${string})`
  | `APPENDUID ${string}`
  | `CAPABILITY ${string}`
  | `COPYUID ${string}`

/** What the session does once the tagged line is written. */
export type Next = 'close' | 'start-tls'

export interface Completion {
  readonly status: 'OK' | 'NO' | 'BAD'
  readonly code: ResponseCode | null
  readonly text: string
  readonly next: Next | null
}

export const ok = (text: string, code: ResponseCode | null = null, next: Next | null = null): Completion => ({
  status: 'OK',
  code,
  text,
  next,
})

export const no = (code: ResponseCode | null, text: string): Completion => ({ status: 'NO', code, text, next: null })

export const bad = (text: string): Completion => ({ status: 'BAD', code: null, text, next: null })

/** resp-text: RFC 3501 §9. */
export const respText = (code: ResponseCode | null, text: string): string =>
  code === null ? text : `[${code}] ${text}`

/** The tagged line behind its tag, without its CRLF. */
export const completionText = ({ status, code, text }: Completion): string => `${status} ${respText(code, text)}`
