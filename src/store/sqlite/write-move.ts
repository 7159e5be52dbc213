/** All messages of one mailbox into another of the same account, inside the writer's transactions, a slice at a time. */
import type { AccountId, MailboxId, ModSeq, Uid } from '../../core/ids.js'
import { FLAG, type MessageEntry } from '../changes.js'
import { readEntries } from './entries.js'
import { encodeKeywords, namesOf, readKeywords } from './keyword-list.js'
import { noSuchMailbox } from './refusals.js'
import type { Apply, WriteContext } from './write-context.js'
import { Keywords } from './write-keywords.js'

/** The next messages of `from`, with all that belongs to them; they cost what they cost before. */
export const moveMessages: Apply<'move-messages'> = (cx, { from, to, limit, origin }, effects) => {
  const entries = readEntries(cx.sql, from, 0, limit, readKeywords(cx.sql, from))
  if (entries.length === 0) return 0
  const { account, modseq } = countOut(cx, from, entries)
  const target = countIn(cx, to, entries)
  const keywords = new Keywords(cx, to)
  const first = target.uidNext - entries.length
  const moved = entries.map((entry, i): MessageEntry => {
    const uid = (first + i) as Uid
    return moveOne(cx, from, to, entry, { uid, modseq: target.modseq, keywords })
  })
  for (const { uid } of entries)
    cx.sql.run('INSERT INTO expunged (mailbox, modseq, uid) VALUES (?, ?, ?)', from, modseq, uid)
  effects.changes.push(
    { account, change: { type: 'expunged', mailbox: from, modseq, entries, origin } },
    { account, change: { type: 'added', mailbox: to, entries: moved, origin } },
  )
  return entries.length
}

function moveOne(
  cx: WriteContext,
  from: MailboxId,
  to: MailboxId,
  entry: MessageEntry,
  { uid, modseq, keywords }: { readonly uid: Uid; readonly modseq: ModSeq; readonly keywords: Keywords },
): MessageEntry {
  const positions = encodeKeywords(keywords.add(entry.keywords))
  cx.sql.run('UPDATE message SET mailbox = ?, uid = ? WHERE mailbox = ? AND uid = ?', to, uid, from, entry.uid)
  cx.sql.run(
    'UPDATE message_flags SET mailbox = ?, uid = ?, modseq = ?, keywords = ? WHERE mailbox = ? AND uid = ?',
    to,
    uid,
    modseq,
    positions,
    from,
    entry.uid,
  )
  return { ...entry, uid, modseq, keywords: namesOf(positions, keywords.names) }
}

interface Counted {
  readonly account: AccountId
  readonly modseq: ModSeq
  readonly uidNext: number
}

const RETURNING = 'RETURNING account, highest_modseq AS modseq, uid_next AS uidNext'

const count = (entries: readonly MessageEntry[], test: (entry: MessageEntry) => boolean): number =>
  entries.filter(test).length

/** Messages, those not \Seen, those \Deleted, and their octets. */
const figures = (entries: readonly MessageEntry[]): readonly [number, number, number, number] => [
  entries.length,
  count(entries, ({ system }) => (system & FLAG.seen) === 0),
  count(entries, ({ system }) => (system & FLAG.deleted) !== 0),
  entries.reduce((octets, { size }) => octets + size, 0),
]

function countOut(cx: WriteContext, mailbox: MailboxId, entries: readonly MessageEntry[]): Counted {
  const firstRecent = cx.sql.get<{ n: number }>('SELECT first_recent AS n FROM mailbox WHERE id = ?', mailbox)?.n ?? 0
  const box = cx.sql.get<Counted>(
    `UPDATE mailbox SET messages = messages - ?, unseen = unseen - ?, deleted = deleted - ?, size = size - ?,
       recent = recent - ?, highest_modseq = highest_modseq + 1 WHERE id = ? ${RETURNING}`,
    ...figures(entries),
    count(entries, ({ uid }) => uid >= firstRecent),
    mailbox,
  )
  if (box === undefined) throw noSuchMailbox(mailbox)
  return box
}

function countIn(cx: WriteContext, mailbox: MailboxId, entries: readonly MessageEntry[]): Counted {
  const box = cx.sql.get<Counted>(
    `UPDATE mailbox SET messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, size = size + ?,
       recent = recent + ?, uid_next = uid_next + ?, highest_modseq = highest_modseq + 1 WHERE id = ? ${RETURNING}`,
    ...figures(entries),
    entries.length,
    entries.length,
    mailbox,
  )
  if (box === undefined) throw noSuchMailbox(mailbox)
  return box
}
