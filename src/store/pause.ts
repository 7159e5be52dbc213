/** Sleep of work in the background, which ends at once when the work is to end. */
import type { Clock } from '../core/clock.js'

export class Pause {
  readonly #clock: Clock
  #isClosed = false
  #cancel: () => void = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whoever sleeps is to end. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** `ms`: 0 or less is no sleep. One sleep at a time. */
  sleep(ms: number): Promise<void> {
    if (this.#isClosed || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve)
      this.#cancel = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Calling it twice is fine. */
  close(): void {
    this.#isClosed = true
    this.#cancel()
  }
}
