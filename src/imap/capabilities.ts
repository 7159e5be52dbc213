/** What is advertised, and when: one row for each capability, in the order in which they are sent. */

/** What decides whether a capability is offered. */
export interface Situation {
  readonly loggedIn: boolean
  /** TLS is active, so that a password may be sent. */
  readonly secure: boolean
  /** STARTTLS can be done. */
  readonly tlsOffered: boolean
}

interface Capability {
  readonly name: string
  readonly rfc: string
  readonly offered: (now: Situation) => boolean
}

const always = (): boolean => true
const canLogIn = ({ loggedIn, secure }: Situation): boolean => !loggedIn && secure

export const capabilities: readonly Capability[] = [
  { name: 'IMAP4rev1', rfc: 'RFC 3501 §6.1.1', offered: always },
  { name: 'STARTTLS', rfc: 'RFC 3501 §6.2.1', offered: ({ tlsOffered }) => tlsOffered },
  { name: 'LOGINDISABLED', rfc: 'RFC 3501 §6.2.3', offered: ({ loggedIn, secure }) => !loggedIn && !secure },
  { name: 'AUTH=PLAIN', rfc: 'RFC 4616 §2', offered: canLogIn },
  { name: 'AUTH=LOGIN', rfc: 'RFC 3501 §6.2.2', offered: canLogIn },
  { name: 'SASL-IR', rfc: 'RFC 4959 §3', offered: canLogIn },
  { name: 'LITERAL+', rfc: 'RFC 7888 §4', offered: always },
  { name: 'IDLE', rfc: 'RFC 2177 §3', offered: always },
]

/** capability-data without the word CAPABILITY: RFC 3501 §7.2.1 */
export const capabilityList = (now: Situation): string =>
  capabilities
    .filter(({ offered }) => offered(now))
    .map(({ name }) => name)
    .join(' ')
