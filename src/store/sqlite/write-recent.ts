/** What was delivered where not long ago, so that the same message is not delivered there again (decision 25). */
import type { MailboxId } from '../../core/ids.js'
import type { Apply, WriteContext } from './write-context.js'

/**
 * Notes that `mailboxes` get the message with the hash `received` at the time `at`; null: it is not noted.
 * @returns those of them that got it before, within the window
 */
export function delivered(
  cx: WriteContext,
  mailboxes: Iterable<MailboxId>,
  received: string | null,
  at: number,
): MailboxId[] {
  const since = at - cx.limits.duplicateWindow
  if (received === null || since >= at) return []
  if (isAnyOlder(cx, since)) forget(cx, since)
  const hash = Buffer.from(received, 'hex')
  return [...mailboxes].filter((mailbox) => !note(cx, mailbox, hash, at, since))
}

const note = (cx: WriteContext, mailbox: MailboxId, hash: Buffer, at: number, since: number): boolean =>
  cx.sql.run(
    `INSERT INTO recent_delivery (mailbox, received, at) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at WHERE at <= ?`,
    mailbox,
    hash,
    at,
    since,
  ) === 1

/** Hardly ever, and looking for it costs a tenth of what removing nothing does. */
const isAnyOlder = (cx: WriteContext, until: number): boolean =>
  cx.sql.get('SELECT 1 FROM recent_delivery WHERE at <= ? LIMIT 1', until) !== undefined

/** So many at most in one operation: more than one can add on the average, so that the table follows the window. */
const forget = (cx: WriteContext, until: number): number =>
  cx.sql.run(
    `DELETE FROM recent_delivery WHERE (mailbox, received) IN
       (SELECT mailbox, received FROM recent_delivery WHERE at <= ? ORDER BY at LIMIT ?)`,
    until,
    cx.limits.rowsPerWrite,
  )

/** @returns how many are forgotten now; fewer than `rowsPerWrite` when no more are left */
export const forgetDeliveries: Apply<'forget-deliveries'> = (cx, { until }) => forget(cx, until)

/** Takes back what `delivered` noted for mailboxes that did not get the message after all. */
export function notDelivered(
  cx: WriteContext,
  deliveries: readonly { readonly mailbox: MailboxId }[],
  received: string | null,
): void {
  if (received === null) return
  const hash = Buffer.from(received, 'hex')
  for (const { mailbox } of deliveries) {
    cx.sql.run('DELETE FROM recent_delivery WHERE mailbox = ? AND received = ?', mailbox, hash)
  }
}
