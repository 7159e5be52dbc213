/** The client's side of the SASL mechanisms (RFC 4422): which of those that are offered is used, and what it says. Pure. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { saslprep } from '@mongodb-js/saslprep'
import type { Random } from '../core/ids.js'
import { clientLimits } from '../core/limits.js'
import { decodeBase64 } from '../wire/base64.js'
import type { Credentials } from './contracts.js'

export type SaslStep =
  | { readonly kind: 'respond'; readonly octets: Buffer }
  /** PBKDF2 with SHA-256 over `password`, 32 octets, which takes a while; `derived` goes on. */
  | { readonly kind: 'derive'; readonly password: string; readonly salt: Buffer; readonly iterations: number }
  | { readonly kind: 'fail'; readonly why: string }

export interface SaslClient {
  /** What goes with the AUTH command, or null. */
  readonly initial: Buffer | null
  /** The server has shown what it has to show. */
  readonly satisfied: boolean
  answer(challenge: Buffer): SaslStep
  derived(key: Buffer): SaslStep
}

export interface SaslChoice {
  readonly name: string
  /** The password itself goes over the wire. */
  readonly reveals: boolean
  readonly client: SaslClient
}

const respond = (text: string): SaslStep => ({ kind: 'respond', octets: Buffer.from(text) })
const fail = (why: string): SaslStep => ({ kind: 'fail', why })
const UNEXPECTED = fail('it asked for more than the mechanism has')

interface Mechanism extends Pick<SaslChoice, 'name' | 'reveals'> {
  /** null: it has no form for this user or password. */
  readonly begin: (credentials: Credentials, random: Random) => SaslClient | null
}

/** The best first: who does not show the password, and who has the server prove that it knows it. */
const MECHANISMS: readonly Mechanism[] = [
  { name: 'SCRAM-SHA-256', reveals: false, begin: (credentials, random) => scram(credentials, random) },
  { name: 'CRAM-MD5', reveals: false, begin: cramMd5 },
  { name: 'PLAIN', reveals: true, begin: plain },
  { name: 'LOGIN', reveals: true, begin: login },
]

/** Those that can be used, best first. `secret`: nobody listens, so that a password may be shown. */
export function saslChoices(
  offered: readonly string[],
  secret: boolean,
  credentials: Credentials,
  random: Random,
): readonly SaslChoice[] {
  return MECHANISMS.filter(({ name, reveals }) => offered.includes(name) && (secret || !reveals)).flatMap(
    (mechanism) => {
      const client = mechanism.begin(credentials, random)
      return client === null ? [] : [{ name: mechanism.name, reveals: mechanism.reveals, client }]
    },
  )
}

/** RFC 4616 §2 */
function plain({ user, password }: Credentials): SaslClient {
  const initial = Buffer.from(`\0${user}\0${password}`)
  return { initial, satisfied: true, answer: () => UNEXPECTED, derived: () => UNEXPECTED }
}

/** draft-murchison-sasl-login: two questions, in words of any kind. */
function login({ user, password }: Credentials): SaslClient {
  const answers = [user, password]
  const next = (): SaslStep => {
    const answer = answers.shift()
    return answer === undefined ? UNEXPECTED : respond(answer)
  }
  return { initial: null, satisfied: true, answer: next, derived: () => UNEXPECTED }
}

/** RFC 2195 §2 */
function cramMd5({ user, password }: Credentials): SaslClient {
  let answered = false
  const answer = (challenge: Buffer): SaslStep => {
    if (answered) return UNEXPECTED
    answered = true
    return respond(`${user} ${createHmac('md5', password).update(challenge).digest('hex')}`)
  }
  return { initial: null, satisfied: true, answer, derived: () => UNEXPECTED }
}

/** RFC 5802 §2.2: SASLprep for both, with which not all text can be prepared. */
function scram({ user, password }: Credentials, random: Random): SaslClient | null {
  try {
    const prepared = [user, password].map((text) => saslprep(text, { allowUnassigned: true }))
    const [name = '', secret = ''] = prepared
    return new ScramClient(name, secret, random(18).toString('base64'))
  } catch {
    return null
  }
}

/** gs2-header: we know no channel binding (RFC 5802 §7, flag "n"). */
const GS2 = 'n,,'
/** server-first-message, without mandatory extensions. */
const FIRST = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})(?:,[A-Za-z]=[^,]*)*$/
/** RFC 7677 §4: no server that knows the mechanism has fewer; a stranger who wants to guess asks for few. */
const FEWEST_ITERATIONS = 4096

/** SCRAM-SHA-256: RFC 5802 §3, RFC 7677. */
class ScramClient implements SaslClient {
  readonly initial: Buffer
  readonly #password: string
  readonly #nonce: string
  readonly #bare: string
  #messages: { readonly final: string; readonly auth: string } | null = null
  #signature: Buffer | null = null
  #satisfied = false

  constructor(user: string, password: string, nonce: string) {
    this.#password = password
    this.#nonce = nonce
    this.#bare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
    this.initial = Buffer.from(`${GS2}${this.#bare}`)
  }

  get satisfied(): boolean {
    return this.#satisfied
  }

  answer(challenge: Buffer): SaslStep {
    if (this.#messages === null) return this.#begin(challenge.toString())
    return this.#signature === null || this.#satisfied
      ? UNEXPECTED
      : this.#verify(this.#signature, challenge.toString())
  }

  #begin(serverFirst: string): SaslStep {
    const [, nonce = '', salt64 = '', count = ''] = FIRST.exec(serverFirst) ?? []
    const salt = decodeBase64(salt64)
    const iterations = Number(count)
    if (salt === null || !nonce.startsWith(this.#nonce) || nonce === this.#nonce)
      return fail('its SCRAM message is not what RFC 5802 has')
    if (iterations < FEWEST_ITERATIONS || iterations > clientLimits.scramIterations)
      return fail(`it asks for ${iterations} iterations of SCRAM, which is too few or too many`)
    const final = `c=${Buffer.from(GS2).toString('base64')},r=${nonce}`
    this.#messages = { final, auth: `${this.#bare},${serverFirst},${final}` }
    return { kind: 'derive', password: this.#password, salt, iterations }
  }

  derived(key: Buffer): SaslStep {
    if (this.#messages === null || this.#signature !== null) return UNEXPECTED
    const { final, auth } = this.#messages
    const clientKey = hmac(key, 'Client Key')
    const signature = hmac(createHash('sha256').update(clientKey).digest(), auth)
    const proof = Buffer.from(clientKey.map((octet, i) => octet ^ (signature[i] ?? 0)))
    this.#signature = hmac(hmac(key, 'Server Key'), auth)
    return respond(`${final},p=${proof.toString('base64')}`)
  }

  /** RFC 5802 §5.1: "v" is the proof that the server knows the keys as well. */
  #verify(expected: Buffer, serverFinal: string): SaslStep {
    const [, verifier = ''] = /^v=([A-Za-z0-9+/]+={0,2})(?:,|$)/.exec(serverFinal) ?? []
    const shown = Buffer.from(verifier, 'base64')
    if (shown.length !== expected.length || !timingSafeEqual(shown, expected))
      return fail('it could not show that it knows the password')
    this.#satisfied = true
    return { kind: 'respond', octets: Buffer.alloc(0) }
  }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
