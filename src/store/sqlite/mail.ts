/** MailStore on SQLite: reads here, writes through the writer. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MailboxId, ModSeq, Uid } from '../../core/ids.js'
import type { MessageIndex } from '../../message/index-types.js'
import type { Feed, Holds } from '../feed.js'
import type { StorageWatch } from '../storage-watch.js'
import type { MailStore, NewMessage, OpenMailbox } from '../store.js'
import type { Parts } from './accounts.js'
import { blobData, release } from './blob-data.js'
import { openBlob } from './blob-reader.js'
import type { Copies } from './copies.js'
import { decodeIndex, type IndexRow } from './index-codec.js'
import type { MailboxLoader } from './mailbox-loader.js'
import { mailboxStore } from './mailboxes.js'
import { readKeys } from './message-keys.js'
import { readObjectIds } from './object-ids.js'
import { deletedCharge } from './quota.js'
import { readMailbox, readStatus } from './read-accounts.js'
import { type Expunged, readExpunged } from './read-expunged.js'
import { reading } from './reading.js'
import { noSuchMailbox } from './refusals.js'

export interface MailParts extends Parts {
  readonly dir: string
  readonly feed: Feed
  readonly holds: Holds
  readonly loader: MailboxLoader
  readonly watch: StorageWatch
  readonly copies: Copies
}

/** Indexes are larger than rows of flags; so many are read before others get a turn. */
const INDEXES_PER_SLICE = 500

export const mailStore = (parts: MailParts): MailStore => ({
  ...mailboxStore(parts),
  mailboxStatus: (mailbox) =>
    reading(() => {
      const status = readStatus(parts.sql, mailbox)
      if (status === null) throw noSuchMailbox(mailbox)
      return status
    }),
  deletedCharge: (mailbox) => deletedCharge(parts, mailbox),
  append: (mailbox, messages, origin) => append(parts, mailbox, messages, origin ?? null),
  setFlags: (mailbox, uids, mode, flags, { origin, silent = false } = {}) =>
    inSlices(uids, parts.limits.rowsPerWrite, (slice) =>
      parts.submit({ kind: 'set-flags', mailbox, uids: slice, mode, flags, origin: origin ?? null, silent }),
    ),
  expunge: (mailbox, uids, origin) =>
    uids === null
      ? expungeAll(parts, mailbox, origin ?? null)
      : inSlices(uids, parts.limits.rowsPerWrite, (slice) =>
          parts.submit({
            kind: 'expunge',
            mailbox,
            uids: slice,
            after: 0,
            limit: slice.length,
            origin: origin ?? null,
          }),
        ),
  copy: parts.copies.copy,
  move: parts.copies.move,
  expungedSince: (mailbox, since) => expungedSince(parts, mailbox, since),
  openMailbox: (mailbox, { recent }) => reading(() => openMailbox(parts, mailbox, recent)),
  claimRecent: async (mailbox, before) => void (await parts.submit({ kind: 'take-recent', mailbox, before })),
  indexes: (blobs) => reading(() => readIndexes(parts, blobs)),
  keys: (blobs) => reading(() => readEach(blobs, (blob) => readKeys(parts.sql, blob))),
  objectIds: (mailbox, uids) => reading(() => readEach(uids, (uid) => readObjectIds(parts.sql, mailbox, uid))),
  openBlob: (blob) => reading(() => openBlob(parts, blob)),
})

async function append(
  { submit }: MailParts,
  mailbox: MailboxId,
  messages: readonly NewMessage[],
  origin: string | null,
): ReturnType<MailStore['append']> {
  try {
    const data = messages.map(({ blob, ...rest }) => ({ ...rest, blob: blobData(blob) }))
    return await submit({ kind: 'append', mailbox, messages: data, origin })
  } finally {
    await Promise.all(messages.map(({ blob }) => release(blob)))
  }
}

/** Slices, each an operation of its own: nobody waits for the writer longer than one of them takes. */
async function inSlices<T>(
  uids: readonly Uid[],
  size: number,
  write: (slice: readonly Uid[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const ascending = [...new Set(uids)].sort((a, b) => a - b)
  const results = [...(await write(ascending.slice(0, size)))]
  for (let at = size; at < ascending.length; at += size) {
    for (const result of await write(ascending.slice(at, at + size))) results.push(result)
  }
  return results
}

async function expungeAll(
  { submit, limits }: MailParts,
  mailbox: MailboxId,
  origin: string | null,
): Promise<readonly Uid[]> {
  const gone: Uid[] = []
  for (;;) {
    const limit = limits.rowsPerWrite
    const slice = await submit({ kind: 'expunge', mailbox, uids: null, after: gone.at(-1) ?? 0, limit, origin })
    for (const uid of slice) gone.push(uid)
    if (slice.length < limit) return gone
  }
}

/** What is forgotten between two slices makes all of it unknown. */
async function expungedSince(
  { sql, limits }: MailParts,
  mailbox: MailboxId,
  since: ModSeq,
): Promise<readonly Uid[] | null> {
  const uids: Uid[] = []
  const next = (after: Expunged | null): Promise<readonly Expunged[] | null> =>
    reading(() => readExpunged(sql, mailbox, since, after, limits.rowsPerSlice))
  for (let after: Expunged | null = null; ; await nextTurn()) {
    const slice = await next(after)
    if (slice === null) return null
    for (const { uid } of slice) uids.push(uid)
    after = slice.at(-1) ?? null
    if (after === null || slice.length < limits.rowsPerSlice) return uids.sort((a, b) => a - b)
  }
}

async function openMailbox(parts: MailParts, id: MailboxId, recent: boolean): Promise<OpenMailbox> {
  const known = readMailbox(parts.sql, id)
  if (known === null) throw noSuchMailbox(id)
  const state = await parts.loader.acquire(id)
  // Nothing may wait between these: what the state has in it now and what the subscription brings must meet.
  const changes = parts.feed.subscribe({ account: known.account, mailbox: id, since: state.highestModSeq })
  const { mailbox } = known
  const { highestModSeq, uidNext } = state
  const uids = state.copyUids()
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    changes.close()
    parts.loader.release(id)
  }
  try {
    const firstRecent = await firstRecentOf(parts, id, recent ? uidNext : null)
    return { mailbox, state, uids, changes, highestModSeq, firstRecent, close }
  } catch (error) {
    close()
    throw error
  }
}

/**
 * Which messages are \Recent for a session that opens the mailbox. What it has been given, all UIDs below `before`, is
 * claimed before it hears of it (null: it claims nothing). What comes until then is news that it will be told of, and
 * \Recent: whoever else opens claims no more than it was given either, and the writer takes them in their order.
 */
async function firstRecentOf({ sql, submit }: MailParts, mailbox: MailboxId, before: number | null): Promise<number> {
  const status = readStatus(sql, mailbox)
  if (status === null) throw noSuchMailbox(mailbox)
  const { firstRecent } = status
  return before !== null && firstRecent < before ? submit({ kind: 'take-recent', mailbox, before }) : firstRecent
}

const readIndexes = ({ sql }: MailParts, blobs: readonly number[]): Promise<(MessageIndex | null)[]> =>
  readEach(blobs, (blob) => {
    const row = sql.get<IndexRow>(
      `SELECT b.size, i.envelope, i.body, i.body_structure AS bodyStructure, i.message_id AS messageId,
         i.received_fields AS receivedFields, i.parts
       FROM blob_index i JOIN blob b ON b.id = i.blob WHERE i.blob = ?`,
      blob,
    )
    return row === undefined ? null : decodeIndex(row)
  })

async function readEach<T>(blobs: readonly number[], read: (blob: number) => T): Promise<T[]> {
  const found: T[] = []
  for (const blob of blobs) {
    if (found.length > 0 && found.length % INDEXES_PER_SLICE === 0) await nextTurn()
    found.push(read(blob))
  }
  return found
}
