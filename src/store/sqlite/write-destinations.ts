/** Who waits for which destination, and when it is due: the counters of queue_destination, kept with the rows that they count. */
import type { Destination } from '../outbound-store.js'
import type { WriteContext } from './write-context.js'

/** By how much the counters change. */
export interface Waiting {
  readonly pending: number
  readonly held: number
}

/** Sums up what happens to many recipients, so that each destination is written once. */
export class Tally {
  readonly #changes = new Map<Destination, { pending: number; held: number }>()

  get destinations(): readonly Destination[] {
    return [...this.#changes.keys()]
  }

  /** Zeros: when it is due may have changed. */
  add(destination: Destination, { pending, held }: Waiting): void {
    const sum = this.#changes.get(destination) ?? { pending: 0, held: 0 }
    this.#changes.set(destination, { pending: sum.pending + pending, held: sum.held + held })
  }

  /** Call when the rows are as they will be: it looks for the earliest. */
  write(cx: WriteContext): void {
    for (const [destination, change] of this.#changes) count(cx, destination, change)
  }
}

const EARLIEST = `(SELECT next_retry FROM queue_recipient r
  WHERE r.destination = queue_destination.destination AND status = 'pending' AND claimed = 0 ORDER BY next_retry LIMIT 1)`

function count({ sql }: WriteContext, destination: Destination, { pending, held }: Waiting): void {
  sql.run('INSERT INTO queue_destination VALUES (?, 0, 0, NULL) ON CONFLICT DO NOTHING', destination)
  sql.run(
    `UPDATE queue_destination SET pending = pending + ?, held = held + ?, next_due = ${EARLIEST} WHERE destination = ?`,
    pending,
    held,
    destination,
  )
  sql.run(
    'DELETE FROM queue_destination WHERE destination = ? AND pending = 0 AND held = 0 AND next_due IS NULL',
    destination,
  )
}
