/**
 * How many connections at once a destination gets: few at first, one more for each transaction that went well, and half
 * of them when a host is in trouble. What a server can take is found by asking, as TCP does.
 */
import { queueLimits } from '../core/limits.js'

export class Window {
  #size: number = queueLimits.firstConnections

  get size(): number {
    return this.#size
  }

  /** All recipients of a transaction were taken. `most`: it does not grow beyond it. */
  succeeded(most: number): void {
    this.#size = Math.max(1, Math.min(this.#size + 1, most))
  }

  troubled(): void {
    this.#size = Math.max(1, Math.floor(this.#size / 2))
  }
}
