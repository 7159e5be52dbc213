/** Failed TLS handshakes as log lines: whoever knocks without speaking TLS does not flood the log. */
import type { Clock } from '../core/clock.js'
import { serverLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { tlsHandshakeFailed } from './events.js'

const SECOND = 1000

export class TlsFailures {
  readonly #clock: Clock
  #second = 0
  #lines = 0
  #suppressed = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** One line, or one more that the next line counts. */
  report(log: Log, failure: { readonly port: number; readonly client_ip: string; readonly error: string }): void {
    const second = Math.floor(this.#clock.now() / SECOND)
    if (second !== this.#second) this.#lines = 0
    this.#second = second
    if (this.#lines >= serverLimits.handshakeLinesPerSecond) {
      this.#suppressed++
      return
    }
    this.#lines++
    tlsHandshakeFailed(log, { ...failure, suppressed: this.#suppressed })
    this.#suppressed = 0
  }
}
