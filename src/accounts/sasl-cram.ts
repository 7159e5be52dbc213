/** CRAM-MD5: the client answers a challenge with its keyed digest (RFC 2195 §2). The server speaks first. */
import { isUtf8 } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { malformed, type SaslExchange, type SaslStep, type SaslSurroundings } from './sasl-exchange.js'

/** User name, a space, and the digest. The name may have spaces in it. */
const ANSWER = /^(.+) ([0-9a-f]{32})$/s

/** Never the same twice, in the form of a msg-id. */
export const cramChallenge = ({ random, clock, hostname }: SaslSurroundings): string =>
  `<${random(12).toString('hex')}.${Math.floor(clock.now() / 1000)}@${hostname}>`

export class CramMd5 implements SaslExchange {
  readonly #challenge: string

  constructor(challenge: string) {
    this.#challenge = challenge
  }

  /** RFC 4422 §3: an initial response where the server speaks first is an error. */
  start(initial: Buffer | null): SaslStep {
    return initial === null ? { kind: 'challenge', octets: Buffer.from(this.#challenge) } : malformed
  }

  answer(octets: Buffer): SaslStep {
    const [, username, digest = ''] = ANSWER.exec(isUtf8(octets) ? octets.toString('utf8') : '') ?? []
    if (username === undefined || username.includes('\0')) return malformed
    const sent = Buffer.from(digest, 'hex')
    return {
      kind: 'lookup',
      username,
      supply: ({ cramMd5 }) => {
        const own = createHmac('md5', cramMd5()).update(this.#challenge).digest()
        return { kind: 'proof', right: timingSafeEqual(own, sent), final: null }
      },
    }
  }
}
