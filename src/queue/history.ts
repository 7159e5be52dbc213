/** Sees to it that what became of mail is forgotten after some time: a slice at a time, now and then. */
import { Chore } from '../core/chore.js'
import type { Clock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { ControlStore } from '../store/store.js'
import { historyStays } from './events.js'

export interface HistoryParts {
  readonly store: Pick<ControlStore, 'forgetFinished'>
  /** Milliseconds that it is known. */
  readonly keep: number
  readonly clock: Clock
  readonly log: Log
}

export class History {
  readonly #parts: HistoryParts
  readonly #chore: Chore

  constructor(parts: HistoryParts) {
    this.#parts = parts
    const round = (stopped: () => boolean): Promise<boolean> => this.#round(stopped)
    this.#chore = new Chore({ clock: parts.clock, retry: queueLimits.historyLook, round })
  }

  /** Call at the start. It returns at once. */
  wake(): void {
    this.#chore.wake()
  }

  /** Ends after the slice that is under way. Calling it twice is fine. */
  stop(): Promise<void> {
    return this.#chore.stop()
  }

  /** @returns false: there will always be more */
  async #round(stopped: () => boolean): Promise<boolean> {
    const { store, keep, clock, log } = this.#parts
    const until = clock.now() - keep
    try {
      while (!stopped() && (await store.forgetFinished(until)) > 0) {}
    } catch (error) {
      historyStays(log, { error: String(error) })
    }
    return false
  }
}
