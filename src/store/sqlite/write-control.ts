/** What operators do about recipients that wait, and that old ones are forgotten, inside the writer's transactions. */
import type { Controlled, QueueAction } from '../control-store.js'
import type { Effects } from '../ops.js'
import { forgetAttempt } from './write-attempt-texts.js'
import { leave, type QueuedRow, queuedRow, remember } from './write-attempts.js'
import type { Apply, WriteContext } from './write-context.js'
import { Tally, type Waiting } from './write-destinations.js'
import { releaseQueued, scheduleReport } from './write-reports.js'

interface Row {
  readonly from: readonly QueuedRow['status'][]
  /** How the counters of the destination change. */
  readonly counts: (status: QueuedRow['status']) => Waiting
  readonly run: (cx: WriteContext, row: QueuedRow, at: number, effects: Effects) => void
}

const GIVEN_UP = '554 5.0.0 Given up by the administrator'

const gone = (status: QueuedRow['status']): Waiting => ({
  pending: status === 'pending' ? -1 : 0,
  held: status === 'held' ? -1 : 0,
})

const actions: { readonly [A in QueueAction]: Row } = {
  retry: { from: ['pending'], counts: () => ({ pending: 0, held: 0 }), run: due },
  hold: { from: ['pending'], counts: () => ({ pending: -1, held: 1 }), run: hold },
  release: { from: ['held'], counts: () => ({ pending: 1, held: -1 }), run: due },
  fail: { from: ['pending', 'held'], counts: gone, run: fail },
  drop: { from: ['pending', 'held'], counts: gone, run: drop },
}

export const controlQueue: Apply<'control-queue'> = (cx, { action, recipients, at }, effects) => {
  const { from, counts, run } = actions[action]
  const tally = new Tally()
  const messages = new Set<string>()
  const sum: { -readonly [K in keyof Controlled]: number } = { done: 0, claimed: 0, unsuited: 0 }
  for (const position of recipients) {
    const row = queuedRow(cx, position)
    if (row === undefined || row.status === 'delivered') continue
    if (row.claimed === 1) sum.claimed++
    else if (!from.includes(row.status)) sum.unsuited++
    else {
      run(cx, row, at, effects)
      tally.add(row.destination, counts(row.status))
      messages.add(row.message)
      sum.done++
    }
  }
  tally.write(cx)
  for (const message of messages) {
    releaseQueued(cx, message, effects)
    scheduleReport(cx, message, at, effects)
  }
  return sum
}

function due(
  { sql }: WriteContext,
  { message, recipient, destination }: QueuedRow,
  at: number,
  effects: Effects,
): void {
  sql.run(
    "UPDATE queue_recipient SET status = 'pending', next_retry = ? WHERE message = ? AND recipient = ?",
    at,
    message,
    recipient,
  )
  effects.queued.push(destination)
}

function hold({ sql }: WriteContext, { message, recipient }: QueuedRow): void {
  sql.run("UPDATE queue_recipient SET status = 'held' WHERE message = ? AND recipient = ?", message, recipient)
}

/** No host has said it, so the report names none; the history has the one that was asked last. */
function fail(cx: WriteContext, row: QueuedRow, at: number): void {
  const { recipient, attempt, lastHost, lastAttempt } = row
  const result = { recipient, kind: 'failed', reply: GIVEN_UP } as const
  remember(cx, row, 'failed', GIVEN_UP, { at, host: lastHost, attempt })
  leave(cx, row, result, { at: lastAttempt, host: null, attempt })
}

function drop(cx: WriteContext, row: QueuedRow, at: number): void {
  const { message, recipient, lastReply, lastHost, attempt } = row
  remember(cx, row, 'dropped', lastReply, { at, host: lastHost, attempt })
  cx.sql.run('DELETE FROM queue_recipient WHERE message = ? AND recipient = ?', message, recipient)
}

export const forgetFinished: Apply<'forget-finished'> = (cx, { until }) => {
  const old = cx.sql.all<{ id: number; attempt: number | null }>(
    'SELECT id, attempt FROM queue_finished WHERE finished_at < ? ORDER BY finished_at LIMIT ?',
    until,
    cx.limits.recipientsPerControl,
  )
  for (const { id } of old) cx.sql.run('DELETE FROM queue_finished WHERE id = ?', id)
  for (const { attempt } of old) if (attempt !== null) forgetAttempt(cx, attempt)
  return old.length
}
