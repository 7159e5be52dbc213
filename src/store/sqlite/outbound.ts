/** OutboundStore on SQLite. */
import type { Submit } from '../ops.js'
import type { DueDestination, OutboundStore } from '../outbound-store.js'
import { reading } from './reading.js'
import type { Statements } from './statements.js'

/** `onQueued` sets the listener. */
export interface ClaimParts {
  readonly sql: Statements
  readonly submit: Submit
  readonly onQueued: OutboundStore['onQueued']
}

export const outboundStore = ({ sql, submit, onQueued }: ClaimParts): OutboundStore => ({
  dueDestinations: (until, limit, { due, destination } = FIRST) =>
    reading(() => sql.all<DueDestination>(DUE, until, due, destination, limit)),
  nextDue: (after) => reading(() => sql.get<{ due: number }>(NEXT, after)?.due ?? null),
  claimDue: (claim) => submit({ kind: 'claim-due', claim }),
  recordAttempt: async (attempt) => void (await submit({ kind: 'record-attempt', attempt })),
  releaseClaims: () => submit({ kind: 'release-claims' }),
  onQueued,
})

/** Before every other: no name is empty, and no time is before the epoch. */
const FIRST: DueDestination = { due: -1, destination: '' }

const NOT_PAUSED = 'NOT EXISTS (SELECT 1 FROM queue_pause p WHERE p.destination = d.destination)'

const DUE = `SELECT destination, next_due AS due FROM queue_destination d
  WHERE next_due <= ? AND (next_due, destination) > (?, ?) AND ${NOT_PAUSED} ORDER BY next_due, destination LIMIT ?`

const NEXT = `SELECT next_due AS due FROM queue_destination d
  WHERE next_due > ? AND ${NOT_PAUSED} ORDER BY next_due LIMIT 1`
