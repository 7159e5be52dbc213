/** At most so many in a minute, evenly: one of them comes back every minute / `perMinute`, and a second's worth may go at once. */
import type { Clock } from '../core/clock.js'

const MINUTE = 60_000
const SECONDS = 60

export class TokenBucket {
  readonly #clock: Clock
  #perMinute: number
  #tokens: number
  #filledAt: number

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock
    this.#perMinute = perMinute
    this.#tokens = this.#most
    this.#filledAt = clock.now()
  }

  get perMinute(): number {
    return this.#perMinute
  }

  /** From now on; what was taken is not given back. */
  set perMinute(perMinute: number) {
    this.#fill()
    this.#perMinute = perMinute
    this.#tokens = Math.min(this.#tokens, this.#most)
  }

  /** @returns how many of `wanted` there are; they are taken */
  take(wanted: number): number {
    this.#fill()
    const taken = Math.min(wanted, Math.floor(this.#tokens))
    this.#tokens -= taken
    return taken
  }

  /** Some that were taken were not needed. */
  giveBack(count: number): void {
    this.#tokens = Math.min(this.#most, this.#tokens + count)
  }

  /** Milliseconds until there is one, at least 1; 0: there is one now. */
  wait(): number {
    this.#fill()
    if (this.#tokens >= 1) return 0
    return Math.max(1, Math.ceil(((1 - this.#tokens) * MINUTE) / this.#perMinute))
  }

  get #most(): number {
    return Math.max(1, Math.floor(this.#perMinute / SECONDS))
  }

  #fill(): void {
    const now = this.#clock.now()
    // A clock that is set back gives nothing, and takes nothing.
    const passed = Math.max(0, now - this.#filledAt)
    this.#tokens = Math.min(this.#most, this.#tokens + (passed * this.#perMinute) / MINUTE)
    this.#filledAt = now
  }
}
