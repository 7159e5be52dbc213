/** What senders are owed, inside the writer's transactions: it stands in the queue until they have been told. */
import type { BlobId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import type { Effects } from '../ops.js'
import type { SettledReport } from '../outbound-store.js'
import { forgetAttempt } from './write-attempt-texts.js'
import { releaseBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'

/** @throws 'no-such-message' when they are not owed any more: the report on them is stored already */
export function settle(cx: WriteContext, settled: SettledReport, effects: Effects): void {
  if (forget(cx, settled) < settled.recipients.length)
    throw new StoreError('no-such-message', `recipients of ${settled.message} are settled already`)
  releaseQueued(cx, settled.message, effects)
}

export const dropReports: Apply<'drop-reports'> = (cx, { settled }, effects) => {
  if (forget(cx, settled) > 0) releaseQueued(cx, settled.message, effects)
  return null
}

/** Who is delayed goes on waiting. @returns how many were there */
function forget(cx: WriteContext, { message, recipients }: SettledReport): number {
  let settled = 0
  for (const { recipient, kind } of recipients) {
    const row = cx.sql.get<{ attempt: number | null }>(
      kind === 'delayed'
        ? 'UPDATE queue_recipient SET report = NULL WHERE message = ? AND recipient = ? AND report = ? RETURNING NULL AS attempt'
        : 'DELETE FROM queue_recipient WHERE message = ? AND recipient = ? AND report = ? RETURNING attempt',
      message,
      recipient,
      kind,
    )
    if (row === undefined) continue
    settled++
    // The history may have forgotten it before.
    if (row.attempt !== null) forgetAttempt(cx, row.attempt)
  }
  return settled
}

/** Call when something of a message has left the queue, or is not owed any more. Without recipients it is no more. */
export function releaseQueued(cx: WriteContext, message: string, effects: Effects): void {
  const gone = cx.sql.get<{ blob: BlobId }>(
    `DELETE FROM queue_message WHERE id = ? AND NOT EXISTS (SELECT 1 FROM queue_recipient WHERE message = queue_message.id)
     RETURNING blob`,
    message,
  )
  if (gone !== undefined) releaseBlob(cx, gone.blob, effects)
  else forgetReport(cx, message)
}

const forgetReport = ({ sql }: WriteContext, message: string): number =>
  sql.run(
    `UPDATE queue_message SET report_since = NULL, report_due = NULL WHERE id = ?
       AND coalesce(report_since, report_due) IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM queue_recipient r INDEXED BY queue_report
         WHERE r.message = queue_message.id AND report IS NOT NULL)`,
    message,
  )

/** Whose other recipients may soon have something to tell as well. */
const AWAITED = `EXISTS (SELECT 1 FROM queue_recipient r
  WHERE r.message = queue_message.id AND status = 'pending' AND (claimed = 1 OR last_attempt IS NULL))`

/**
 * Call at the end of an attempt, and whenever a recipient has come to be owed something, with the rows as they will be:
 * says when the report on the message is due.
 */
export function scheduleReport(cx: WriteContext, message: string, at: number, effects: Effects): void {
  const owed = cx.sql.run(
    `UPDATE queue_message SET report_since = coalesce(report_since, ?),
       report_due = coalesce(report_since, ?) + iif(${AWAITED}, ?, 0)
     WHERE id = ? AND EXISTS (SELECT 1 FROM queue_recipient r INDEXED BY queue_report
         WHERE r.message = queue_message.id AND report IS NOT NULL)`,
    at,
    at,
    cx.limits.reportWait,
    message,
  )
  if (owed > 0) effects.duties.push('bounce')
}

export const warnDelayed: Apply<'warn-delayed'> = (cx, { enqueuedBefore, at, limit }, effects) => {
  const rows = cx.sql.all<{ message: string; recipient: string }>(
    `SELECT message, recipient FROM queue_recipient INDEXED BY queue_unwarned
     WHERE unwarned <= ? AND status = 'pending' AND last_attempt IS NOT NULL AND report IS NULL
     ORDER BY unwarned, message, recipient LIMIT ?`,
    enqueuedBefore,
    limit,
  )
  for (const { message, recipient } of rows) {
    cx.sql.run(
      "UPDATE queue_recipient SET report = 'delayed', unwarned = NULL WHERE message = ? AND recipient = ?",
      message,
      recipient,
    )
  }
  for (const message of new Set(rows.map((row) => row.message))) scheduleReport(cx, message, at, effects)
  return rows.length
}
