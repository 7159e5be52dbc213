/** SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's side (RFC 5802, RFC 7677). */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../core/ids.js'
import { foldAddress } from '../core/local-part.js'
import type { ScramKeys } from '../store/store.js'
import { type ChannelBinding, malformed, type SaslExchange, type SaslStep } from './sasl-exchange.js'
import { type ClientFinal, type ClientFirst, parseClientFinal, parseClientFirst } from './sasl-scram-messages.js'

export interface ScramOptions {
  /** The client has chosen the mechanism with channel binding. */
  readonly plus: boolean
  /** The mechanism with channel binding was offered on this connection. */
  readonly plusOffered: boolean
  readonly channelBinding: ChannelBinding
  /** Our part of the nonce: printable, without commas. */
  readonly nonce: string
}

/** 144 bits. */
export const scramNonce = (random: Random): string => random(18).toString('base64')

/** What was agreed in the first half. */
interface Agreed {
  readonly first: ClientFirst
  readonly serverFirst: string
  readonly nonce: string
  readonly keys: ScramKeys
}

export class Scram implements SaslExchange {
  readonly #options: ScramOptions
  #agreed: Agreed | null = null

  constructor(options: ScramOptions) {
    this.#options = options
  }

  start(initial: Buffer | null): SaslStep {
    return initial === null ? { kind: 'challenge', octets: Buffer.alloc(0) } : this.answer(initial)
  }

  answer(octets: Buffer): SaslStep {
    return this.#agreed === null ? this.#first(parseClientFirst(octets)) : this.#final(this.#agreed, octets)
  }

  #first(first: ClientFirst | null): SaslStep {
    if (first === null || (first.flag === 'p' && !this.#options.plus)) return malformed
    const { authzid } = first
    if (authzid !== '' && foldAddress(authzid) !== foldAddress(first.username)) return { kind: 'authorization' }
    // As it came, like that of PLAIN: SASLprep would let what only looks like a name of ours be that name.
    const { username } = first
    if (!this.#bindingFits(first)) return { kind: 'binding', username }
    return { kind: 'lookup', username, supply: ({ scram }) => this.#challenge(first, scram) }
  }

  /** RFC 5802 §6: who binds needs a type that we have, and nobody may believe that we cannot bind when we offered it. */
  #bindingFits({ flag, bindingType }: ClientFirst): boolean {
    const { plus, plusOffered, channelBinding } = this.#options
    if (plus) return flag === 'p' && channelBinding(bindingType) !== null
    return flag === 'n' || !plusOffered
  }

  #challenge(first: ClientFirst, keys: ScramKeys): SaslStep {
    const nonce = `${first.nonce}${this.#options.nonce}`
    const serverFirst = `r=${nonce},s=${Buffer.from(keys.salt).toString('base64')},i=${keys.iterations}`
    this.#agreed = { first, serverFirst, nonce, keys }
    return { kind: 'challenge', octets: Buffer.from(serverFirst) }
  }

  #final(agreed: Agreed, octets: Buffer): SaslStep {
    const final = parseClientFinal(octets)
    if (final === null) return malformed
    const { first } = agreed
    if (!final.binding.equals(this.#bound(first))) return { kind: 'binding', username: first.username }
    return judged(agreed, final)
  }

  /** cbind-input = gs2-header [ cbind-data ] */
  #bound({ header, bindingType }: ClientFirst): Buffer {
    const data = bindingType === '' ? null : this.#options.channelBinding(bindingType)
    return Buffer.concat([Buffer.from(header), data ?? Buffer.alloc(0)])
  }
}

/** RFC 5802 §3: the proof is ClientKey XOR ClientSignature, and StoredKey is the hash of ClientKey. */
function judged({ first, serverFirst, nonce, keys }: Agreed, final: ClientFinal): SaslStep {
  const message = `${first.bare},${serverFirst},${final.withoutProof}`
  const signature = hmac(keys.storedKey, message)
  const clientKey = signature.map((octet, i) => octet ^ (final.proof[i] ?? 0))
  const known = timingSafeEqual(createHash('sha256').update(clientKey).digest(), keys.storedKey)
  const right = known && final.proof.length === signature.length && final.nonce === nonce
  return { kind: 'proof', right, final: Buffer.from(`v=${hmac(keys.serverKey, message).toString('base64')}`) }
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest()
