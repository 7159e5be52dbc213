/** Administration of domains and users with all checks: what command line, admin API and tests share. */
import type { Clock } from '../core/clock.js'
import type { DefaultMailbox } from '../core/config.js'
import { canonicalDomain } from '../core/domain-name.js'
import { authLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { AccountStore, Domain, User, UserUpdate } from '../store/store.js'
import { parseAddress } from './address.js'
import type { CredentialCache } from './credential-cache.js'
import { AccountError, declined } from './errors.js'
import { passwordHashed } from './events.js'
import { type PasswordProblem, type Passwords, passwordProblem } from './password.js'

export interface AccountParts {
  readonly store: AccountStore
  readonly passwords: Passwords
  readonly credentials: CredentialCache
  readonly clock: Clock
  readonly log: Log
  /** What a new user has; INBOX is among them. */
  readonly defaultMailboxes: readonly DefaultMailbox[]
}

const PASSWORD_PROBLEMS: { readonly [P in PasswordProblem]: string } = {
  empty: 'the password is empty',
  nul: 'the password has a NUL in it',
  'too-long': `the password is longer than ${authLimits.passwordOctets} octets`,
}

/** Names and addresses are taken in any case and in U-labels; results have the canonical form. */
export class AccountService {
  readonly #parts: AccountParts

  constructor(parts: AccountParts) {
    this.#parts = parts
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
    checkPassword(password)
    if ((await this.#ask(domain, (store) => store.findDomain(domain))) === null) throw noSuchDomain(domain)
    if ((await this.#ask(address, (store) => store.findUser(address))) !== null) throw declined('user-exists', address)
    const { passwordHash, took } = await this.#hash(password)
    const mailboxes = this.#parts.defaultMailboxes
    const user = await this.#ask(address, (store) => store.addUser({ address, displayName, passwordHash, mailboxes }))
    this.#hashed(user, took)
    return user
  }

  /** By address; of one domain, or all. @throws AccountError 'bad-domain' | 'no-such-domain' */
  async listUsers(name?: string): Promise<readonly User[]> {
    if (name === undefined) return this.#ask('', (store) => store.listUsers())
    const domain = domainOf(name)
    if ((await this.#ask(domain, (store) => store.findDomain(domain))) === null) throw noSuchDomain(domain)
    return this.#ask(domain, (store) => store.listUsers(domain))
  }

  /** @throws AccountError 'bad-address' | 'no-such-user' */
  async showUser(text: string): Promise<User> {
    const { address } = addressOf(text)
    const user = await this.#ask(address, (store) => store.findUser(address))
    if (user === null) throw declined('no-such-user', address)
    return user
  }

  /** @throws AccountError 'bad-address' | 'bad-display-name' | 'no-such-user' */
  async setUser(text: string, { displayName }: { readonly displayName?: string }): Promise<User> {
    if (displayName === undefined) return this.showUser(text)
    checkDisplayName(displayName)
    return this.#update(text, { displayName })
  }

  /** Sessions that are open stay open. @throws AccountError 'bad-address' | 'bad-password' | 'no-such-user' */
  async setPassword(text: string, password: string): Promise<User> {
    checkPassword(password)
    await this.showUser(text)
    const { passwordHash, took } = await this.#hash(password)
    const user = await this.#update(text, { passwordHash })
    this.#hashed(user, took)
    return user
  }

  /** @throws AccountError 'bad-address' | 'no-such-user' */
  async enableUser(text: string): Promise<User> {
    return this.#update(text, { status: 'active' })
  }

  /** No more logins, no more mail. @throws AccountError 'bad-address' | 'no-such-user' */
  async disableUser(text: string): Promise<User> {
    return this.#update(text, { status: 'inactive' })
  }

  /** With all mail. @throws AccountError 'bad-address' | 'no-such-user' */
  async removeUser(text: string): Promise<void> {
    const { address } = addressOf(text)
    await this.#ask(address, (store) => store.removeUser(address))
    this.#parts.credentials.forget(address)
  }

  async #update(text: string, update: UserUpdate): Promise<User> {
    const { address } = addressOf(text)
    const user = await this.#ask(address, (store) => store.updateUser(address, update))
    this.#parts.credentials.forget(address)
    return user
  }

  async #hash(password: string): Promise<{ passwordHash: string; took: number }> {
    const begun = this.#parts.clock.now()
    const passwordHash = await this.#ask('', () => this.#parts.passwords.hash(password))
    return { passwordHash, took: this.#parts.clock.now() - begun }
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

function domainOf(name: string): string {
  const domain = canonicalDomain(name)
  if (domain === null) throw new AccountError('bad-domain', `${JSON.stringify(name)} is not a domain name`)
  return domain
}

function addressOf(text: string): { readonly address: string; readonly domain: string } {
  const address = parseAddress(text)
  if (address === null)
    throw new AccountError('bad-address', `${JSON.stringify(text)} is not an address of the form user@domain`)
  return address
}

function checkPassword(password: string): void {
  const problem = passwordProblem(password)
  if (problem !== null) throw new AccountError('bad-password', PASSWORD_PROBLEMS[problem])
}

function checkDisplayName(name: string): void {
  if (/\p{Cc}/u.test(name)) throw new AccountError('bad-display-name', 'the display name has a control character in it')
  if (Buffer.byteLength(name) > authLimits.displayNameOctets)
    throw new AccountError('bad-display-name', `the display name is longer than ${authLimits.displayNameOctets} octets`)
}
