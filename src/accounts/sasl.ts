/** SASL exchanges as pure machines, used by SMTP AUTH and IMAP AUTHENTICATE alike (RFC 4422). */
import { isUtf8 } from 'node:buffer'
import { lowerAscii } from '../core/domain-name.js'

export type SaslMechanism = 'PLAIN' | 'LOGIN'

export type SaslStep =
  /** Send this challenge, then give the client's answer to `answer`. */
  | { readonly kind: 'challenge'; readonly octets: Buffer }
  /** The exchange is complete: these are the credentials to verify. */
  | { readonly kind: 'verify'; readonly username: string; readonly password: string }
  /** The client's message is not what the mechanism wants. `authorization`: it asked to act as somebody else. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'authorization' }

export interface SaslExchange {
  /** `initial` is the client's initial response, null where it gave none. */
  start(initial: Buffer | null): SaslStep
  answer(octets: Buffer): SaslStep
}

/** '' for what is not UTF-8: replacement characters would make different passwords equal. */
const textOf = (octets: Buffer): string => (isUtf8(octets) ? octets.toString('utf8') : '')

/** RFC 4616 §2: [authzid] NUL authcid NUL passwd, all in UTF-8. A foreign authzid is refused. */
class Plain implements SaslExchange {
  start(initial: Buffer | null): SaslStep {
    return initial === null ? { kind: 'challenge', octets: Buffer.alloc(0) } : this.answer(initial)
  }

  answer(octets: Buffer): SaslStep {
    const [authzid = '', username = '', password = '', ...rest] = textOf(octets).split('\0')
    if (username === '' || password === '' || rest.length > 0) return { kind: 'malformed' }
    if (authzid !== '' && lowerAscii(authzid) !== lowerAscii(username)) return { kind: 'authorization' }
    return { kind: 'verify', username, password }
  }
}

/** The LOGIN of the field, draft-murchison-sasl-login: two prompts, or the name as initial response. */
class Login implements SaslExchange {
  #username: string | null = null

  start(initial: Buffer | null): SaslStep {
    return initial === null ? { kind: 'challenge', octets: Buffer.from('Username:') } : this.answer(initial)
  }

  answer(octets: Buffer): SaslStep {
    const text = textOf(octets)
    if (text === '' || text.includes('\0')) return { kind: 'malformed' }
    if (this.#username !== null) return { kind: 'verify', username: this.#username, password: text }
    this.#username = text
    return { kind: 'challenge', octets: Buffer.from('Password:') }
  }
}

const EXCHANGES: { readonly [M in SaslMechanism]: () => SaslExchange } = {
  PLAIN: () => new Plain(),
  LOGIN: () => new Login(),
}

export const saslMechanisms = Object.keys(EXCHANGES) as readonly SaslMechanism[]

/** A new exchange, or null for a mechanism that we do not have. Names are case-insensitive (RFC 4422 §3.1). */
export function saslExchange(mechanism: string): SaslExchange | null {
  const name = saslMechanisms.find((m) => m === mechanism.toUpperCase())
  return name === undefined ? null : EXCHANGES[name]()
}
