/**
 * What an attempt meant for each recipient, inside the writer's transactions: who is done is remembered in
 * queue_finished, and stays in the queue only as long as the sender is to be told of it.
 */
import type { Outcome, QueuePosition, QueueStatus } from '../control-store.js'
import type { Attempt, Destination, RecipientResult } from '../outbound-store.js'
import { type Notify, wantsReport } from '../queue-store.js'
import { words } from './read-reports.js'
import { forgetAttempt } from './write-attempt-texts.js'
import type { Apply, WriteContext } from './write-context.js'
import { Tally } from './write-destinations.js'
import { releaseQueued, scheduleReport } from './write-reports.js'

/** A recipient in the queue, as it was. */
export interface QueuedRow {
  readonly message: string
  readonly recipient: string
  readonly destination: Destination
  readonly status: QueueStatus | 'delivered'
  readonly claimed: 0 | 1
  readonly retryCount: number
  readonly lastAttempt: number | null
  readonly lastHost: string | null
  readonly lastReply: string | null
  readonly attempt: number | null
  readonly unwarned: number | null
  readonly notify: string | null
  readonly sender: string
  readonly size: number
  readonly enqueuedAt: number
}

/** What is noted of the attempt beside its results. */
export interface Noted {
  readonly at: number
  readonly host: string | null
  /** Row of queue_attempt. */
  readonly attempt: number | null
}

type ResultOf<K extends RecipientResult['kind']> = Extract<RecipientResult, { kind: K }>

export const recordAttempt: Apply<'record-attempt'> = (cx, { attempt }, effects) => {
  const claimed = claimedOf(cx, attempt)
  if (claimed.length === 0) return null
  const tried = claimed.some(({ result }) => result.kind !== 'released')
  const { at, host } = attempt
  const noted: Noted = { at, host, attempt: tried ? insertAttempt(cx, attempt) : null }
  const tally = new Tally()
  for (const { row, result } of claimed) {
    const stays = result.kind === 'deferred' || result.kind === 'released'
    tally.add(row.destination, { pending: stays ? 0 : -1, held: 0 })
    if (result.kind === 'deferred') defer(cx, row, result, noted)
    else if (result.kind === 'released') release(cx, row, result)
    else finish(cx, row, result, noted)
  }
  for (const { row } of claimed) if (row.attempt !== null) forgetAttempt(cx, row.attempt)
  tally.write(cx)
  releaseQueued(cx, attempt.message, effects)
  scheduleReport(cx, attempt.message, at, effects)
  if (claimed.some(isFirstDelay)) effects.duties.push('bounce')
  return null
}

/** Its sender may be warned from now on. */
const isFirstDelay = ({ row, result }: Claimed): boolean =>
  result.kind === 'deferred' && row.lastAttempt === null && row.unwarned !== null

interface Claimed {
  readonly row: QueuedRow
  readonly result: RecipientResult
}

/** Each recipient once, and none that is not claimed any more. */
function claimedOf(cx: WriteContext, { message, results }: Attempt): Claimed[] {
  const first = new Map(results.toReversed().map((result) => [result.recipient, result]))
  return [...first.values()].toReversed().flatMap((result) => {
    const row = queuedRow(cx, { id: message, recipient: result.recipient })
    return row?.claimed === 1 ? [{ row, result }] : []
  })
}

export const queuedRow = ({ sql }: WriteContext, { id, recipient }: QueuePosition): QueuedRow | undefined =>
  sql.get<QueuedRow>(
    `SELECT r.message, r.recipient, r.destination, r.status, r.claimed, r.retry_count AS retryCount,
       r.last_attempt AS lastAttempt, r.last_host AS lastHost, r.last_error AS lastReply, r.attempt, r.unwarned, r.notify,
       m.sender, b.size, m.enqueued_at AS enqueuedAt
     FROM queue_recipient r JOIN queue_message m ON m.id = r.message JOIN blob b ON b.id = m.blob
     WHERE r.message = ? AND r.recipient = ?`,
    id,
    recipient,
  )

/** null: there is nothing to tell of it. */
const insertAttempt = ({ sql }: WriteContext, { message, at, host, transcript }: Attempt): number | null =>
  transcript === null
    ? null
    : sql.insert(
        'INSERT INTO queue_attempt (message, at, host, transcript) VALUES (?, ?, ?, ?)',
        message,
        at,
        host,
        transcript,
      )

function defer(
  cx: WriteContext,
  { message, recipient }: QueuedRow,
  { retryCount, nextRetry, reply }: ResultOf<'deferred'>,
  { at, host, attempt }: Noted,
): void {
  cx.sql.run(
    `UPDATE queue_recipient SET claimed = 0, retry_count = ?, next_retry = ?, last_error = ?, last_attempt = ?,
       last_host = ?, attempt = ? WHERE message = ? AND recipient = ?`,
    retryCount,
    nextRetry,
    reply,
    at,
    host,
    attempt,
    message,
    recipient,
  )
}

const release = (cx: WriteContext, { message, recipient }: QueuedRow, { nextRetry }: ResultOf<'released'>): number =>
  cx.sql.run(
    'UPDATE queue_recipient SET claimed = 0, next_retry = ? WHERE message = ? AND recipient = ?',
    nextRetry,
    message,
    recipient,
  )

function finish(cx: WriteContext, row: QueuedRow, result: ResultOf<'delivered' | 'failed'>, noted: Noted): void {
  remember(cx, row, result.kind, result.reply, noted)
  leave(cx, row, result, noted)
}

/** Out of the queue, or what is left of it as long as a report is owed. */
export function leave(
  cx: WriteContext,
  row: QueuedRow,
  result: ResultOf<'delivered' | 'failed'>,
  noted: Omit<Noted, 'at'> & { readonly at: number | null },
): void {
  const { message, recipient } = row
  const { kind, reply } = result
  const report = reportOn(row, result)
  if (report === null) {
    cx.sql.run('DELETE FROM queue_recipient WHERE message = ? AND recipient = ?', message, recipient)
    return
  }
  cx.sql.run(
    `UPDATE queue_recipient SET claimed = 0, status = ?, report = ?, unwarned = NULL, last_error = ?, last_attempt = ?,
       last_host = ?, attempt = ? WHERE message = ? AND recipient = ?`,
    kind,
    report,
    reply,
    noted.at,
    noted.host,
    noted.attempt,
    message,
    recipient,
  )
}

/** A server that was passed the DSN parameters tells of a success itself (RFC 3461 §5.2.1). What a report of ours comes to is always owed: somebody decides. */
function reportOn(
  { sender, notify }: QueuedRow,
  result: ResultOf<'delivered' | 'failed'>,
): 'failed' | 'relayed' | null {
  const wanted = (about: Notify): boolean => wantsReport(about, words(notify))
  if (result.kind === 'failed') return wanted('failure') ? 'failed' : null
  return sender !== '' && !result.reports && wanted('success') ? 'relayed' : null
}

/** Who has left the queue, and how. */
export function remember(
  cx: WriteContext,
  row: QueuedRow,
  outcome: Outcome,
  reply: string | null,
  { at, host, attempt }: Noted,
): void {
  cx.sql.run(
    `INSERT INTO queue_finished (message, sender, recipient, destination, outcome, reply, host, retry_count, size,
       enqueued_at, finished_at, attempt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.message,
    row.sender,
    row.recipient,
    row.destination,
    outcome,
    reply,
    host,
    row.retryCount,
    row.size,
    row.enqueuedAt,
    at,
    attempt,
  )
}
