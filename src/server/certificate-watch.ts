/** Looks at the dates of the certificates in use: warns each day of what is about to expire, and when it has. */
import type { Clock } from '../core/clock.js'
import type { Log } from '../core/log.js'
import type { Pair } from './certificate-files.js'
import { certificateExpired, certificateExpiring, certificateNotYetValid } from './events.js'

const DAY = 24 * 60 * 60 * 1000
const WARN_BEFORE = 14 * DAY

/** The part of a pair that counts here. */
export type Dated = Pick<Pair, 'certificate' | 'validFrom' | 'validTo'>

export class CertificateWatch {
  readonly #clock: Clock
  readonly #log: Log
  readonly #timers = new Set<() => void>()

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** These from now on, instead of those before. What there is to say of them now is logged at once. */
  watch(certificates: readonly Dated[]): void {
    this.stop()
    const each = new Map(certificates.map((dated) => [dated.certificate, dated]))
    for (const dated of each.values()) this.#look(dated)
  }

  stop(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  #look(dated: Dated): void {
    const cancel = this.#clock.after(this.#say(dated), () => {
      this.#timers.delete(cancel)
      this.#look(dated)
    })
    this.#timers.add(cancel)
  }

  /** @returns when to look again: in a day, or sooner if something will have changed by then */
  #say({ certificate, validFrom, validTo }: Dated): number {
    const now = this.#clock.now()
    const valid_until = isoTime(validTo)
    const next = (at: number): number => Math.min(DAY, at - now)
    if (now < validFrom) {
      certificateNotYetValid(this.#log, { certificate, valid_from: isoTime(validFrom) })
      return next(validFrom)
    }
    if (now >= validTo) {
      certificateExpired(this.#log, { certificate, valid_until })
      return DAY
    }
    if (validTo - now > WARN_BEFORE) return next(validTo - WARN_BEFORE)
    certificateExpiring(this.#log, { certificate, valid_until, days_left: Math.floor((validTo - now) / DAY) })
    return next(validTo)
  }
}

export const isoTime = (ms: number): string => new Date(ms).toISOString()
