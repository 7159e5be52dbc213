/** Removing users, inside the writer's transactions: what is small at once, the messages in slices. */
import type { AccountId, BlobId, MailboxId, Uid } from '../../core/ids.js'
import type { Effects } from '../ops.js'
import { noSuchUser } from './refusals.js'
import { releaseBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'

/** From here on nobody finds the user or the mailboxes; an account may hold a million messages, which wait. */
export const removeUser: Apply<'remove-user'> = (cx, { address }, effects) => {
  const user = cx.sql.get<{ id: AccountId }>('SELECT id FROM account WHERE address = ?', address)
  if (user === undefined) throw noSuchUser(address)
  cx.sql.run('INSERT INTO removed_mailbox SELECT id FROM mailbox WHERE account = ?', user.id)
  for (const table of ['mailbox', 'account_secret', 'app_password'])
    cx.sql.run(`DELETE FROM ${table} WHERE account = ?`, user.id)
  cx.sql.run('DELETE FROM account WHERE id = ?', user.id)
  effects.changes.push({ account: user.id, change: { type: 'account-removed' } })
  return null
}

/** A slice of the first removed mailbox that is left; true: there may be more. */
export const eraseRemoved: Apply<'erase-removed'> = (cx, { limit }, effects) => {
  // One that is there after all is for `store check` to tell of, and not to be erased.
  const removed = cx.sql.get<{ id: MailboxId }>(
    'SELECT id FROM removed_mailbox WHERE id NOT IN (SELECT id FROM mailbox) ORDER BY id LIMIT 1',
  )
  if (removed === undefined) return false
  const { id } = removed
  if (eraseMessages(cx, id, limit, effects) === limit || eraseExpunged(cx, id, limit) === limit) return true
  cx.sql.run('DELETE FROM keyword WHERE mailbox = ?', id)
  cx.sql.run('DELETE FROM removed_mailbox WHERE id = ?', id)
  return true
}

function eraseMessages(cx: WriteContext, mailbox: MailboxId, limit: number, effects: Effects): number {
  const rows = cx.sql.all<{ uid: Uid; blob: BlobId }>(
    'SELECT uid, blob FROM message WHERE mailbox = ? ORDER BY uid LIMIT ?',
    mailbox,
    limit,
  )
  for (const { uid, blob } of rows) {
    cx.sql.run('DELETE FROM message WHERE mailbox = ? AND uid = ?', mailbox, uid)
    cx.sql.run('DELETE FROM message_flags WHERE mailbox = ? AND uid = ?', mailbox, uid)
    releaseBlob(cx, blob, effects)
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
