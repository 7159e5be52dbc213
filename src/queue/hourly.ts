/** How often something was done in the last hour. */
import type { Clock } from '../core/clock.js'

const HOUR = 3_600_000

export class Hourly {
  readonly #clock: Clock
  readonly #limit: number
  /** When, at most `limit` of them. */
  #times: readonly number[] = []

  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  get hasRoom(): boolean {
    return this.#recent().length < this.#limit
  }

  /** Once more. @returns how often by now */
  count(): number {
    this.#times = [...this.#recent(), this.#clock.now()]
    return this.#times.length
  }

  #recent(): readonly number[] {
    const since = this.#clock.now() - HOUR
    return this.#times.filter((at) => at > since)
  }
}
