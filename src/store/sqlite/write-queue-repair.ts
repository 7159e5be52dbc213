/** What `store repair` does about the queue, inside the writer's transactions. */
import type { FixOf } from '../fixes.js'
import type { Effects } from '../ops.js'
import { forgetAttempt } from './write-attempt-texts.js'
import type { WriteContext } from './write-context.js'
import { Tally } from './write-destinations.js'
import { releaseQueued, scheduleReport } from './write-reports.js'

export function countDestination(
  cx: WriteContext,
  { destination, pending, held }: FixOf<'queue-destination'>,
  effects: Effects,
): string {
  const tally = new Tally()
  tally.add(destination, { pending, held })
  tally.write(cx)
  effects.queued.push(destination)
  return `destination ${destination}: corrected pending and held by ${pending} and ${held}, and when it is due`
}

interface Row {
  readonly status: 'pending' | 'held' | 'delivered' | 'failed'
  readonly report: string | null
}

/** Who waits goes on waiting. Who failed is told of; who was delivered and is owed nothing that can be is forgotten. */
export function mendRecipient(
  cx: WriteContext,
  { id, recipient }: FixOf<'queue-recipient'>,
  effects: Effects,
  at: number,
): string | null {
  const row = cx.sql.get<Row>(
    'SELECT status, report FROM queue_recipient WHERE message = ? AND recipient = ?',
    id,
    recipient,
  )
  if (row === undefined) return null
  const named = `recipient ${recipient} of queue entry ${id}`
  const report = reportOf(row)
  if (row.status === 'delivered' && report === null) {
    cx.sql.run('DELETE FROM queue_recipient WHERE message = ? AND recipient = ?', id, recipient)
    releaseQueued(cx, id, effects)
    return `${named}: forgotten, it was delivered`
  }
  cx.sql.run(
    `UPDATE queue_recipient SET report = ?, claimed = iif(status = 'pending', claimed, 0)
     WHERE message = ? AND recipient = ?`,
    report,
    id,
    recipient,
  )
  releaseQueued(cx, id, effects)
  scheduleReport(cx, id, at, effects)
  return `${named}: is ${row.status}, and its sender is owed ${report === null ? 'nothing' : `a report: ${report}`}`
}

function reportOf({ status, report }: Row): string | null {
  if (status === 'failed') return 'failed'
  const possible = status === 'delivered' ? ['delivered', 'relayed', 'expanded'] : ['delayed']
  return report !== null && possible.includes(report) ? report : null
}

export function mendReport(
  cx: WriteContext,
  { id }: FixOf<'queue-report'>,
  effects: Effects,
  at: number,
): string | null {
  if (cx.sql.get('SELECT 1 FROM queue_message WHERE id = ?', id) === undefined) return null
  releaseQueued(cx, id, effects)
  scheduleReport(cx, id, at, effects)
  return `queue entry ${id}: corrected when the report on it is due`
}

export function mendAttempt(cx: WriteContext, { attempt }: FixOf<'queue-attempt'>): string {
  if (forgetAttempt(cx, attempt) > 0) return `attempt ${attempt}: removed, it was of no recipient`
  for (const table of ['queue_recipient', 'queue_finished']) {
    cx.sql.run(
      `UPDATE ${table} SET attempt = NULL WHERE attempt = ? AND NOT EXISTS (SELECT 1 FROM queue_attempt a WHERE a.id = attempt)`,
      attempt,
    )
  }
  return `attempt ${attempt}: what was said in it is lost`
}
