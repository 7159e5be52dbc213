/** Rows of message and message_flags as MessageEntry: the same query for the writer and for readers. */
import type { BlobId, MailboxId, ModSeq, Uid } from '../../core/ids.js'
import type { MessageEntry } from '../changes.js'
import { namesOf } from './keyword-list.js'
import type { Statements } from './statements.js'

interface EntryRow {
  readonly uid: Uid
  readonly blob: BlobId
  readonly size: number
  readonly internalDate: number
  readonly internalZone: number
  readonly modseq: ModSeq
  readonly system: number
  readonly keywords: Buffer | null
}

const SELECT = `SELECT m.uid, m.blob, m.size, m.internal_date AS internalDate, m.internal_zone AS internalZone,
    f.modseq, f.system, f.keywords
  FROM message m JOIN message_flags f ON f.mailbox = m.mailbox AND f.uid = m.uid WHERE m.mailbox = ?`

/** `names`: the keywords of the mailbox, by position. */
export function readEntry(
  sql: Statements,
  mailbox: MailboxId,
  uid: Uid,
  names: readonly string[],
): MessageEntry | null {
  const row = sql.get<EntryRow>(`${SELECT} AND m.uid = ?`, mailbox, uid)
  return row === undefined ? null : { ...row, keywords: namesOf(row.keywords, names) }
}

/** The next `limit` entries behind `after`, ascending. */
export const readEntries = (
  sql: Statements,
  mailbox: MailboxId,
  after: number,
  limit: number,
  names: readonly string[],
): MessageEntry[] =>
  sql
    .all<EntryRow>(`${SELECT} AND m.uid > ? ORDER BY m.uid LIMIT ?`, mailbox, after, limit)
    // The row is nobody else's: a copy of each would cost as much as reading it.
    .map((row) => Object.assign(row, { keywords: namesOf(row.keywords, names) }))

/** Those of `uids` that are there, in the same order. */
export const readListed = (
  sql: Statements,
  mailbox: MailboxId,
  uids: readonly Uid[],
  names: readonly string[],
): MessageEntry[] =>
  uids.flatMap((uid) => {
    const entry = readEntry(sql, mailbox, uid, names)
    return entry === null ? [] : [entry]
  })

/** Those from `first` to `last`, ascending. */
export const readBetween = (
  sql: Statements,
  { mailbox, first, last }: { readonly mailbox: MailboxId; readonly first: Uid; readonly last: Uid },
  names: readonly string[],
): MessageEntry[] =>
  sql
    .all<EntryRow>(`${SELECT} AND m.uid BETWEEN ? AND ? ORDER BY m.uid`, mailbox, first, last)
    .map((row) => Object.assign(row, { keywords: namesOf(row.keywords, names) }))
