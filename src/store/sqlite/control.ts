/**
 * ControlStore on SQLite. What may have to look at much of the queue is read by a reader thread, a turn at a time; what
 * finds its rows by a key is read here.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.js'
import type { StoreLimits } from '../../core/limits.js'
import { foldAddress } from '../../core/local-part.js'
import type {
  Controlled,
  ControlStore,
  FinishedDelivery,
  FinishedFilter,
  HoldRule,
  QueueAction,
  QueuedRecipient,
  QueueFilter,
  QueuePosition,
  Suppressed,
} from '../control-store.js'
import type { Submit } from '../ops.js'
import { isDirectFinished, readFinished, readTranscript } from './read-finished.js'
import { isDirect, readSlice, type Slice } from './read-queue.js'
import type { ReaderPool } from './reader-pool.js'
import { reading } from './reading.js'
import type { Statements } from './statements.js'

export interface ControlParts {
  readonly sql: Statements
  readonly submit: Submit
  readonly readers: ReaderPool
  readonly clock: Clock
  readonly limits: StoreLimits
}

export const controlStore = (parts: ControlParts): ControlStore => {
  const { sql, submit, readers, clock } = parts
  return {
    listRecipients: async (filter, after, limit) => (await findQueued(parts, filter, after, limit)).found,
    control: (action, filter) => control(parts, action, filter),
    queueStats: () => readers.run({ kind: 'queue-stats' }),
    destinationStats: (after, limit) => readers.run({ kind: 'destination-stats', after, limit }),
    listPaused: () =>
      reading(() =>
        sql
          .all<{ destination: string }>('SELECT destination FROM queue_pause ORDER BY destination')
          .map(({ destination }) => destination),
      ),
    pauseDestination: async (destination) => void (await submit({ kind: 'pause-destination', destination })),
    resumeDestination: async (destination) => void (await submit({ kind: 'resume-destination', destination })),
    listHoldRules: () => reading(() => sql.all<HoldRule>(HOLD_RULES)),
    addHoldRule: async ({ name, sender, recipient }) => {
      const rule = { name, sender, recipient, createdAt: clock.now() }
      await submit({ kind: 'add-hold-rule', rule })
      return rule
    },
    removeHoldRule: async (name) => void (await submit({ kind: 'remove-hold-rule', name })),
    listFinished: (filter, before, limit) => findFinished(parts, filter, before, limit),
    transcript: (position) => reading(() => readTranscript(sql, position)),
    forgetFinished: (until) => submit({ kind: 'forget-finished', until }),
    listSuppressed: (after, limit) =>
      reading(() => sql.all<Suppressed>(`${SUPPRESSED} WHERE address > ? ORDER BY address LIMIT ?`, after, limit)),
    findSuppressed: (addresses) =>
      reading(() =>
        [...new Set(addresses.map(foldAddress))].flatMap(
          (address) => sql.get<Suppressed>(`${SUPPRESSED} WHERE address = ?`, address) ?? [],
        ),
      ),
    suppress: (address, reason) =>
      submit({ kind: 'suppress', entry: { address: foldAddress(address), reason, since: clock.now() } }),
    unsuppress: async (address) => void (await submit({ kind: 'unsuppress', address: foldAddress(address) })),
  }
}

const HOLD_RULES = 'SELECT name, sender, recipient, created_at AS createdAt FROM queue_hold_rule ORDER BY name'
const SUPPRESSED = 'SELECT address, reason, since FROM suppressed'

/** Slices, one behind the other, until `limit` were found or all was looked at. */
async function gather<T, P>(
  after: P | null,
  limit: number,
  read: (after: P | null, limit: number) => Promise<Slice<T, P>>,
): Promise<Slice<T, P>> {
  const found: T[] = []
  let from = after
  for (;;) {
    const slice = await read(from, limit - found.length)
    found.push(...slice.found)
    from = slice.upTo
    if (from === null || found.length >= limit) return { found, upTo: from }
    await nextTurn()
  }
}

const findQueued = (
  { sql, readers, limits }: ControlParts,
  filter: QueueFilter,
  after: QueuePosition | null,
  most: number,
): Promise<Slice<QueuedRecipient, QueuePosition>> =>
  gather(after, most, (from, limit) =>
    isDirect(filter)
      ? reading(() => readSlice(sql, filter, { after: from, rows: limits.queueSlice, limit }))
      : readers.run({ kind: 'list-queue', filter, after: from, limit }),
  )

async function findFinished(
  { sql, readers, limits }: ControlParts,
  filter: FinishedFilter,
  before: number | null,
  most: number,
): Promise<readonly FinishedDelivery[]> {
  const { found } = await gather(before, most, (after: number | null, limit) =>
    isDirectFinished(filter)
      ? reading(() => readFinished(sql, filter, { after, rows: limits.queueSlice, limit }))
      : readers.run({ kind: 'list-finished', filter, after, limit }),
  )
  return found
}

async function control(parts: ControlParts, action: QueueAction, filter: QueueFilter): Promise<Controlled> {
  const { submit, clock, limits } = parts
  let sum: Controlled = { done: 0, claimed: 0, unsuited: 0 }
  let from: QueuePosition | null = null
  do {
    const slice: Slice<QueuedRecipient, QueuePosition> = await findQueued(
      parts,
      filter,
      from,
      limits.recipientsPerControl,
    )
    const recipients = slice.found.map(({ id, recipient }) => ({ id, recipient }))
    if (recipients.length > 0)
      sum = add(sum, await submit({ kind: 'control-queue', action, recipients, at: clock.now() }))
    from = slice.upTo
  } while (from !== null)
  return sum
}

const add = (a: Controlled, b: Controlled): Controlled => ({
  done: a.done + b.done,
  claimed: a.claimed + b.claimed,
  unsuited: a.unsuited + b.unsuited,
})
