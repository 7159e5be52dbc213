/** The SASL mechanisms: which there are, which are offered on a connection, and the exchange of each (RFC 4422). */
import type { Mechanism } from '../core/config.js'
import { CramMd5, cramChallenge } from './sasl-cram.js'
import type { ChannelBinding, SaslExchange, SaslSurroundings } from './sasl-exchange.js'
import { Login, Plain } from './sasl-plain.js'
import { Scram, scramNonce } from './sasl-scram.js'

export type SaslMechanism = Mechanism

/** Types of channel binding that we know, best first: RFC 9266 §2, RFC 5929 §4. */
const BINDING_TYPES = ['tls-exporter', 'tls-server-end-point'] as const

const PLUS = 'SCRAM-SHA-256-PLUS'

type Begin = (surroundings: SaslSurroundings, plusOffered: boolean) => SaslExchange

const scram =
  (plus: boolean): Begin =>
  ({ random, channelBinding }, plusOffered) =>
    new Scram({ plus, plusOffered, channelBinding, nonce: scramNonce(random) })

/** In the order in which they are offered (decision 1). */
const EXCHANGES: { readonly [M in SaslMechanism]: Begin } = {
  PLAIN: () => new Plain(),
  LOGIN: () => new Login(),
  'CRAM-MD5': (surroundings) => new CramMd5(cramChallenge(surroundings)),
  'SCRAM-SHA-256': scram(false),
  'SCRAM-SHA-256-PLUS': scram(true),
}

export const saslMechanisms = Object.keys(EXCHANGES) as readonly SaslMechanism[]

/** Those of the configuration that this connection can do, in the order in which they are offered. */
export function offeredMechanisms(
  configured: readonly SaslMechanism[],
  channelBinding: ChannelBinding,
): readonly SaslMechanism[] {
  const binds = BINDING_TYPES.some((type) => channelBinding(type) !== null)
  return saslMechanisms.filter((name) => configured.includes(name) && (name !== PLUS || binds))
}

/** A new exchange, or null for a mechanism that is not offered. Names are case-insensitive (RFC 4422 §3.1). */
export function saslExchange(
  mechanism: string,
  offered: readonly SaslMechanism[],
  surroundings: SaslSurroundings,
): SaslExchange | null {
  const name = offered.find((m) => m === mechanism.toUpperCase())
  return name === undefined ? null : EXCHANGES[name](surroundings, offered.includes(PLUS))
}

/** True where a client may send its password as it is: what IMAP's LOGIN command does (RFC 3501 §6.2.3). */
export const takesPasswords = (configured: readonly SaslMechanism[]): boolean =>
  configured.includes('PLAIN') || configured.includes('LOGIN')
