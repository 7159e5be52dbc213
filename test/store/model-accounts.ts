/** The accounts of the model store: domains, users and which mailboxes they have. */
import type { Clock } from '../../src/core/clock.js'
import { lowerAscii } from '../../src/core/domain-name.js'
import type { AccountId, AppPasswordId, MailboxId } from '../../src/core/ids.js'
import { foldAddress } from '../../src/core/local-part.js'
import type { Change } from '../../src/store/changes.js'
import {
  type AccountStore,
  type Domain,
  type NewMailbox,
  type NewUser,
  type Recipient,
  type StoredCredentials,
  type User,
  type UserQuery,
  type UserSecrets,
  type UserUpdate,
  usualAccess,
  usualSending,
} from '../../src/store/store.js'
import { AppPasswordBook } from '../app-password-book.js'
import { type Account, type Box, byBytes, domainOf, inbox, must, refuse, sum } from './model-data.js'
import type { ModelSubscription } from './model-feed.js'

export class ModelAccounts extends AppPasswordBook implements AccountStore {
  protected readonly clock: Clock
  protected domains: { readonly name: string; readonly createdAt: number }[] = []
  protected accounts: Account[] = []
  protected boxes: Box[] = []
  protected readonly subscriptions = new Set<ModelSubscription>()
  protected lastId = 0
  /** Account and name. */
  protected readonly subscribed = new Set<string>()
  #lastUidValidity = 0

  constructor(clock: Clock) {
    super()
    this.clock = clock
  }

  protected override now(): number {
    return this.clock.now()
  }

  async addDomain(given: string): Promise<Domain> {
    const name = lowerAscii(given)
    if (this.domains.some((d) => d.name === name)) throw refuse('domain-exists')
    this.domains.push({ name, createdAt: this.clock.now() })
    return this.#domain(name)
  }

  async listDomains(): Promise<readonly Domain[]> {
    return this.domains.map((d) => this.#domain(d.name)).sort((a, b) => byBytes(a.name, b.name))
  }

  async findDomain(name: string): Promise<Domain | null> {
    return this.domains.some((d) => d.name === lowerAscii(name)) ? this.#domain(lowerAscii(name)) : null
  }

  async removeDomain(given: string): Promise<void> {
    const domain = await this.findDomain(given)
    if (domain === null) throw refuse('no-such-domain')
    if (domain.users + domain.aliases > 0) throw refuse('domain-not-empty')
    this.forgetDomain(domain.name)
    this.domains = this.domains.filter((d) => d.name !== domain.name)
  }

  #domain(name: string): Domain {
    const { createdAt } = must(this.domains.find((d) => d.name === name))
    const users = this.accounts.filter((a) => domainOf(a.address) === name).length
    return { name, createdAt, users, ...this.settingsOf(name) }
  }

  async addUser({ address: given, displayName, passwordHash, secrets, mailboxes }: NewUser): Promise<User> {
    const address = foldAddress(given)
    if ((await this.findDomain(domainOf(address))) === null) throw refuse('no-such-domain')
    if (this.accounts.some((a) => a.address === address)) throw refuse('user-exists')
    if (this.hasAlias(address)) throw refuse('alias-exists')
    const names = mailboxes.map((m) => inbox(m.name))
    if (!names.includes('INBOX')) throw new Error('a user needs an INBOX')
    if (new Set(names).size < names.length) throw refuse('mailbox-exists')
    const id = ++this.lastId as AccountId
    const createdAt = this.clock.now()
    const login = {
      passwordHash,
      secrets: secrets ?? null,
      lastLogin: null,
      sending: usualSending,
      access: usualAccess,
    }
    this.accounts.push({ id, address, displayName, status: 'active', createdAt, ...login })
    for (const mailbox of mailboxes) this.makeBox(id, mailbox, true)
    return this.#user(this.#account(address))
  }

  async pageUsers({ domain, status, after = '', offset = 0, limit }: UserQuery): Promise<readonly User[]> {
    return (await this.listUsers(domain))
      .filter((user) => (status === undefined || user.status === status) && byBytes(user.address, after) > 0)
      .slice(offset, offset + limit)
  }

  async listUsers(domain?: string): Promise<readonly User[]> {
    return this.accounts
      .filter((a) => domain === undefined || domainOf(a.address) === lowerAscii(domain))
      .map((a) => this.#user(a))
      .sort((a, b) => byBytes(a.address, b.address))
  }

  async findUser(address: string): Promise<User | null> {
    const account = this.accounts.find((a) => a.address === foldAddress(address))
    return account === undefined ? null : this.#user(account)
  }

  async findRecipient(address: string): Promise<Recipient | null> {
    const account = this.accounts.find((a) => a.address === foldAddress(address))
    const box = this.boxes.find((b) => b.account === account?.id && b.name === 'INBOX')
    if (account === undefined || box === undefined) return null
    return { account: account.id, address: account.address, status: account.status, inbox: box.id }
  }

  async findCredentials(address: string): Promise<StoredCredentials | null> {
    const account = this.accounts.find((a) => a.address === foldAddress(address))
    if (account === undefined) return null
    const { id, status, passwordHash, access } = account
    return { id, address: account.address, status, passwordHash, access }
  }

  async findSecrets(address: string): Promise<UserSecrets | null> {
    return this.accounts.find((a) => a.address === foldAddress(address))?.secrets ?? null
  }

  async updateUser(address: string, { secrets, sending, access, ...update }: UserUpdate): Promise<User> {
    const account = this.#account(address)
    const switches = { sending: { ...account.sending, ...sending }, access: { ...account.access, ...access } }
    Object.assign(account, update, switches)
    if (update.passwordHash !== undefined) account.secrets = secrets ?? null
    return this.#user(account)
  }

  async removeUser(address: string): Promise<void> {
    const { id } = this.#account(address)
    this.accounts = this.accounts.filter((a) => a.id !== id)
    this.boxes = this.boxes.filter((b) => b.account !== id)
    for (const key of this.subscribed) if (key.startsWith(`${id} `)) this.subscribed.delete(key)
    this.forgetAppPasswords(id)
    this.publish(id, { type: 'account-removed' })
  }

  async recordLogin(id: AccountId, at: number, appPassword?: AppPasswordId): Promise<void> {
    this.recordUse(appPassword, at)
    const account = this.accounts.find((a) => a.id === id)
    if (account !== undefined) account.lastLogin = Math.max(account.lastLogin ?? 0, at)
  }

  #account(address: string): Account {
    const account = this.accounts.find((a) => a.address === foldAddress(address))
    if (account === undefined) throw refuse('no-such-user')
    return account
  }

  #user({ passwordHash: _, secrets: __, ...account }: Account): User {
    const boxes = this.boxes.filter((b) => b.account === account.id)
    const messages = boxes.flatMap((b) => b.messages)
    return { ...account, mailboxes: boxes.length, messages: messages.length, size: sum(messages.map((m) => m.size)) }
  }

  protected nextUidValidity(): number {
    this.#lastUidValidity = Math.max(this.#lastUidValidity + 1, Math.floor(this.clock.now() / 1000))
    return this.#lastUidValidity
  }

  protected makeBox(account: AccountId, { name, specialUse }: NewMailbox, subscribed: boolean): Box {
    const names = this.subscribed
    if (subscribed) names.add(`${account} ${inbox(name)}`)
    const box: Box = {
      id: ++this.lastId as MailboxId,
      account,
      name: inbox(name),
      specialUse,
      get subscribed() {
        return names.has(`${account} ${this.name}`)
      },
      uidValidity: this.nextUidValidity(),
      messages: [],
      threads: new Map(),
      exempt: new Set(),
      uidNext: 1,
      modseq: 1,
      firstRecent: 1,
      expunged: [],
      expungedFloor: 0,
      keywords: [],
    }
    this.boxes.push(box)
    this.publish(account, { type: 'mailbox-created', mailbox: box.id, name: box.name })
    return box
  }

  protected publish(account: AccountId, change: Change): void {
    for (const subscription of this.subscriptions) subscription.offer(account, change)
  }
}
