/** Administration of domains and users with all checks: what command line, admin API and tests share. */
import type { Clock } from '../core/clock.js'
import type { DefaultMailbox } from '../core/config.js'
import type { Random } from '../core/ids.js'
import { authLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { QuotaStore } from '../store/quota.js'
import type {
  AccountStore,
  AliasStore,
  AppPasswordStore,
  Domain,
  Leading,
  User,
  UserQuery,
  UserUpdate,
} from '../store/store.js'
import { AliasService } from './alias-service.js'
import { AppPasswordService } from './app-password-service.js'
import type { CredentialCache } from './credential-cache.js'
import { AccountError, declined } from './errors.js'
import { passwordHashed } from './events.js'
import { addressOf, domainOf } from './named.js'
import { normalised, type PasswordProblem, type Passwords, passwordProblem } from './password.js'
import type { SessionDesk } from './presence.js'
import { QuotaService } from './quota-service.js'
import type { Secrets } from './secrets.js'

export interface AccountParts {
  readonly store: AccountStore & AliasStore & AppPasswordStore & QuotaStore
  readonly passwords: Passwords
  readonly secrets: Pick<Secrets, 'derive' | 'appPasswordDigest'>
  readonly credentials: CredentialCache
  /** Those of users who may not be here any more are ended. */
  readonly sessions: Pick<SessionDesk, 'endUser'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What a new user has; INBOX is among them. Asked for each, so that a reload takes effect. */
  readonly defaultMailboxes: () => readonly DefaultMailbox[]
  /** Characters that a new password has at least, likewise. */
  readonly minPasswordLength: () => number
}

const PASSWORD_PROBLEMS: { readonly [P in PasswordProblem]: string } = {
  empty: 'the password is empty',
  nul: 'the password has a NUL in it',
  'too-long': `the password is longer than ${authLimits.passwordOctets} octets`,
}

/** Names and addresses are taken in any case and in U-labels; results have the canonical form. */
export class AccountService {
  /** Where addresses lead that are no user's. */
  readonly aliases: AliasService
  /** Passwords beside the main one. */
  readonly appPasswords: AppPasswordService
  /** How much users keep, and how much they may. */
  readonly quotas: QuotaService
  readonly #parts: AccountParts

  constructor(parts: AccountParts) {
    this.#parts = parts
    this.aliases = new AliasService(parts.store)
    this.appPasswords = new AppPasswordService(parts)
    this.quotas = new QuotaService(parts)
  }

  /** @throws AccountError 'bad-domain' | 'domain-exists' */
  async addDomain(name: string): Promise<Domain> {
    const domain = domainOf(name)
    return this.#ask(domain, (store) => store.addDomain(domain))
  }

  /** By name. */
  async listDomains(): Promise<readonly Domain[]> {
    return this.#ask('', (store) => store.listDomains())
  }

  /** @throws AccountError 'bad-domain' | 'no-such-domain' | 'domain-not-empty' */
  async removeDomain(name: string): Promise<void> {
    const domain = domainOf(name)
    await this.#ask(domain, (store) => store.removeDomain(domain))
  }

  /** With the default mailboxes. @throws AccountError 'bad-*' | 'no-such-domain' | 'user-exists' */
  async addUser(text: string, password: string, { displayName = '' } = {}): Promise<User> {
    const { address, domain } = addressOf(text)
    checkDisplayName(displayName)
    this.#checkPassword(password)
    if ((await this.#ask(domain, (store) => store.findDomain(domain))) === null) throw noSuchDomain(domain)
    if ((await this.#ask(address, (store) => store.findUser(address))) !== null) throw declined('user-exists', address)
    const { took, ...derived } = await this.#derive(address, password)
    const mailboxes = this.#parts.defaultMailboxes()
    const user = await this.#ask(address, (store) => store.addUser({ address, displayName, ...derived, mailboxes }))
    this.#hashed(user, took)
    return user
  }

  /** `after` and `domain` in any form. @throws AccountError 'bad-address' | 'bad-domain' | 'no-such-domain' */
  async pageUsers({ domain: name, after, ...query }: UserQuery): Promise<readonly User[]> {
    const behind = after === undefined ? undefined : addressOf(after).address
    const domain = name === undefined ? undefined : await this.#knownDomain(name)
    return this.#ask('', (store) => store.pageUsers({ ...query, domain, after: behind }))
  }

  /** By address; of one domain, or all. @throws AccountError 'bad-domain' | 'no-such-domain' */
  async listUsers(name?: string): Promise<readonly User[]> {
    if (name === undefined) return this.#ask('', (store) => store.listUsers())
    const domain = await this.#knownDomain(name)
    return this.#ask(domain, (store) => store.listUsers(domain))
  }

  async #knownDomain(name: string): Promise<string> {
    const domain = domainOf(name)
    if ((await this.#ask(domain, (store) => store.findDomain(domain))) === null) throw noSuchDomain(domain)
    return domain
  }

  /** @throws AccountError 'bad-address' | 'no-such-user' */
  async showUser(text: string): Promise<User> {
    const { address } = addressOf(text)
    const user = await this.#ask(address, (store) => store.findUser(address))
    if (user === null) throw declined('no-such-user', address)
    return user
  }

  /** Sessions end where the user may log in no more. @throws AccountError 'bad-address' | 'bad-display-name' | 'no-such-user' */
  async setUser(text: string, update: Pick<UserUpdate, 'displayName' | 'sending' | 'access'>): Promise<User> {
    const { displayName } = update
    if (Object.values(update).every((value) => value === undefined)) return this.showUser(text)
    if (displayName !== undefined) checkDisplayName(displayName)
    const user = await this.#update(text, update)
    for (const protocol of ['smtp', 'imap'] as const)
      if (!user.access[protocol]) this.#parts.sessions.endUser(user.address, 'revoked', { protocol })
    return user
  }

  /** Sessions of the user end: whoever knows only the old password is out. @throws AccountError 'bad-address' | 'bad-password' | 'no-such-user' */
  async setPassword(text: string, password: string): Promise<User> {
    this.#checkPassword(password)
    const { address } = await this.showUser(text)
    const { took, ...derived } = await this.#derive(address, password)
    const user = await this.#update(address, derived)
    this.#hashed(user, took)
    this.#parts.sessions.endUser(address, 'revoked')
    return user
  }

  /** @throws AccountError 'bad-address' | 'no-such-user' */
  async enableUser(text: string): Promise<User> {
    return this.#update(text, { status: 'active' })
  }

  /** No more logins, no more mail; sessions end. @throws AccountError 'bad-address' | 'no-such-user' */
  async disableUser(text: string): Promise<User> {
    const user = await this.#update(text, { status: 'inactive' })
    this.#parts.sessions.endUser(user.address, 'revoked')
    return user
  }

  /** With all mail. @returns what still leads to the address @throws AccountError 'bad-address' | 'no-such-user' */
  async removeUser(text: string): Promise<Leading> {
    const { address } = addressOf(text)
    await this.#ask(address, (store) => store.removeUser(address))
    this.#parts.credentials.forget(address)
    this.#parts.sessions.endUser(address, 'revoked')
    return this.aliases.leadingTo(address)
  }

  /** Characters are counted as they are kept, so that no keyboard makes more of them than another. */
  #checkPassword(password: string): void {
    const problem = passwordProblem(password)
    if (problem !== null) throw new AccountError('bad-password', PASSWORD_PROBLEMS[problem])
    const least = this.#parts.minPasswordLength()
    if (Array.from(normalised(password)).length < least) {
      const why = `the password has fewer than ${least} characters (auth.min_password_length)`
      throw new AccountError('bad-password', why)
    }
  }

  async #update(text: string, update: UserUpdate): Promise<User> {
    const { address } = addressOf(text)
    const user = await this.#ask(address, (store) => store.updateUser(address, update))
    this.#parts.credentials.forget(address)
    return user
  }

  /** What is kept of a password, and the milliseconds that its hash has taken. */
  async #derive(address: string, password: string) {
    const { clock, passwords, secrets } = this.#parts
    const begun = clock.now()
    const passwordHash = await this.#ask('', () => passwords.hash(password))
    const took = clock.now() - begun
    return { passwordHash, secrets: await secrets.derive(address, password), took }
  }

  #hashed(user: User, took: number): void {
    passwordHashed(this.#parts.log, { user_id: user.id, bcrypt_cost: this.#parts.passwords.cost, duration_ms: took })
  }

  /** The store's refusals in words; `subject` is what they are about. */
  async #ask<T>(subject: string, question: (store: AccountStore) => Promise<T>): Promise<T> {
    try {
      return await question(this.#parts.store)
    } catch (error) {
      throw AccountError.from(error, subject)
    }
  }
}

const noSuchDomain = (domain: string): AccountError => declined('no-such-domain', domain)

function checkDisplayName(name: string): void {
  if (/\p{Cc}/u.test(name)) throw new AccountError('bad-display-name', 'the display name has a control character in it')
  if (Buffer.byteLength(name) > authLimits.displayNameOctets)
    throw new AccountError('bad-display-name', `the display name is longer than ${authLimits.displayNameOctets} octets`)
}
