/**
 * Whether somebody is who they say (decisions 10 and 11). A wrong password, an unknown user and a disabled
 * user's wrong password take the same work and get the same verdict; only the log tells them apart.
 */
import { type Clock, sleep } from '../core/clock.js'
import { lowerAscii } from '../core/domain-name.js'
import { newId, type Random } from '../core/ids.js'
import { authLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { AccountStore } from '../store/store.js'
import { parseAddress } from './address.js'
import type { Attempt, Authenticator, Verdict } from './contracts.js'
import type { CredentialCache } from './credential-cache.js'
import * as events from './events.js'
import { type Passwords, PasswordsBusy } from './password.js'
import type { Throttle } from './throttle.js'

export interface AuthenticatorParts {
  readonly store: AccountStore
  readonly passwords: Passwords
  readonly credentials: CredentialCache
  readonly throttle: Pick<Throttle, 'refuses' | 'failed' | 'succeeded'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

type Found = Awaited<ReturnType<AccountStore['findCredentials']>>

/** An attempt with what all steps need. */
interface Case extends Attempt {
  /** The account's address; where the user name is none, what was sent, cut. For counting and the log. */
  readonly name: string
  readonly begun: number
}

export class StoreAuthenticator implements Authenticator {
  readonly #parts: AuthenticatorParts

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts
  }

  async verify(attempt: Attempt): Promise<Verdict> {
    const { log, random, store } = this.#parts
    const address = parseAddress(attempt.username)?.address ?? null
    const name = address ?? lowerAscii(attempt.username.slice(0, authLimits.username))
    const one: Case = { ...attempt, name, begun: this.#parts.clock.now() }
    events.authenticationStart(log, { ...about(one), auth_method: 'password', request_id: newId(random) })
    if (this.#refuses(one)) return this.#refused(one, 'too_many_failures')
    const found = address === null ? null : await store.findCredentials(address)
    try {
      const right = await this.#compare(found, attempt.password)
      // Attempts that ran side by side: what they found is told to nobody once there are too many of them.
      if (this.#refuses(one)) return this.#refused(one, 'too_many_failures')
      return found !== null && right ? await this.#right(one, found) : await this.#wrong(one, found !== null)
    } catch (error) {
      if (error instanceof PasswordsBusy) return this.#refused(one, 'busy')
      throw error
    }
  }

  #compare(found: Found, password: string): Promise<boolean> {
    const { credentials, passwords } = this.#parts
    if (found === null) return passwords.verify(password, null)
    const { address, passwordHash } = found
    return credentials.verify({ address, password, passwordHash }, () => passwords.verify(password, passwordHash))
  }

  #refuses({ name, remoteAddress }: Case): boolean {
    return this.#parts.throttle.refuses(name, remoteAddress)
  }

  #refused(one: Case, reason: 'too_many_failures' | 'busy'): Verdict {
    events.authenticationRefused(this.#parts.log, { ...about(one), reason })
    return { kind: 'throttled' }
  }

  async #wrong(one: Case, exists: boolean): Promise<Verdict> {
    const { clock, log, throttle } = this.#parts
    if (exists) events.wrongPassword(log, { ...about(one), auth_method: 'password', error: 'invalid_credentials' })
    else events.userNotFound(log, { ...about(one), error: 'user_not_found' })
    const wait = throttle.failed(one.name, one.remoteAddress)
    if (wait > 0) await sleep(clock, wait)
    return { kind: 'invalid' }
  }

  async #right(one: Case, { id, address, status }: NonNullable<Found>): Promise<Verdict> {
    const { clock, log, throttle } = this.#parts
    if (status !== 'active') {
      events.disabledUser(log, { user_id: id, ...about(one), status })
      return { kind: 'disabled' }
    }
    throttle.succeeded(one.name, one.remoteAddress)
    await this.#record(one, id)
    const took = clock.now() - one.begun
    events.authenticationSuccessful(log, { user_id: id, ...about(one), auth_method: 'password', duration_ms: took })
    return { kind: 'accepted', account: id, address }
  }

  /** A disk that takes no more writes does not keep people from reading their mail. */
  async #record({ sessionId }: Case, id: NonNullable<Found>['id']): Promise<void> {
    const { clock, log, store } = this.#parts
    try {
      await store.recordLogin(id, clock.now())
    } catch (error) {
      events.loginNotRecorded(log, { user_id: id, error: String(error), session_id: sessionId })
    }
  }
}

const about = ({ name, remoteAddress, sessionId }: Case) => ({
  email: name,
  ip_address: remoteAddress,
  session_id: sessionId,
})
