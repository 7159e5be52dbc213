/** Which messages went since a modseq, as far as it is still known (RFC 7162 §3.2.5.2). */
import type { MailboxId, ModSeq, Uid } from '../../core/ids.js'
import { noSuchMailbox } from './refusals.js'
import type { Statements } from './statements.js'

export interface Expunged {
  readonly modseq: number
  readonly uid: Uid
}

/** The next ones behind `after`, in the order in which they went; null: some of them are forgotten. @throws 'no-such-mailbox' */
export function readExpunged(
  sql: Statements,
  mailbox: MailboxId,
  since: ModSeq,
  after: Expunged | null,
  limit: number,
): readonly Expunged[] | null {
  const box = sql.get<{ floor: number }>('SELECT expunged_floor AS floor FROM mailbox WHERE id = ?', mailbox)
  if (box === undefined) throw noSuchMailbox(mailbox)
  if (since < box.floor) return null
  return sql.all<Expunged>(
    `SELECT modseq, uid FROM expunged WHERE mailbox = ? AND modseq > ? AND (modseq, uid) > (?, ?)
     ORDER BY modseq, uid LIMIT ?`,
    ...[mailbox, since, after?.modseq ?? 0, after?.uid ?? 0, limit],
  )
}
