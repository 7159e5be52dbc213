/**
 * The store as its docstrings have it, in memory and naive: what a real backend is compared with. It keeps
 * messages as a list of objects and counts by looking at all of them.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../src/core/clock.js'
import type { AccountId, BlobId, MailboxId, ModSeq, Uid } from '../src/core/ids.js'
import { type StoreLimits, storeLimits } from '../src/core/limits.js'
import type { MessageIndex } from '../src/message/index-types.js'
import { MessageIndexer } from '../src/message/structure.js'
import { type Change, FLAG, type Flags, type MessageEntry, type Subscription } from '../src/store/changes.js'
import { StoreError } from '../src/store/errors.js'
import type { SealedBlob, Spool } from '../src/store/spool.js'
import type {
  Acceptance,
  Appended,
  BlobReader,
  Domain,
  FlagMode,
  Mailbox,
  MailboxStatus,
  NewMailbox,
  NewMessage,
  NewUser,
  OpenMailbox,
  QueueEntry,
  Store,
  User,
  UserStatus,
  UserUpdate,
} from '../src/store/store.js'

interface Account {
  readonly id: AccountId
  readonly address: string
  displayName: string
  passwordHash: string
  status: UserStatus
  readonly createdAt: number
  lastLogin: number | null
}

interface Box extends Mailbox {
  readonly account: AccountId
  messages: MessageEntry[]
  uidNext: number
  modseq: number
  firstRecent: number
  readonly keywords: string[]
}

interface Content {
  readonly id: BlobId
  readonly bytes: Buffer
  readonly index: MessageIndex
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const refuse = (refusal: StoreError['refusal']): StoreError => new StoreError(refusal, `model: ${refusal}`)
const fold = (keyword: string): string => keyword.toLowerCase()
const inbox = (name: string): string => (name.toUpperCase() === 'INBOX' ? 'INBOX' : name)

export class ModelStore implements Store {
  readonly #clock: Clock
  readonly #limits: { readonly keywordsPerMailbox: number; readonly pendingChanges: number }
  #domains: { readonly name: string; readonly createdAt: number }[] = []
  #accounts: Account[] = []
  #boxes: Box[] = []
  #queue: (QueueEntry & { readonly blob: BlobId })[] = []
  readonly #contents: Content[] = []
  readonly #subscriptions = new Set<ModelSubscription>()
  #lastId = 0
  #lastUidValidity = 0

  constructor(clock: Clock, limits: Partial<StoreLimits> = {}) {
    this.#clock = clock
    this.#limits = { ...storeLimits, ...limits }
  }

  async addDomain(given: string): Promise<Domain> {
    const name = given.toLowerCase()
    if (this.#domains.some((d) => d.name === name)) throw refuse('domain-exists')
    this.#domains.push({ name, createdAt: this.#clock.now() })
    return this.#domain(name)
  }

  async listDomains(): Promise<readonly Domain[]> {
    return this.#domains.map((d) => this.#domain(d.name)).sort((a, b) => byBytes(a.name, b.name))
  }

  async findDomain(name: string): Promise<Domain | null> {
    return this.#domains.some((d) => d.name === name.toLowerCase()) ? this.#domain(name.toLowerCase()) : null
  }

  async removeDomain(given: string): Promise<void> {
    const domain = await this.findDomain(given)
    if (domain === null) throw refuse('no-such-domain')
    if (domain.users > 0) throw refuse('domain-not-empty')
    this.#domains = this.#domains.filter((d) => d.name !== domain.name)
  }

  #domain(name: string): Domain {
    const { createdAt } = must(this.#domains.find((d) => d.name === name))
    return { name, createdAt, users: this.#accounts.filter((a) => domainOf(a.address) === name).length }
  }

  async addUser({ address: given, displayName, passwordHash, mailboxes }: NewUser): Promise<User> {
    const address = given.toLowerCase()
    if ((await this.findDomain(domainOf(address))) === null) throw refuse('no-such-domain')
    if (this.#accounts.some((a) => a.address === address)) throw refuse('user-exists')
    const names = mailboxes.map((m) => inbox(m.name))
    if (!names.includes('INBOX')) throw new Error('a user needs an INBOX')
    if (new Set(names).size < names.length) throw refuse('mailbox-exists')
    const id = ++this.#lastId as AccountId
    const createdAt = this.#clock.now()
    this.#accounts.push({ id, address, displayName, passwordHash, status: 'active', createdAt, lastLogin: null })
    for (const mailbox of mailboxes) this.#makeBox(id, mailbox, true)
    return this.#user(this.#account(address))
  }

  async listUsers(domain?: string): Promise<readonly User[]> {
    return this.#accounts
      .filter((a) => domain === undefined || domainOf(a.address) === domain.toLowerCase())
      .map((a) => this.#user(a))
      .sort((a, b) => byBytes(a.address, b.address))
  }

  async findUser(address: string): Promise<User | null> {
    const account = this.#accounts.find((a) => a.address === address.toLowerCase())
    return account === undefined ? null : this.#user(account)
  }

  async findCredentials(
    address: string,
  ): Promise<{ id: AccountId; address: string; status: UserStatus; passwordHash: string } | null> {
    const account = this.#accounts.find((a) => a.address === address.toLowerCase())
    if (account === undefined) return null
    const { id, status, passwordHash } = account
    return { id, address: account.address, status, passwordHash }
  }

  async updateUser(address: string, update: UserUpdate): Promise<User> {
    const account = this.#account(address)
    Object.assign(account, update)
    return this.#user(account)
  }

  async removeUser(address: string): Promise<void> {
    const { id } = this.#account(address)
    this.#accounts = this.#accounts.filter((a) => a.id !== id)
    this.#boxes = this.#boxes.filter((b) => b.account !== id)
    this.#publish(id, { type: 'account-removed' })
  }

  async recordLogin(id: AccountId, at: number): Promise<void> {
    const account = this.#accounts.find((a) => a.id === id)
    if (account !== undefined) account.lastLogin = Math.max(account.lastLogin ?? 0, at)
  }

  #account(address: string): Account {
    const account = this.#accounts.find((a) => a.address === address.toLowerCase())
    if (account === undefined) throw refuse('no-such-user')
    return account
  }

  #user({ passwordHash: _, ...account }: Account): User {
    const boxes = this.#boxes.filter((b) => b.account === account.id)
    const messages = boxes.flatMap((b) => b.messages)
    return { ...account, mailboxes: boxes.length, messages: messages.length, size: sum(messages.map((m) => m.size)) }
  }

  async listMailboxes(account: AccountId): Promise<readonly Mailbox[]> {
    return this.#boxes
      .filter((b) => b.account === account)
      .sort((a, b) => Number(b.name === 'INBOX') - Number(a.name === 'INBOX') || byBytes(a.name, b.name))
      .map(toMailbox)
  }

  async findMailbox(account: AccountId, name: string): Promise<Mailbox | null> {
    const box = this.#boxes.find((b) => b.account === account && b.name === inbox(name))
    return box === undefined ? null : toMailbox(box)
  }

  async createMailbox(account: AccountId, mailbox: NewMailbox): Promise<Mailbox> {
    if (!this.#accounts.some((a) => a.id === account)) throw refuse('no-such-user')
    if ((await this.findMailbox(account, mailbox.name)) !== null) throw refuse('mailbox-exists')
    return toMailbox(this.#makeBox(account, mailbox, false))
  }

  #makeBox(account: AccountId, { name, specialUse }: NewMailbox, subscribed: boolean): Box {
    this.#lastUidValidity = Math.max(this.#lastUidValidity + 1, Math.floor(this.#clock.now() / 1000))
    const box: Box = {
      id: ++this.#lastId as MailboxId,
      account,
      name: inbox(name),
      specialUse,
      subscribed,
      uidValidity: this.#lastUidValidity,
      messages: [],
      uidNext: 1,
      modseq: 1,
      firstRecent: 1,
      keywords: [],
    }
    this.#boxes.push(box)
    this.#publish(account, { type: 'mailbox-created', mailbox: box.id, name: box.name })
    return box
  }

  #box(id: MailboxId): Box {
    const box = this.#boxes.find((b) => b.id === id)
    if (box === undefined) throw refuse('no-such-mailbox')
    return box
  }

  async mailboxStatus(id: MailboxId): Promise<MailboxStatus> {
    const { messages, uidNext, uidValidity, modseq, firstRecent } = this.#box(id)
    return {
      messages: messages.length,
      unseen: messages.filter((m) => !(m.system & FLAG.seen)).length,
      deleted: messages.filter((m) => m.system & FLAG.deleted).length,
      size: sum(messages.map((m) => m.size)),
      uidNext,
      uidValidity,
      highestModSeq: modseq as ModSeq,
      firstRecent,
      recent: messages.filter((m) => m.uid >= firstRecent).length,
    }
  }

  async append(id: MailboxId, messages: readonly NewMessage[], origin?: string): Promise<readonly Appended[]> {
    const box = this.#box(id)
    const learned = this.#learn(
      box,
      messages.flatMap((m) => m.flags.keywords),
    )
    const stored = messages.map((m) => ({ ...m, content: this.#keep(m.blob) }))
    return this.#add(box, learned, stored, origin ?? null)
  }

  #add(
    box: Box,
    keywords: readonly string[],
    messages: readonly (Omit<NewMessage, 'blob'> & { readonly content: Content })[],
    origin: string | null,
  ): readonly Appended[] {
    if (messages.length === 0) return []
    const modseq = ++box.modseq as ModSeq
    box.keywords.splice(0, box.keywords.length, ...keywords)
    const entries = messages.map(
      ({ content, flags, internalDate, internalZone }): MessageEntry => ({
        uid: box.uidNext++ as Uid,
        modseq,
        system: flags.system & 31,
        keywords: inOrder(box, flags.keywords),
        size: content.bytes.length,
        internalDate,
        internalZone,
        blob: content.id,
      }),
    )
    box.messages = [...box.messages, ...entries]
    this.#publish(box.account, { type: 'added', mailbox: box.id, entries, origin })
    return entries.map(({ uid }) => ({ uidValidity: box.uidValidity, uid, modseq }))
  }

  /** The keywords of `box` with `names` behind them. */
  #learn(box: Box, names: readonly string[]): readonly string[] {
    const all = [...box.keywords]
    for (const name of names) if (!all.some((k) => fold(k) === fold(name))) all.push(name)
    if (all.length > this.#limits.keywordsPerMailbox && all.length > box.keywords.length) {
      throw refuse('too-many-keywords')
    }
    return all
  }

  #keep({ sha256, index, content }: SealedBlob): Content {
    const known = this.#contents.find((c) => createHash('sha256').update(c.bytes).digest('hex') === sha256)
    if (known !== undefined) return known
    if (content.kind === 'file') throw new Error('the model keeps everything in memory')
    const kept = { id: ++this.#lastId as BlobId, bytes: Buffer.from(content.bytes), index }
    this.#contents.push(kept)
    return kept
  }

  async setFlags(
    id: MailboxId,
    uids: readonly Uid[],
    mode: FlagMode,
    flags: Flags,
    { origin, silent = false }: { readonly origin?: string; readonly silent?: boolean } = {},
  ): Promise<readonly MessageEntry[]> {
    const box = this.#box(id)
    const chosen = box.messages.filter((m) => uids.includes(m.uid))
    const keywords = mode === 'remove' || chosen.length === 0 ? box.keywords : this.#learn(box, flags.keywords)
    box.keywords.splice(0, box.keywords.length, ...keywords)
    const modseq = (box.modseq + 1) as ModSeq
    const changed = chosen
      .map((m) => ({ ...m, ...combine(box, m, mode, flags), modseq }))
      .filter((after) => !sameFlags(after, must(chosen.find((m) => m.uid === after.uid))))
    if (changed.length > 0) {
      box.modseq = modseq
      box.messages = box.messages.map((m) => changed.find((c) => c.uid === m.uid) ?? m)
      const change = { type: 'flags', mailbox: id, entries: changed, origin: origin ?? null, silent } as const
      this.#publish(box.account, change)
    }
    return box.messages.filter((m) => uids.includes(m.uid))
  }

  async expunge(id: MailboxId, uids: readonly Uid[] | null, origin?: string): Promise<readonly Uid[]> {
    const box = this.#box(id)
    const gone = box.messages.filter((m) => m.system & FLAG.deleted && (uids === null || uids.includes(m.uid)))
    if (gone.length === 0) return []
    const modseq = ++box.modseq as ModSeq
    box.messages = box.messages.filter((m) => !gone.includes(m))
    this.#publish(box.account, { type: 'expunged', mailbox: id, modseq, entries: gone, origin: origin ?? null })
    return gone.map((m) => m.uid)
  }

  async openMailbox(id: MailboxId, { recent }: { readonly recent: boolean }): Promise<OpenMailbox> {
    const box = this.#box(id)
    const firstRecent = box.firstRecent
    if (recent) box.firstRecent = box.uidNext
    const changes = new ModelSubscription(box.account, id, this.#limits.pendingChanges, () =>
      this.#subscriptions.delete(changes),
    )
    this.#subscriptions.add(changes)
    const entry = (uid: Uid): MessageEntry | null => box.messages.find((m) => m.uid === uid) ?? null
    const state = {
      get count() {
        return box.messages.length
      },
      get uidNext() {
        return box.uidNext
      },
      get uids() {
        return Uint32Array.from(box.messages, (m) => m.uid)
      },
      keywords: box.keywords,
      entry,
    }
    const uids = box.messages.map((m) => m.uid)
    const highestModSeq = box.modseq as ModSeq
    return { mailbox: toMailbox(box), state, uids, changes, highestModSeq, firstRecent, close: () => changes.close() }
  }

  async indexes(blobs: readonly BlobId[]): Promise<readonly (MessageIndex | null)[]> {
    return blobs.map((id) => this.#content(id)?.index ?? null)
  }

  async openBlob(id: BlobId): Promise<BlobReader | null> {
    const bytes = this.#content(id)?.bytes
    if (bytes === undefined) return null
    return {
      size: bytes.length,
      bytes: bytes.length < storeLimits.inlineBlobOctets ? bytes : null,
      async *read(start, end) {
        for (let at = start; at < Math.min(end, bytes.length); at += 65_536) {
          yield bytes.subarray(at, Math.min(at + 65_536, end))
        }
      },
    }
  }

  /** Contents stay as long as a message, a queue entry or an untaken 'expunged' names them. */
  #content(id: BlobId): Content | undefined {
    const named =
      this.#boxes.some((b) => b.messages.some((m) => m.blob === id)) ||
      this.#queue.some((q) => q.blob === id) ||
      [...this.#subscriptions].some((s) => s.names(id))
    return named ? this.#contents.find((c) => c.id === id) : undefined
  }

  async accept({ id, from, deliveries, blob, receivedAt }: Acceptance): Promise<void> {
    const boxes = new Set(deliveries.flatMap((d) => (d.kind === 'local' ? [this.#box(d.mailbox)] : [])))
    const recipients = new Set(deliveries.flatMap((d) => (d.kind === 'remote' ? [d.recipient] : [])))
    const content = this.#keep(blob)
    const flags = { system: 0, keywords: [] }
    for (const box of boxes) {
      this.#add(box, box.keywords, [{ content, flags, internalDate: receivedAt, internalZone: 0 }], null)
    }
    for (const recipient of recipients) {
      const times = { retryCount: 0, nextRetry: receivedAt, enqueuedAt: receivedAt }
      this.#queue.push({ id, from, recipient, size: blob.size, status: 'pending', ...times, blob: content.id })
    }
  }

  async listQueue(limit: number): Promise<readonly QueueEntry[]> {
    return this.#queue
      .map(({ blob: _, ...entry }) => entry)
      .sort((a, b) => a.nextRetry - b.nextRetry || byBytes(a.id, b.id) || byBytes(a.recipient, b.recipient))
      .slice(0, limit)
  }

  newSpool(): Spool {
    return new ModelSpool()
  }

  async check(): Promise<readonly never[]> {
    return []
  }

  async close(): Promise<void> {}

  #publish(account: AccountId, change: Change): void {
    for (const subscription of this.#subscriptions) subscription.offer(account, change)
  }
}

class ModelSubscription implements Subscription {
  readonly #account: AccountId
  readonly #mailbox: MailboxId
  readonly #limit: number
  readonly #onClose: () => void
  pending: readonly Change[] = []
  overflowed = false
  #listener: (() => void) | null = null

  constructor(account: AccountId, mailbox: MailboxId, limit: number, onClose: () => void) {
    this.#account = account
    this.#mailbox = mailbox
    this.#limit = limit
    this.#onClose = onClose
  }

  offer(account: AccountId, change: Change): void {
    const elsewhere = 'entries' in change && change.mailbox !== this.#mailbox
    if (account !== this.#account || elsewhere || this.overflowed) return
    this.pending = [...this.pending, change]
    this.overflowed = sum(this.pending.map((c) => ('entries' in c ? c.entries.length : 1))) > this.#limit
    if (this.overflowed) this.pending = []
    this.#listener?.()
  }

  names(blob: BlobId): boolean {
    return this.pending.some((c) => c.type === 'expunged' && c.entries.some((e) => e.blob === blob))
  }

  take(n: number): void {
    this.pending = this.pending.slice(n)
  }

  onChange(listener: (() => void) | null): void {
    this.#listener = listener
  }

  close(): void {
    this.pending = []
    this.#onClose()
  }
}

class ModelSpool implements Spool {
  #octets = Buffer.alloc(0)

  get size(): number {
    return this.#octets.length
  }

  write(chunk: Uint8Array): void {
    this.#octets = Buffer.concat([this.#octets, chunk])
  }

  async seal(): Promise<SealedBlob> {
    const bytes = this.#octets
    const indexer = new MessageIndexer()
    indexer.push(bytes)
    return {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
      index: indexer.end(),
      content: { kind: 'memory', bytes },
      discard: async () => {},
    }
  }

  async discard(): Promise<void> {}
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
const toMailbox = ({ id, name, specialUse, subscribed, uidValidity }: Box): Mailbox => ({
  id,
  name,
  specialUse,
  subscribed,
  uidValidity,
})

/** `names` in the order and spelling of the mailbox. */
const inOrder = (box: Box, names: readonly string[]): string[] =>
  box.keywords.filter((k) => names.some((n) => fold(n) === fold(k)))

function combine(box: Box, before: Flags, mode: FlagMode, given: Flags): Flags {
  const system = given.system & 31
  if (mode === 'set') return { system, keywords: inOrder(box, given.keywords) }
  if (mode === 'add') {
    return { system: before.system | system, keywords: inOrder(box, [...before.keywords, ...given.keywords]) }
  }
  const gone = given.keywords.map(fold)
  return { system: before.system & ~system, keywords: before.keywords.filter((k) => !gone.includes(fold(k))) }
}

const sameFlags = (a: Flags, b: Flags): boolean =>
  a.system === b.system && a.keywords.join(' ') === b.keywords.join(' ')

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the model lost something')
  return value
}
