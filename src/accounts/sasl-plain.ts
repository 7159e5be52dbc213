/** PLAIN and LOGIN: the client sends the password itself. */
import { isUtf8 } from 'node:buffer'
import { foldAddress } from '../core/local-part.js'
import { malformed, type SaslExchange, type SaslStep } from './sasl-exchange.js'

/** '' for what is not UTF-8: replacement characters would make different passwords equal. */
const textOf = (octets: Buffer): string => (isUtf8(octets) ? octets.toString('utf8') : '')

/** RFC 4616 §2: [authzid] NUL authcid NUL passwd, all in UTF-8. A foreign authzid is refused. */
export class Plain implements SaslExchange {
  start(initial: Buffer | null): SaslStep {
    return initial === null ? { kind: 'challenge', octets: Buffer.alloc(0) } : this.answer(initial)
  }

  answer(octets: Buffer): SaslStep {
    const [authzid = '', username = '', password = '', ...rest] = textOf(octets).split('\0')
    if (username === '' || password === '' || rest.length > 0) return malformed
    if (authzid !== '' && foldAddress(authzid) !== foldAddress(username)) return { kind: 'authorization' }
    return { kind: 'verify', username, password }
  }
}

/** The LOGIN of the field, draft-murchison-sasl-login: two prompts, or the name as initial response. */
export class Login implements SaslExchange {
  #username: string | null = null

  start(initial: Buffer | null): SaslStep {
    return initial === null ? { kind: 'challenge', octets: Buffer.from('Username:') } : this.answer(initial)
  }

  answer(octets: Buffer): SaslStep {
    const text = textOf(octets)
    if (text === '' || text.includes('\0')) return malformed
    if (this.#username !== null) return { kind: 'verify', username: this.#username, password: text }
    this.#username = text
    return { kind: 'challenge', octets: Buffer.from('Password:') }
  }
}
