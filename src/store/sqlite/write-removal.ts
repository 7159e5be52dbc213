/** Removing users, and erasing what was in mailboxes that are gone, inside the writer's transactions: what is small at once, the messages in slices. */
import type { AccountId, BlobId, MailboxId, Uid } from '../../core/ids.js'
import type { Effects } from '../ops.js'
import { noSuchUser } from './refusals.js'
import { releaseBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'
import { giveBack } from './write-quota.js'

/** From here on nobody finds the user or the mailboxes; an account may hold a million messages, which wait. */
export const removeUser: Apply<'remove-user'> = (cx, { address }, effects) => {
  const user = cx.sql.get<{ id: AccountId }>('SELECT id FROM account WHERE address = ?', address)
  if (user === undefined) throw noSuchUser(address)
  cx.sql.run('INSERT INTO removed_mailbox (id) SELECT id FROM mailbox WHERE account = ?', user.id)
  for (const table of ['mailbox', 'subscription', 'account_secret', 'app_password'])
    cx.sql.run(`DELETE FROM ${table} WHERE account = ?`, user.id)
  cx.sql.run('DELETE FROM account WHERE id = ?', user.id)
  effects.changes.push({ account: user.id, change: { type: 'account-removed' } })
  return null
}

/** A slice of the first removed mailbox that is left; true: there may be more. */
export const eraseRemoved: Apply<'erase-removed'> = (cx, { limit }, effects) => {
  // One that is there after all is for `store check` to tell of, and not to be erased.
  const removed = cx.sql.get<{ id: MailboxId; account: AccountId | null }>(
    'SELECT id, account FROM removed_mailbox WHERE id NOT IN (SELECT id FROM mailbox) ORDER BY id LIMIT 1',
  )
  if (removed === undefined) return false
  eraseSlice(cx, removed.id, removed.account, limit, effects)
  return true
}

/** `account`: who is charged for the messages until now; null, or gone: nobody is any more. */
export function eraseSlice(
  cx: WriteContext,
  id: MailboxId,
  account: AccountId | null,
  limit: number,
  effects: Effects,
): void {
  if (eraseMessages(cx, id, account, limit, effects) === limit || eraseExpunged(cx, id, limit) === limit) return
  cx.sql.run('DELETE FROM keyword WHERE mailbox = ?', id)
  cx.sql.run('DELETE FROM removed_mailbox WHERE id = ?', id)
}

function eraseMessages(
  cx: WriteContext,
  mailbox: MailboxId,
  account: AccountId | null,
  limit: number,
  effects: Effects,
): number {
  const rows = cx.sql.all<{ uid: Uid; blob: BlobId; size: number; exempt: number }>(
    'SELECT uid, blob, size, exempt FROM message WHERE mailbox = ? ORDER BY uid LIMIT ?',
    mailbox,
    limit,
  )
  for (const { uid, blob } of rows) {
    cx.sql.run('DELETE FROM message WHERE mailbox = ? AND uid = ?', mailbox, uid)
    cx.sql.run('DELETE FROM message_flags WHERE mailbox = ? AND uid = ?', mailbox, uid)
    releaseBlob(cx, blob, effects)
  }
  if (account !== null && cx.sql.get('SELECT 1 FROM account WHERE id = ?', account) !== undefined) {
    const charged = rows.filter(({ exempt }) => exempt === 0)
    giveBack(cx, account, charged, effects)
  }
  return rows.length
}

const eraseExpunged = (cx: WriteContext, mailbox: MailboxId, limit: number): number =>
  cx.sql.run(
    `DELETE FROM expunged WHERE mailbox = ? AND (modseq, uid) IN
       (SELECT modseq, uid FROM expunged WHERE mailbox = ? ORDER BY modseq, uid LIMIT ?)`,
    mailbox,
    mailbox,
    limit,
  )
