/** Destinations to which the configuration sends nothing: they are remembered, and the operator is told of the first of them. */
import { queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { mailKept } from './events.js'

export class KeptMail {
  readonly #log: Log
  #size = 0
  #told = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** How many are remembered. */
  get size(): number {
    return this.#size
  }

  /** @param reason as an SMTP reply. @returns false: there are too many to remember this one */
  add(destination: string, reason: string): boolean {
    if (this.#size >= queueLimits.keptDestinations) return false
    this.#size++
    if (this.#told < queueLimits.keptTold) {
      this.#told++
      mailKept(this.#log, { destination, reason })
    }
    return true
  }

  /** The configuration is another. */
  clear(): void {
    this.#size = 0
    this.#told = 0
  }
}
