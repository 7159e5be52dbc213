/**
 * Whether somebody is who they say (decisions 10 and 11). A wrong password, an unknown user and a disabled
 * user's wrong password take the same work and get the same verdict; only the log tells them apart.
 */
import { type Clock, sleep } from '../core/clock.js'
import { type AccountId, newId, type Random } from '../core/ids.js'
import { authLimits } from '../core/limits.js'
import { foldAddress } from '../core/local-part.js'
import type { Log } from '../core/log.js'
import type { AccountStore, AppPassword, AppPasswordStore, StoredCredentials } from '../store/store.js'
import { parseAddress } from './address.js'
import { appPasswordSigns } from './app-password.js'
import type { Attempt, Authenticator, AuthMethod, Caller, Lookup, ProofAttempt, Verdict } from './contracts.js'
import type { CredentialCache } from './credential-cache.js'
import * as events from './events.js'
import { type Passwords, PasswordsBusy } from './password.js'
import type { SaslSecrets } from './sasl-exchange.js'
import type { Secrets } from './secrets.js'
import type { Throttle } from './throttle.js'

export interface AuthenticatorParts {
  readonly store: AccountStore & Pick<AppPasswordStore, 'findAppPassword' | 'listAppPasswords'>
  readonly passwords: Passwords
  readonly secrets: Pick<Secrets, 'open' | 'decoyScram' | 'decoyCram' | 'appPasswordDigest'>
  readonly credentials: CredentialCache
  readonly throttle: Pick<Throttle, 'refuses' | 'failed' | 'succeeded'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

type Found = StoredCredentials | null

/** Nobody has it: what is looked for in vain takes the way of what is found. */
const NOBODY = 0 as AccountId

const NO_FLOOR = Promise.resolve()

/** An attempt with what all steps need. */
interface Case extends Caller {
  /** The account's address; where the user name is none, what was sent, cut. For counting and the log. */
  readonly name: string
  readonly isAddress: boolean
  readonly method: AuthMethod
  /** The app password that it was. */
  readonly app: AppPassword | null
  readonly begun: number
  /** Before it nobody hears that they were wrong. */
  readonly floor: Promise<void>
}

export class StoreAuthenticator implements Authenticator {
  readonly #parts: AuthenticatorParts

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts
  }

  async verify({ password, ...attempt }: Attempt): Promise<Verdict> {
    const one = this.#begin({ ...attempt, method: 'password' })
    if (this.#refuses(one)) return this.#refused(one, 'too_many_failures')
    const found = await this.#find(one)
    const app = await this.#appPassword(one, found, password)
    if (app !== null) return this.#judge({ ...one, method: 'app-password', app }, found, true)
    try {
      return await this.#conclude(one, found, await this.#compare(found, password))
    } catch (error) {
      if (error instanceof PasswordsBusy) return this.#refused(one, 'busy')
      throw error
    }
  }

  async lookUp(attempt: ProofAttempt): Promise<Lookup> {
    const one = this.#begin(attempt)
    if (this.#refuses(one)) return this.#refused(one, 'too_many_failures')
    const floor = this.#floor()
    const found = await this.#find(one)
    const secrets = await this.#secretsFor(one, found)
    await floor
    const conclude = (right: boolean): Promise<Verdict> =>
      this.#conclude({ ...one, floor: this.#floor() }, found, right)
    return { kind: 'found', secrets, conclude, confirm: () => this.#confirm(one, found) }
  }

  /**
   * Microseconds tell who exists where no bcrypt hides them: what is there is read, what is not is made up. So whoever
   * answers waits for a timer that was set before the work began and is longer than it.
   */
  #floor(): Promise<void> {
    return sleep(this.#parts.clock, authLimits.proofFloor)
  }

  #begin({ username, method, ...caller }: ProofAttempt): Case {
    const { clock, log, random } = this.#parts
    const address = parseAddress(username)?.address ?? null
    const isAddress = address !== null
    const name = address ?? foldAddress(username.slice(0, authLimits.username))
    const one: Case = { ...caller, name, isAddress, method, app: null, begun: clock.now(), floor: NO_FLOOR }
    events.authenticationStart(log, { ...about(one), auth_method: method, request_id: newId(random) })
    return one
  }

  /** What is no address is looked for as well, in vain: that takes as long. */
  async #find({ name, isAddress }: Case): Promise<Found> {
    const found = await this.#parts.store.findCredentials(name)
    return isAddress ? found : null
  }

  /**
   * Whether something could be one shows from the attempt itself, and what could be is looked up for everybody,
   * so nothing is told of the user. Where it is none, the main password is compared as ever.
   */
  async #appPassword(one: Case, found: Found, password: string): Promise<AppPassword | null> {
    const { secrets, store } = this.#parts
    const signs = appPasswordSigns(password)
    if (signs === null) return null
    return store.findAppPassword(found?.id ?? NOBODY, secrets.appPasswordDigest(one.name, signs))
  }

  #compare(found: Found, password: string): Promise<boolean> {
    const { credentials, passwords } = this.#parts
    if (found === null) return passwords.verify(password, null)
    const { address, passwordHash } = found
    return credentials.verify({ address, password, passwordHash }, () => passwords.verify(password, passwordHash))
  }

  /** Secrets that nobody knows where the user has none, or is none: the exchange goes on as with any other. */
  async #secretsFor(one: Case, found: Found): Promise<SaslSecrets> {
    const { store, secrets } = this.#parts
    const looked = await store.findSecrets(one.name)
    const kept = one.isAddress ? looked : null
    const cramMd5 = (): Buffer => this.#opened(one, found, kept?.cramMd5 ?? null) ?? secrets.decoyCram(one.name)
    // Unsealed before the floor, which hides that it takes longer than to make one up.
    const unsealed = one.method === 'cram-md5' ? cramMd5() : null
    return { scram: kept?.scram ?? secrets.decoyScram(one.name), cramMd5: () => unsealed ?? cramMd5() }
  }

  #opened({ sessionId }: Case, found: Found, sealed: Uint8Array | null): Buffer | null {
    const { log, secrets } = this.#parts
    if (found === null || sealed === null) return null
    const secret = secrets.open(found.address, sealed)
    if (secret === null) events.secretUnreadable(log, { user_id: found.id, session_id: sessionId })
    return secret
  }

  /** bcrypt, and a client in its exchange, take their time: what was changed meanwhile counts. */
  async #conclude(one: Case, before: Found, right: boolean): Promise<Verdict> {
    const found = await this.#find(one)
    return this.#judge(one, found, right && samePassword(before, found))
  }

  /** Sessions are ended that have entered; one that is about to looks for itself. */
  async #confirm(one: Case, before: Found): Promise<boolean> {
    const found = await this.#find(one)
    if (found?.status !== 'active' || !found.access[one.protocol]) return false
    if (one.app === null) return samePassword(before, found)
    const all = await this.#parts.store.listAppPasswords(found.address)
    return all.some(({ id }) => id === one.app?.id)
  }

  /** Attempts that ran side by side: what they found is told to nobody once there are too many of them. */
  async #judge(one: Case, found: Found, right: boolean): Promise<Verdict> {
    if (this.#refuses(one)) return this.#refused(one, 'too_many_failures')
    return found !== null && right ? this.#right(one, found) : this.#wrong(one, found !== null)
  }

  #refuses({ name, remoteAddress }: Case): boolean {
    return this.#parts.throttle.refuses(name, remoteAddress)
  }

  #refused(one: Case, reason: 'too_many_failures' | 'busy'): Verdict & { readonly kind: 'throttled' } {
    events.authenticationRefused(this.#parts.log, { ...about(one), reason })
    return { kind: 'throttled' }
  }

  async #wrong(one: Case, exists: boolean): Promise<Verdict> {
    const { clock, log, throttle } = this.#parts
    if (exists) events.wrongPassword(log, { ...about(one), auth_method: one.method, error: 'invalid_credentials' })
    else events.userNotFound(log, { ...about(one), error: 'user_not_found' })
    const wait = throttle.failed(one.name, one.remoteAddress)
    await one.floor
    if (wait > 0) await sleep(clock, wait)
    return { kind: 'invalid' }
  }

  async #right(one: Case, found: StoredCredentials): Promise<Verdict> {
    const { id, address, status, access } = found
    const { clock, log, throttle } = this.#parts
    if (status !== 'active') {
      events.disabledUser(log, { user_id: id, ...about(one), status })
      return { kind: 'disabled' }
    }
    if (!access[one.protocol] || one.app?.access[one.protocol] === false) return this.#notAllowed(one, id)
    throttle.succeeded(one.name, one.remoteAddress)
    await this.#record(one, id)
    if (!(await this.#confirm(one, found))) return this.#wrong(one, true)
    const took = clock.now() - one.begun
    events.authenticationSuccessful(log, { user_id: id, ...about(one), auth_method: one.method, duration_ms: took })
    return { kind: 'accepted', account: id, address, ...(one.app !== null && { appPassword: one.app.id }) }
  }

  #notAllowed(one: Case, user_id: AccountId): Verdict {
    const { method: auth_method, protocol } = one
    events.protocolNotAllowed(this.#parts.log, { user_id, ...about(one), auth_method, protocol })
    return { kind: 'not-allowed' }
  }

  /** A disk that takes no more writes does not keep people from reading their mail. */
  async #record({ sessionId, app }: Case, id: AccountId): Promise<void> {
    const { clock, log, store } = this.#parts
    try {
      await store.recordLogin(id, clock.now(), app?.id)
    } catch (error) {
      events.loginNotRecorded(log, { user_id: id, error: String(error), session_id: sessionId })
    }
  }
}

const samePassword = (before: Found, now: Found): boolean =>
  before !== null && now !== null && before.id === now.id && before.passwordHash === now.passwordHash

const about = ({ name, remoteAddress, sessionId }: Case) => ({
  email: name,
  ip_address: remoteAddress,
  session_id: sessionId,
})
