/** Messages in mailboxes, inside the writer's transactions: append, take-recent. */
import type { BlobId, MailboxId, ModSeq, Uid } from '../../core/ids.js'
import { FLAG, type Flags, type MessageEntry } from '../changes.js'
import type { Effects } from '../ops.js'
import type { Appended } from '../store.js'
import { encodeKeywords, NO_KEYWORDS, namesOf } from './keyword-list.js'
import { emailId } from './object-ids.js'
import { noSuchMailbox } from './refusals.js'
import { storeBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'
import { countIn } from './write-counters.js'
import { Keywords } from './write-keywords.js'
import { type Charging, charge } from './write-quota.js'
import { joinThread, type SameThread, type ThreadNames, type ThreadRow, threadNames } from './write-threads.js'

/** A message whose content is stored and counted already. */
export interface Filed {
  readonly blob: BlobId
  readonly size: number
  readonly flags: Flags
  readonly internalDate: number
  readonly internalZone: number
  readonly names: ThreadNames | SameThread
  /** What the log calls it. */
  readonly name: string
  /** It costs nothing: mail of our own that warns of the quota. */
  readonly exempt?: true
}

/** A bit that is not a system flag is never stored. */
export const ALL_FLAGS = FLAG.seen | FLAG.answered | FLAG.flagged | FLAG.deleted | FLAG.draft

export const append: Apply<'append'> = (cx, { mailbox, messages, origin }, effects) => {
  const filed = messages.map((m) => ({
    ...m,
    blob: storeBlob(cx, m.blob, 1),
    size: m.blob.size,
    names: threadNames(m.blob),
    name: emailId(m.blob.sha256),
  }))
  return addMessages(cx, mailbox, filed, origin, effects)
}

/**
 * Gives `messages` the next UIDs and one modseq, and charges them.
 * @throws 'no-such-mailbox' | 'too-many-keywords' | 'over-quota'
 */
export function addMessages(
  cx: WriteContext,
  mailbox: MailboxId,
  messages: readonly Filed[],
  origin: string | null,
  effects: Effects,
  charging: Charging = {},
): Appended[] {
  const figures = messages.map(({ size, flags: { system } }) => ({ size, system }))
  const box = countIn(cx, mailbox, figures)
  const charged = messages.filter(({ exempt }) => !exempt)
  charge(cx, box.account, charged, effects, charging)
  const keywords = messages.some((m) => m.flags.keywords.length > 0) ? new Keywords(cx, mailbox) : null
  const entries = messages.map((message, i): MessageEntry => {
    const uid = (box.uidNext - messages.length + i) as Uid
    const { names } = message
    const thread = 'thread' in names ? names.thread : joinThread(cx, box.account, names)
    return insertMessage(cx, mailbox, uid, box.modseq, { ...message, thread }, keywords)
  })
  if (entries.length > 0) {
    effects.changes.push({ account: box.account, change: { type: 'added', mailbox, entries, origin } })
  }
  return entries.map(({ uid, modseq }) => ({ uidValidity: box.uidValidity, uid, modseq }))
}

function insertMessage(
  cx: WriteContext,
  mailbox: MailboxId,
  uid: Uid,
  modseq: ModSeq,
  { blob, size, flags, internalDate, internalZone, thread, exempt }: Filed & { readonly thread: ThreadRow | null },
  keywords: Keywords | null,
): MessageEntry {
  const system = flags.system & ALL_FLAGS
  const positions = keywords === null ? null : encodeKeywords(keywords.add(flags.keywords))
  cx.sql.run(
    `INSERT INTO message (mailbox, uid, blob, size, internal_date, internal_zone, thread, exempt)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    mailbox,
    uid,
    blob,
    size,
    internalDate,
    internalZone,
    thread,
    exempt === true ? 1 : 0,
  )
  cx.sql.run(
    'INSERT INTO message_flags (mailbox, uid, modseq, system, keywords) VALUES (?, ?, ?, ?, ?)',
    mailbox,
    uid,
    modseq,
    system,
    positions,
  )
  const names = keywords === null ? NO_KEYWORDS : namesOf(positions, keywords.names)
  return { uid, modseq, system, keywords: names, size, internalDate, internalZone, blob }
}

export const takeRecent: Apply<'take-recent'> = (cx, { mailbox, before }) => {
  const box = cx.sql.get<{ first: number; next: number }>(
    'SELECT first_recent AS first, uid_next AS next FROM mailbox WHERE id = ?',
    mailbox,
  )
  if (box === undefined) throw noSuchMailbox(mailbox)
  const first = Math.min(before, box.next)
  if (first > box.first)
    cx.sql.run(
      `UPDATE mailbox SET first_recent = ?,
         recent = (SELECT count(*) FROM message WHERE message.mailbox = mailbox.id AND uid >= ?) WHERE id = ?`,
      first,
      first,
      mailbox,
    )
  return box.first
}
