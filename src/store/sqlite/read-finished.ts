/** Queries about recipients that are done: a slice of the history at a time, the latest first. */
import type { FinishedDelivery, FinishedFilter, QueuePosition } from '../control-store.js'
import { allOf, type Condition, contains, type Slice, type SliceRequest, valuesOf } from './read-queue.js'
import type { Statements } from './statements.js'

export type FinishedSlice = Slice<FinishedDelivery, number>

const COLUMNS = `id AS serial, message AS id, sender AS "from", recipient, destination, outcome, reply, host,
  retry_count AS retryCount, size, enqueued_at AS enqueuedAt, finished_at AS finishedAt`

/** Looks at the ones next before `after`, of one message where the filter names it, and gives the first that fit. */
export function readFinished(
  sql: Statements,
  filter: FinishedFilter,
  { after, rows, limit }: SliceRequest<number>,
): FinishedSlice {
  const index = filter.id === undefined ? 'NOT INDEXED' : 'INDEXED BY queue_finished_message'
  const from: Condition[] = [['queue_finished.id < ?', after ?? Number.MAX_SAFE_INTEGER]]
  if (filter.id !== undefined) from.push(['message = ?', filter.id])
  const end = sql.get<{ id: number }>(
    `SELECT id FROM queue_finished ${index} WHERE ${allOf(from)} ORDER BY queue_finished.id DESC LIMIT 1 OFFSET ?`,
    ...valuesOf(from),
    rows - 1,
  )
  const upTo: Condition[] = end === undefined ? [] : [['queue_finished.id >= ?', end.id]]
  const all = [...from, ...upTo, ...conditionsOf(filter)]
  const found = sql.all<FinishedDelivery>(
    `SELECT ${COLUMNS} FROM queue_finished ${index} WHERE ${allOf(all)} ORDER BY queue_finished.id DESC LIMIT ?`,
    ...valuesOf(all),
    limit,
  )
  const last = found.length < limit ? (end?.id ?? null) : (found.at(-1)?.serial ?? null)
  return { found, upTo: last }
}

function conditionsOf({ sender, recipient, domain, error, outcome }: FinishedFilter): readonly Condition[] {
  const conditions: Condition[] = []
  if (sender !== undefined) conditions.push(sender === '' ? ["sender = ''"] : contains('sender', sender))
  if (recipient !== undefined) conditions.push(contains('recipient', recipient))
  if (domain !== undefined) conditions.push(['destination = ?', domain])
  if (error !== undefined) conditions.push(contains('reply', error))
  if (outcome !== undefined) conditions.push(['outcome = ?', outcome])
  return conditions
}

/** Whether a page of what fits is read as fast as it is long. */
export const isDirectFinished = (filter: FinishedFilter): boolean => conditionsOf(filter).length === 0

/** Of the last attempt; null: there was none, or it is not known any more. */
export function readTranscript(sql: Statements, { id, recipient }: QueuePosition): string | null {
  const row =
    sql.get<{ transcript: string }>(
      `SELECT a.transcript FROM queue_recipient r JOIN queue_attempt a ON a.id = r.attempt
       WHERE r.message = ? AND r.recipient = ?`,
      id,
      recipient,
    ) ??
    sql.get<{ transcript: string }>(
      `SELECT a.transcript FROM queue_finished f JOIN queue_attempt a ON a.id = f.attempt
       WHERE f.message = ? AND f.recipient = ? ORDER BY f.id DESC LIMIT 1`,
      id,
      recipient,
    )
  return row?.transcript ?? null
}
