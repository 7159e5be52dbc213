/** The counters of a mailbox, kept in the transactions that add or remove its messages. */
import type { AccountId, MailboxId, ModSeq } from '../../core/ids.js'
import { FLAG } from '../changes.js'
import { StoreError } from '../errors.js'
import { noSuchMailbox } from './refusals.js'
import type { WriteContext } from './write-context.js'

/** What a message adds to the counters. */
export interface Countable {
  readonly size: number
  readonly system: number
}

/** A mailbox once they were counted. */
export interface Counted {
  readonly account: AccountId
  readonly uidValidity: number
  /** Behind the UIDs of those that were added. */
  readonly uidNext: number
  /** Theirs. */
  readonly modseq: ModSeq
}

/** RFC 9051 §2.3.1.1: UIDs have 32 bits. */
const LAST_UID = 2 ** 32 - 1

/** @throws 'no-such-mailbox' */
function readCounted({ sql }: WriteContext, mailbox: MailboxId): Counted {
  const box = sql.get<Counted>(
    `SELECT account, uid_validity AS uidValidity, uid_next AS uidNext, highest_modseq AS modseq
     FROM mailbox WHERE id = ?`,
    mailbox,
  )
  if (box === undefined) throw noSuchMailbox(mailbox)
  return box
}

const count = <T extends Countable>(messages: readonly T[], test: (message: T) => boolean): number =>
  messages.filter(test).length

/** Messages, those not \Seen, those \Deleted, and their octets. */
const figures = (messages: readonly Countable[]): readonly [number, number, number, number] => [
  messages.length,
  count(messages, ({ system }) => (system & FLAG.seen) === 0),
  count(messages, ({ system }) => (system & FLAG.deleted) !== 0),
  messages.reduce((octets, { size }) => octets + size, 0),
]

/** They get the UIDs before `uidNext`. @throws 'no-such-mailbox', 'unavailable' when there are no UIDs left */
export function countIn(cx: WriteContext, mailbox: MailboxId, messages: readonly Countable[]): Counted {
  cx.sql.run(
    `UPDATE mailbox SET messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, size = size + ?,
       recent = recent + ?, uid_next = uid_next + ?, highest_modseq = highest_modseq + ? WHERE id = ?`,
    ...figures(messages),
    messages.length,
    messages.length,
    Math.min(1, messages.length),
    mailbox,
  )
  const box = readCounted(cx, mailbox)
  if (box.uidNext > LAST_UID) throw new StoreError('unavailable', `mailbox ${mailbox} has no UIDs left`)
  return box
}

/** @throws 'no-such-mailbox' */
export function countOut(
  cx: WriteContext,
  mailbox: MailboxId,
  messages: readonly (Countable & { readonly uid: number })[],
): Counted {
  const firstRecent = cx.sql.get<{ n: number }>('SELECT first_recent AS n FROM mailbox WHERE id = ?', mailbox)?.n ?? 0
  cx.sql.run(
    `UPDATE mailbox SET messages = messages - ?, unseen = unseen - ?, deleted = deleted - ?, size = size - ?,
       recent = recent - ?, highest_modseq = highest_modseq + 1 WHERE id = ?`,
    ...figures(messages),
    count(messages, ({ uid }) => uid >= firstRecent),
    mailbox,
  )
  return readCounted(cx, mailbox)
}
