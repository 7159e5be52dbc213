/** What is advertised, and when: one row for each capability, in the order in which they are sent. */

import { type SaslMechanism, takesPasswords } from '../accounts/sasl.js'

/** What decides whether a capability is offered. */
export interface Situation {
  readonly loggedIn: boolean
  /** Of those who may set quotas. */
  readonly administrator: boolean
  /** TLS is active, so that a password may be sent. */
  readonly secure: boolean
  /** STARTTLS can be done. */
  readonly tlsOffered: boolean
  /** What AUTHENTICATE may be tried with on this connection, once it is secure. */
  readonly mechanisms: readonly SaslMechanism[]
  /** Octets that a message of APPEND may have. */
  readonly maxAppendSize: number
}

interface Capability {
  readonly name: string
  readonly rfc: string
  /** What stands behind the name. */
  readonly value?: (now: Situation) => string
  readonly offered: (now: Situation) => boolean
}

const always = (): boolean => true
/** A password would travel in clear, or is not wanted as it is. */
const loginDisabled = ({ secure, mechanisms }: Situation): boolean => !secure || !takesPasswords(mechanisms)
const loggedIn = (now: Situation): boolean => now.loggedIn
const by =
  (mechanism: SaslMechanism) =>
  ({ loggedIn, secure, mechanisms }: Situation): boolean =>
    !loggedIn && secure && mechanisms.includes(mechanism)

export const capabilities: readonly Capability[] = [
  { name: 'IMAP4rev1', rfc: 'RFC 3501 §6.1.1', offered: always },
  { name: 'STARTTLS', rfc: 'RFC 3501 §6.2.1', offered: ({ tlsOffered }) => tlsOffered },
  { name: 'LOGINDISABLED', rfc: 'RFC 3501 §6.2.3', offered: (now) => !now.loggedIn && loginDisabled(now) },
  { name: 'AUTH=PLAIN', rfc: 'RFC 4616 §2', offered: by('PLAIN') },
  { name: 'AUTH=LOGIN', rfc: 'RFC 3501 §6.2.2', offered: by('LOGIN') },
  { name: 'AUTH=CRAM-MD5', rfc: 'RFC 2195 §2', offered: by('CRAM-MD5') },
  { name: 'AUTH=SCRAM-SHA-256', rfc: 'RFC 7677 §3', offered: by('SCRAM-SHA-256') },
  { name: 'AUTH=SCRAM-SHA-256-PLUS', rfc: 'RFC 7677 §3', offered: by('SCRAM-SHA-256-PLUS') },
  { name: 'SASL-IR', rfc: 'RFC 4959 §3', offered: ({ loggedIn, secure }) => !loggedIn && secure },
  { name: 'LITERAL+', rfc: 'RFC 7888 §4', offered: always },
  { name: 'ID', rfc: 'RFC 2971 §3', offered: always },
  { name: 'IDLE', rfc: 'RFC 2177 §3', offered: always },
  { name: 'ENABLE', rfc: 'RFC 5161 §3', offered: loggedIn },
  { name: 'NAMESPACE', rfc: 'RFC 2342 §5', offered: loggedIn },
  { name: 'UNSELECT', rfc: 'RFC 3691 §2', offered: loggedIn },
  { name: 'UIDPLUS', rfc: 'RFC 4315 §2', offered: loggedIn },
  { name: 'MOVE', rfc: 'RFC 6851 §5', offered: loggedIn },
  { name: 'MULTIAPPEND', rfc: 'RFC 3502 §6.3.11', offered: loggedIn },
  { name: 'CHILDREN', rfc: 'RFC 3348 §3', offered: loggedIn },
  { name: 'LIST-EXTENDED', rfc: 'RFC 5258 §3', offered: loggedIn },
  { name: 'LIST-STATUS', rfc: 'RFC 5819 §2', offered: loggedIn },
  { name: 'SPECIAL-USE', rfc: 'RFC 6154 §2', offered: loggedIn },
  { name: 'CREATE-SPECIAL-USE', rfc: 'RFC 6154 §3', offered: loggedIn },
  { name: 'XLIST', rfc: 'RFC 6154 §1', offered: loggedIn },
  { name: 'WITHIN', rfc: 'RFC 5032 §2', offered: loggedIn },
  { name: 'SORT', rfc: 'RFC 5256 §3', offered: loggedIn },
  { name: 'THREAD=ORDEREDSUBJECT', rfc: 'RFC 5256 §3', offered: loggedIn },
  { name: 'THREAD=REFERENCES', rfc: 'RFC 5256 §3', offered: loggedIn },
  { name: 'I18NLEVEL=1', rfc: 'RFC 5255 §4.3', offered: loggedIn },
  { name: 'STATUS=SIZE', rfc: 'RFC 8438 §3', offered: loggedIn },
  { name: 'QUOTA', rfc: 'RFC 9208 §3', offered: loggedIn },
  { name: 'QUOTA=RES-STORAGE', rfc: 'RFC 9208 §5.1', offered: loggedIn },
  { name: 'QUOTA=RES-MESSAGE', rfc: 'RFC 9208 §5.2', offered: loggedIn },
  { name: 'QUOTASET', rfc: 'RFC 9208 §4.1.3', offered: ({ administrator }) => administrator },
  { name: 'INPROGRESS', rfc: 'RFC 9585 §3', offered: loggedIn },
  {
    name: 'APPENDLIMIT',
    rfc: 'RFC 7889 §2',
    value: ({ maxAppendSize }) => `=${maxAppendSize}`,
    offered: loggedIn,
  },
]

/** capability-data without the word CAPABILITY: RFC 3501 §7.2.1 */
export const capabilityList = (now: Situation): string =>
  capabilities
    .filter(({ offered }) => offered(now))
    .map(({ name, value }) => `${name}${value?.(now) ?? ''}`)
    .join(' ')
