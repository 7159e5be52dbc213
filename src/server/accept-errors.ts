/** Failures to accept a connection, as log lines: the listener stays, and the log is not flooded. */
import type { Clock } from '../core/clock.js'
import { serverLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { acceptFailed } from './events.js'

/** Out of descriptors, the system reports an error for each attempt: one line a while says it as well. */
export class AcceptErrors {
  readonly #clock: Clock
  readonly #log: Log
  readonly #port: number
  #silentUntil = 0
  #suppressed = 0

  constructor(clock: Clock, log: Log, port: number) {
    this.#clock = clock
    this.#log = log
    this.#port = port
  }

  readonly report = (error: Error): void => {
    if (this.#clock.now() < this.#silentUntil) {
      this.#suppressed++
      return
    }
    acceptFailed(this.#log, { port: this.#port, error: error.message, suppressed: this.#suppressed })
    this.#suppressed = 0
    this.#silentUntil = this.#clock.now() + serverLimits.acceptErrorInterval
  }
}
