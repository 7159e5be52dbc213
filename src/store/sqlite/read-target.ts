/** Where messages may be copied and moved to: mailboxes of the same account alone. */
import type { MailboxId } from '../../core/ids.js'
import { noSuchMailbox } from './refusals.js'
import type { Statements } from './statements.js'

export interface Target {
  readonly uidValidity: number
}

/** @throws 'no-such-mailbox' where one of them is not there, or is another user's */
export function readTarget(sql: Statements, from: MailboxId, to: MailboxId): Target {
  const target = sql.get<Target>(
    `SELECT b.uid_validity AS uidValidity FROM mailbox a JOIN mailbox b ON b.account = a.account
     WHERE a.id = ? AND b.id = ?`,
    from,
    to,
  )
  if (target === undefined) throw noSuchMailbox(to)
  return target
}
