/** Telling a user that the mailbox is nearly full, inside the writer's transactions: the mail is stored once or not at all. */
import type { AccountId, MailboxId } from '../../core/ids.js'
import { emailId } from './object-ids.js'
import { storeBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'
import { addMessages } from './write-mail.js'
import { threadNames } from './write-threads.js'

export const giveNotice: Apply<'give-notice'> = (cx, { account, threshold, message }, effects) => {
  const owed = cx.sql.run('UPDATE account SET quota_notice = 0 WHERE id = ? AND quota_notice = ?', account, threshold)
  const inbox = cx.sql.get<{ id: MailboxId }>("SELECT id FROM mailbox WHERE account = ? AND name = 'INBOX'", account)
  if (owed === 0 || inbox === undefined) return null
  if (warningsOf(cx, account) >= cx.limits.quotaWarnings) return inbox.id
  const { blob, ...rest } = message
  const named = { names: threadNames(blob), name: emailId(blob.sha256) }
  const filed = { ...rest, ...named, blob: storeBlob(cx, blob, 1), size: blob.size, exempt: true } as const
  addMessages(cx, inbox.id, [filed], null, effects)
  return inbox.id
}

const warningsOf = (cx: WriteContext, account: AccountId): number =>
  cx.sql.get<{ n: number }>(
    'SELECT count(*) AS n FROM mailbox b JOIN message m ON m.mailbox = b.id WHERE b.account = ? AND m.exempt = 1',
    account,
  )?.n ?? 0
