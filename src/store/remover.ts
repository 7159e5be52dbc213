/**
 * Takes away what is of no use to anybody any more, what removed mailboxes and unfinished copies have left behind, one
 * bounded slice after the other, so that the mail of others is never kept waiting. A crash leaves it to the next start.
 */
import type { Clock } from '../core/clock.js'
import { StoreError } from './errors.js'

/** A disk that refuses is asked again after so long: it may be full for hours, and asking costs a commit. */
const RETRY_MS = 30_000

interface Work {
  /** Says whether something may be left. */
  readonly slice: () => Promise<boolean>
  /** Told once, until it has gone well again. */
  readonly onFailure: (error: unknown) => void
  readonly after: Clock['after']
}

export class Remover {
  readonly #work: Work
  #running = false
  #again = false
  #failed = false
  #closed = false
  #cancelRetry: () => void = () => {}

  constructor(work: Work) {
    this.#work = work
  }

  wake(): void {
    this.#again = true
    if (!this.#running) void this.#run()
  }

  /** What is left is left to the next start. */
  close(): void {
    this.#closed = true
    this.#cancelRetry()
  }

  async #run(): Promise<void> {
    this.#running = true
    this.#cancelRetry()
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        while (!this.#closed && (await this.#work.slice())) {}
        this.#failed = false
      } catch (error) {
        this.#fail(error)
      }
    }
    this.#running = false
  }

  #fail(error: unknown): void {
    if (!this.#failed) this.#work.onFailure(error)
    this.#failed = true
    if (this.#closed || !(error instanceof StoreError)) return
    this.#cancelRetry()
    this.#cancelRetry = this.#work.after(RETRY_MS, () => this.wake())
  }
}
