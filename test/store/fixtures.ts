/** What store tests are made of: a store with a clock, a user, messages, and readers of what came out. */
import type { FakeClock } from '../../src/core/clock.js'
import type { BlobId, MailboxId, Uid } from '../../src/core/ids.js'
import type { StoreLimits } from '../../src/core/limits.js'
import type { Flags, MessageEntry } from '../../src/store/changes.js'
import { StoreError, type StoreRefusal } from '../../src/store/errors.js'
import type { SealedBlob } from '../../src/store/spool.js'
import type { Mailbox, NewMessage, QueuedRecipient, Store, User } from '../../src/store/store.js'

/** One store under test and the clock it was given. */
export interface Harness {
  readonly store: Store
  readonly clock: FakeClock
  close(): Promise<void>
}

export type Limits = Partial<StoreLimits>
export type NewStore = (limits?: Limits) => Promise<Harness>

export const START = 1_700_000_000_000
export const NONE: Flags = { system: 0, keywords: [] }

export const flags = (system: number, ...keywords: string[]): Flags => ({ system, keywords })

/** A small message that is like no other of another `name`. */
export const octets = (name: string, size = 0): Buffer =>
  Buffer.from(`Subject: ${name}\r\nMessage-ID: <${name}@example.test>\r\n\r\n${'x'.repeat(size)}`)

export async function seal(store: Store, content: Uint8Array): Promise<SealedBlob> {
  const spool = store.newSpool()
  for (let at = 0; at < content.length; at += 50_000) await spool.write(content.subarray(at, at + 50_000))
  return spool.seal()
}

/** As it comes by SMTP: `trace` in front, which differs each time, and the mark behind it. */
export async function sealReceived(store: Store, trace: string, content: Uint8Array): Promise<SealedBlob> {
  const spool = store.newSpool()
  await spool.write(Buffer.from(trace))
  spool.mark()
  await spool.write(content)
  return spool.seal()
}

export async function message(store: Store, name: string, given: Flags = NONE): Promise<NewMessage> {
  return { blob: await seal(store, octets(name)), flags: given, internalDate: START + 7, internalZone: -90 }
}

export async function appendAll(store: Store, mailbox: MailboxId, ...messages: [string, Flags?][]): Promise<Uid[]> {
  const made: NewMessage[] = []
  for (const [name, given] of messages) made.push(await message(store, name, given))
  return (await store.append(mailbox, made)).map(({ uid }) => uid)
}

export async function newUser(store: Store, address = 'ann@example.test', ...more: string[]): Promise<User> {
  const domain = address.slice(address.indexOf('@') + 1)
  if ((await store.findDomain(domain)) === null) await store.addDomain(domain)
  const mailboxes = ['INBOX', ...more].map((name) => ({ name, specialUse: null }))
  return store.addUser({ address, displayName: '', passwordHash: '$2b$x', mailboxes })
}

export async function inboxOf(store: Store, user: User): Promise<Mailbox> {
  const found = await store.findMailbox(user.id, 'INBOX')
  if (found === null) throw new Error(`${user.address} has no INBOX`)
  return found
}

/** A user and the id of her INBOX: where most tests begin. */
export async function newInbox(store: Store, address?: string): Promise<{ user: User; inbox: MailboxId }> {
  const user = await newUser(store, address)
  return { user, inbox: (await inboxOf(store, user)).id }
}

/** All octets of a blob, or null when it is gone. */
export async function read(store: Store, blob: BlobId): Promise<Buffer | null> {
  const reader = await store.openBlob(blob)
  if (reader === null) return null
  const pieces: Buffer[] = []
  for await (const piece of reader.read(0, reader.size)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** All entries of a mailbox, seen without taking \Recent. */
export async function entriesOf(store: Store, mailbox: MailboxId): Promise<MessageEntry[]> {
  const open = await store.openMailbox(mailbox, { recent: false })
  const entries = Array.from(open.uids, (n) => open.state.entry(uid(n)))
  open.close()
  return entries.filter((e) => e !== null)
}

export const uid = (n: number): Uid => n as Uid
export const uids = (...ns: number[]): Uid[] => ns as Uid[]

/** What `work` was refused with; fails the test when it was not. */
export async function refusal(work: Promise<unknown>): Promise<StoreRefusal> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof StoreError) return error.refusal
  throw error ?? new Error('it was not refused')
}

/** Recipients that wait for an attempt, by id and recipient. */
export const waiting = async (store: Store): Promise<QueuedRecipient[]> =>
  (await store.listRecipients({}, null, 1_000)).filter(({ status }) => status === 'pending')

/** Resolves when the store has done what it began of its own accord: writes are done in order. */
export async function settle(store: Store): Promise<void> {
  await store.addDomain('settle.test')
  await store.removeDomain('settle.test')
}
