/**
 * Sees to it that senders are told what became of their mail, when they are to be told it. What they are owed stands
 * in the data until the report on it is stored in the same transaction that forgets it, so that a crash neither loses
 * nor repeats one.
 */
import { Chore } from '../core/chore.js'
import { queueLimits } from '../core/limits.js'
import type { OwedReport, Store } from '../store/store.js'
import { bounceFailed } from './events.js'
import { ReportSender, type ReportSenderParts } from './report-sender.js'

export interface BouncerParts extends ReportSenderParts {
  readonly store: ReportSenderParts['store'] &
    Pick<Store, 'listReports' | 'nextReport' | 'warnDelayed' | 'oldestUnwarned'>
  /** Milliseconds until a sender is told that mail still waits; 0: never. */
  readonly delayWarning: number
}

export class Bouncer {
  readonly #parts: BouncerParts
  readonly #sender: ReportSender
  readonly #chore: Chore
  #cancelTimer: () => void = () => {}
  #stopped = false

  constructor(parts: BouncerParts) {
    this.#parts = parts
    this.#sender = new ReportSender(parts)
    const round = (stopped: () => boolean): Promise<boolean> => this.#round(stopped)
    this.#chore = new Chore({ clock: parts.clock, retry: queueLimits.bounceRetry, round })
  }

  /** Call at the start and when something is owed. It returns at once. */
  wake(): void {
    this.#chore.wake()
  }

  /** Ends after the report that is being made. Calling it twice is fine. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer()
    await this.#chore.stop()
  }

  /** All that is due now. @returns whether all of it is settled */
  async #round(stopped: () => boolean): Promise<boolean> {
    try {
      await this.#warn(stopped)
      const until = this.#parts.clock.now()
      const settled = await this.#report(until, stopped)
      await this.#setTimer(until)
      return settled
    } catch (error) {
      this.#failed('', error)
      return false
    }
  }

  /** Mail that has waited for long comes to be owed a report (RFC 5321 §4.5.4.1). Mostly there is none, and nothing to write. */
  async #warn(stopped: () => boolean): Promise<void> {
    const { store, clock, delayWarning } = this.#parts
    const limit = queueLimits.warningsPerLook
    for (let warned: number = limit; warned === limit && !stopped(); ) {
      const now = clock.now()
      const late = await this.#nextWarning()
      if (late === null || late > now) return
      warned = await store.warnDelayed(now - delayWarning, now, limit)
    }
  }

  /** When somebody is to be warned; null: nobody is. */
  async #nextWarning(): Promise<number | null> {
    const { store, delayWarning } = this.#parts
    const oldest = delayWarning === 0 ? null : await store.oldestUnwarned()
    return oldest === null ? null : oldest + delayWarning
  }

  async #report(until: number, stopped: () => boolean): Promise<boolean> {
    const { store } = this.#parts
    let settled = true
    for (let after: OwedReport | null = null; !stopped(); ) {
      const some: readonly OwedReport[] = await store.listReports(until, after, queueLimits.bouncesPerLook)
      for (const message of some) settled = !stopped() && (await this.#settle(message)) && settled
      after = some.at(-1) ?? null
      if (some.length < queueLimits.bouncesPerLook) break
    }
    return settled
  }

  async #settle(message: OwedReport): Promise<boolean> {
    try {
      await this.#sender.tell(message)
      return true
    } catch (error) {
      this.#failed(message.id, error)
      return false
    }
  }

  /** What was not due yet at `until` wakes us by itself. */
  async #setTimer(until: number): Promise<void> {
    const { store, clock } = this.#parts
    const report = await store.nextReport(until)
    const late = await this.#nextWarning()
    const now = clock.now()
    // Whoever may be warned and was not just now, gets no better by being asked about at once.
    const warning = late !== null && late <= until ? now + queueLimits.bounceRetry : late
    const next = Math.min(report ?? Infinity, warning ?? Infinity)
    this.#cancelTimer()
    if (next < Infinity && !this.#stopped) this.#cancelTimer = clock.after(Math.max(0, next - now), () => this.wake())
  }

  #failed(message_id: string, error: unknown): void {
    bounceFailed(this.#parts.log, { message_id, error: error instanceof Error ? error.message : String(error) })
  }
}
