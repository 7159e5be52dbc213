/**
 * Collects operations into batches, each of which becomes one commit. There is no timer: an idle server
 * commits one operation at once; while a commit runs, the next batch collects.
 */

import type { StoreLimits } from '../../core/limits.js'
import type { WriteOp } from '../ops.js'

export interface Numbered {
  readonly id: number
  readonly op: WriteOp
}

export class GroupCommit {
  readonly #limits: Pick<StoreLimits, 'batchOperations' | 'batchOctets'>
  readonly #waiting: Numbered[] = []

  constructor(limits: Pick<StoreLimits, 'batchOperations' | 'batchOctets'>) {
    this.#limits = limits
  }

  /** Operations that are held: what was taken is not, however long others keep coming. */
  get size(): number {
    return this.#waiting.length
  }

  /** True when what waits fills a batch by number, so that fetching more would be no use. */
  get full(): boolean {
    return this.size >= this.#limits.batchOperations
  }

  push(ops: readonly Numbered[]): void {
    for (const op of ops) this.#waiting.push(op)
  }

  /** The next batch, in the order of arrival: at least one operation if any waits, within the limits else. */
  take(): readonly Numbered[] {
    const most = Math.min(this.size, this.#limits.batchOperations)
    let count = 0
    for (let octets = 0; count < most; count++) {
      octets += octetsOf(this.#waiting[count]?.op)
      if (octets > this.#limits.batchOctets && count > 0) break
    }
    return this.#waiting.splice(0, count)
  }
}

/** Octets that go into the database; those of a large message are in a file already. */
function octetsOf(op: WriteOp | undefined): number {
  if (op?.kind === 'accept') return op.blob.content.kind === 'memory' ? op.blob.size : 0
  if (op?.kind !== 'append') return 0
  return op.messages.reduce((n, m) => n + (m.blob.content.kind === 'memory' ? m.blob.size : 0), 0)
}
