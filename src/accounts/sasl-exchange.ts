/** What every SASL exchange is: a pure machine (RFC 4422 §3) that says what to send, and what to ask of the world. */
import type { Clock } from '../core/clock.js'
import type { Random } from '../core/ids.js'
import type { ScramKeys } from '../store/store.js'

export type SaslStep =
  /** Send this challenge, then give the client's answer to `answer`. */
  | { readonly kind: 'challenge'; readonly octets: Buffer }
  /** Look up what this user's password has left behind, then go on with `supply`. */
  | { readonly kind: 'lookup'; readonly username: string; readonly supply: (secrets: SaslSecrets) => SaslStep }
  /** Complete: these are the credentials to verify. */
  | { readonly kind: 'verify'; readonly username: string; readonly password: string }
  /** Complete: the client has proven that it knows the password, or not. `final` is our own proof, for a client that was right. */
  | { readonly kind: 'proof'; readonly right: boolean; readonly final: Buffer | null }
  /** The client sees another TLS channel than we do, or other mechanisms: somebody may stand between us. */
  | { readonly kind: 'binding'; readonly username: string }
  /** The client's message is not what the mechanism wants. `authorization`: it asked to act as somebody else. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'authorization' }

/** Of a user, or made up for one that there is not: a machine cannot tell. */
export interface SaslSecrets {
  readonly scram: ScramKeys
  /** Unsealed at the call. */
  readonly cramMd5: () => Buffer
}

export interface SaslExchange {
  /** `initial` is the client's initial response, null where it gave none. */
  start(initial: Buffer | null): SaslStep
  answer(octets: Buffer): SaslStep
}

/** The data of a channel binding type (RFC 5056 §2.1) on this connection; null for a type that it has not. */
export type ChannelBinding = (type: string) => Buffer | null

/** What an exchange is begun with. */
export interface SaslSurroundings {
  readonly hostname: string
  readonly random: Random
  readonly clock: Clock
  readonly channelBinding: ChannelBinding
}

export const malformed: SaslStep = { kind: 'malformed' }
