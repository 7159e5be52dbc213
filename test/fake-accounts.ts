/** Domains and users in memory, as far as accounts ask for them. */
import type { AccountId, AppPasswordId, MailboxId } from '../src/core/ids.js'
import { StoreError } from '../src/store/errors.js'
import type { Quota, QuotaPage, QuotaStore, QuotaUpdate, Recalculated } from '../src/store/quota.js'
import {
  type AccountStore,
  type Domain,
  type Mailbox,
  type NewMailbox,
  type NewUser,
  type Recipient,
  type User,
  type UserQuery,
  type UserSecrets,
  type UserUpdate,
  usualAccess,
  usualSending,
} from '../src/store/store.js'
import { AppPasswordBook } from './app-password-book.js'

interface Account {
  user: User
  passwordHash: string
  secrets: UserSecrets | null
  mailboxes: readonly NewMailbox[]
}

export class FakeAccounts extends AppPasswordBook implements AccountStore, QuotaStore {
  readonly #quotas = new Map<AccountId, Quota['own']>()
  readonly #domains = new Map<string, number>()
  readonly #accounts = new Map<string, Account>()
  #nextId = 1
  /** Every call fails with it while it is set. */
  broken: StoreError | null = null

  protected override now(): number {
    return 0
  }

  #ready(): void {
    if (this.broken !== null) throw this.broken
  }

  #get(address: string): Account {
    const account = this.#accounts.get(address)
    if (account === undefined) throw new StoreError('no-such-user', address)
    return account
  }

  #users(domain?: string): Account[] {
    const all = [...this.#accounts.values()].filter(
      ({ user }) => domain === undefined || user.address.endsWith(`@${domain}`),
    )
    return all.sort((a, b) => (a.user.address < b.user.address ? -1 : 1))
  }

  #domain = (name: string): Domain => ({
    name,
    createdAt: this.#domains.get(name) ?? 0,
    users: this.#users(name).length,
    ...this.settingsOf(name),
  })

  async addDomain(name: string): Promise<Domain> {
    this.#ready()
    if (this.#domains.has(name)) throw new StoreError('domain-exists', name)
    this.#domains.set(name, 0)
    return this.#domain(name)
  }

  async listDomains(): Promise<readonly Domain[]> {
    this.#ready()
    return [...this.#domains.keys()].sort().map(this.#domain)
  }

  async findDomain(name: string): Promise<Domain | null> {
    this.#ready()
    return this.#domains.has(name) ? this.#domain(name) : null
  }

  async removeDomain(name: string): Promise<void> {
    this.#ready()
    if (!this.#domains.has(name)) throw new StoreError('no-such-domain', name)
    const { users, aliases } = this.#domain(name)
    if (users + aliases > 0) throw new StoreError('domain-not-empty', name)
    this.forgetDomain(name)
    this.#domains.delete(name)
  }

  async addUser({ address, displayName, passwordHash, secrets, mailboxes }: NewUser): Promise<User> {
    this.#ready()
    if (!this.#domains.has(address.slice(address.indexOf('@') + 1))) throw new StoreError('no-such-domain', address)
    if (this.#accounts.has(address)) throw new StoreError('user-exists', address)
    if (this.hasAlias(address)) throw new StoreError('alias-exists', address)
    const id = this.#nextId++ as AccountId
    const kept = {
      createdAt: 0,
      lastLogin: null,
      mailboxes: mailboxes.length,
      messages: 0,
      size: 0,
      sending: usualSending,
      access: usualAccess,
    }
    const user: User = { id, address, displayName, status: 'active', ...kept }
    this.#accounts.set(address, { user, passwordHash, secrets: secrets ?? null, mailboxes })
    return user
  }

  async pageUsers({ domain, status, after = '', offset = 0, limit }: UserQuery): Promise<readonly User[]> {
    return (await this.listUsers(domain))
      .filter((user) => (status === undefined || user.status === status) && user.address > after)
      .slice(offset, offset + limit)
  }

  async listUsers(domain?: string): Promise<readonly User[]> {
    this.#ready()
    return this.#users(domain).map(({ user }) => user)
  }

  async findUser(address: string): Promise<User | null> {
    this.#ready()
    return this.#accounts.get(address)?.user ?? null
  }

  async findRecipient(address: string): Promise<Recipient | null> {
    const user = await this.findUser(address)
    const inbox = user === null ? null : await this.findMailbox(user.id, 'INBOX')
    return user === null || inbox === null ? null : { account: user.id, address, status: user.status, inbox: inbox.id }
  }

  async findCredentials(address: string): ReturnType<AccountStore['findCredentials']> {
    this.#ready()
    const account = this.#accounts.get(address)
    if (account === undefined) return null
    const { user, passwordHash } = account
    return { id: user.id, address: user.address, status: user.status, passwordHash, access: user.access }
  }

  async findSecrets(address: string): Promise<UserSecrets | null> {
    this.#ready()
    return this.#accounts.get(address)?.secrets ?? null
  }

  async updateUser(address: string, { passwordHash, secrets, sending, access, ...update }: UserUpdate): Promise<User> {
    this.#ready()
    const account = this.#get(address)
    const { user } = account
    const switches = { sending: { ...user.sending, ...sending }, access: { ...user.access, ...access } }
    account.user = { ...user, ...update, ...switches }
    if (passwordHash === undefined) return account.user
    account.passwordHash = passwordHash
    account.secrets = secrets ?? null
    return account.user
  }

  async removeUser(address: string): Promise<void> {
    this.#ready()
    this.forgetAppPasswords(this.#get(address).user.id)
    this.#accounts.delete(address)
  }

  async recordLogin(id: AccountId, at: number, appPassword?: AppPasswordId): Promise<void> {
    this.#ready()
    this.recordUse(appPassword, at)
    for (const account of this.#accounts.values())
      if (account.user.id === id) account.user = { ...account.user, lastLogin: at }
  }

  mailboxesOf(address: string): readonly NewMailbox[] {
    return this.#get(address).mailboxes
  }

  async findMailbox(account: AccountId, name: string): Promise<Mailbox | null> {
    this.#ready()
    for (const { user, mailboxes } of this.#accounts.values()) {
      const at = mailboxes.findIndex((mailbox) => mailbox.name === name)
      if (user.id === account && at !== -1)
        return { id: (user.id * 100 + at) as MailboxId, name, specialUse: null, subscribed: true, uidValidity: 1 }
    }
    return null
  }

  async findMailboxAnyCase(account: AccountId, name: string): Promise<Mailbox | null> {
    const exact = await this.findMailbox(account, name)
    if (exact !== null) return exact
    const all = [...this.#accounts.values()].find(({ user }) => user.id === account)?.mailboxes ?? []
    const alike = all.find((mailbox) => mailbox.name.toLowerCase() === name.toLowerCase())
    return alike === undefined ? null : this.findMailbox(account, alike.name)
  }

  /** There is no mail here. */
  #quota({ user: { id, address } }: Account): Quota {
    const own = this.#quotas.get(id) ?? { octets: null, messages: null }
    const limits = { octets: own.octets ?? 0, messages: own.messages ?? 0 }
    return { account: id, address, used: 0, messages: 0, limits, own, warned: 0 }
  }

  async findQuota(account: AccountId): Promise<Quota | null> {
    this.#ready()
    const found = this.#users().find(({ user }) => user.id === account)
    return found === undefined ? null : this.#quota(found)
  }

  async listQuotas({ after = '', limit = Number.POSITIVE_INFINITY }: QuotaPage = {}): Promise<readonly Quota[]> {
    const quotas = this.#users().map((account) => this.#quota(account))
    return quotas.filter(({ address }) => address > after).slice(0, limit)
  }

  setUsualQuota(): Promise<never> {
    throw new Error('nobody here asks for it')
  }

  async setQuota(account: AccountId, update: QuotaUpdate): Promise<Quota> {
    const quota = await this.findQuota(account)
    if (quota === null) throw new StoreError('no-such-user', `${account}`)
    this.#quotas.set(account, { ...quota.own, ...update })
    return { ...quota, own: { ...quota.own, ...update } }
  }

  async listNotices(): Promise<readonly never[]> {
    return []
  }

  async giveNotice(): Promise<null> {
    return null
  }

  async recalculateQuota(account: AccountId): Promise<Recalculated> {
    const quota = await this.findQuota(account)
    if (quota === null) throw new StoreError('no-such-user', `${account}`)
    return { before: quota, quota, size: 0 }
  }
}
