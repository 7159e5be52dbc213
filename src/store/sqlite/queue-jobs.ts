/** What reader threads do with the queue: filters that look at much of it, and sums over all of it. */
import { systemClock } from '../../core/clock.js'
import type { DestinationStats, QueueStats } from '../control-store.js'
import { readFinished } from './read-finished.js'
import { readSlice, type Slice, type SliceRequest } from './read-queue.js'
import type { ReadContext } from './reader-jobs.js'
import type { JobOf, JobResult } from './reader-messages.js'
import type { Statements } from './statements.js'

export const listQueue = (cx: ReadContext, { filter, after, limit }: JobOf<'list-queue'>): JobResult<'list-queue'> =>
  turn(cx, after, limit, (request) => readSlice(cx.sql, filter, request))

export const listFinished = (
  cx: ReadContext,
  { filter, after, limit }: JobOf<'list-finished'>,
): JobResult<'list-finished'> => turn(cx, after, limit, (request) => readFinished(cx.sql, filter, request))

/** Slices until enough was found, all was looked at, or the turn is over. */
function turn<T, P>(
  { limits }: ReadContext,
  after: P | null,
  limit: number,
  read: (request: SliceRequest<P>) => Slice<T, P>,
): Slice<T, P> {
  const until = systemClock.now() + limits.searchTurn
  const found: T[] = []
  let from = after
  for (;;) {
    const slice = read({ after: from, rows: limits.queueScan, limit: limit - found.length })
    found.push(...slice.found)
    from = slice.upTo
    if (from === null || found.length >= limit || systemClock.now() > until) return { found, upTo: from }
  }
}

export function queueStats({ sql }: ReadContext): QueueStats {
  const counts = sql.get<Omit<QueueStats, 'messages' | 'oldest'>>(
    `SELECT coalesce(sum(pending), 0) AS pending, coalesce(sum(held), 0) AS held,
       (SELECT count(*) FROM queue_recipient WHERE report IS NOT NULL AND status = 'failed') AS failed,
       (SELECT count(*) FROM queue_recipient WHERE claimed = 1) AS claimed
     FROM queue_destination`,
  )
  const messages = sql.get<Pick<QueueStats, 'messages' | 'oldest'>>(
    'SELECT count(*) AS messages, min(enqueued_at) AS oldest FROM queue_message',
  )
  return { pending: 0, held: 0, failed: 0, claimed: 0, messages: 0, oldest: null, ...counts, ...messages }
}

/** By name: those where something waits, and those that are paused. */
const NAMES = `
  SELECT destination FROM (SELECT destination FROM queue_destination WHERE destination > ? ORDER BY destination LIMIT ?)
  UNION
  SELECT destination FROM (SELECT destination FROM queue_pause WHERE destination > ? ORDER BY destination LIMIT ?)
  ORDER BY destination LIMIT ?`

const DESTINATIONS = `
  SELECT n.destination, coalesce(d.pending, 0) AS pending, coalesce(d.held, 0) AS held, d.next_due AS nextRetry,
    (SELECT min(m.enqueued_at) FROM queue_recipient r INDEXED BY queue_recipient_destination
       CROSS JOIN queue_message m ON m.id = r.message
     WHERE r.destination = n.destination AND r.status IN ('pending', 'held')) AS oldest,
    EXISTS (SELECT 1 FROM queue_pause p WHERE p.destination = n.destination) AS paused
  FROM (${NAMES}) n LEFT JOIN queue_destination d ON d.destination = n.destination ORDER BY n.destination`

type Row = Omit<DestinationStats, 'paused'> & { readonly paused: number }

export const destinationStats = (
  { sql }: { readonly sql: Statements },
  { after, limit }: JobOf<'destination-stats'>,
): JobResult<'destination-stats'> =>
  sql
    .all<Row>(DESTINATIONS, after, limit, after, limit, limit)
    .map(({ paused, ...same }) => ({ ...same, paused: paused === 1 }))
