/**
 * Runs the queue: finds what is due at the time when it is due, asks where it goes, and has it sent. A timer is set for
 * the earliest due recipient, and mail that comes wakes it (decision 20); besides, it looks now and then on its own.
 * Everything stands in the data: a runner may end at any point, and the next one goes on.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { queueLimits } from '../core/limits.js'
import type { DueDestination } from '../store/outbound-store.js'
import type { Acceptance } from '../store/queue-store.js'
import type { Plan, Planner } from './contracts.js'
import { Delivery, type DeliveryParts, type Settled } from './delivery.js'
import { Dispatcher, type DispatcherParts, type DispatcherSettings } from './dispatcher.js'
import { queueEnqueue, queueFault } from './events.js'
import { HostMemory } from './host-memory.js'
import { KeptMail } from './kept-mail.js'
import type { Known } from './lane.js'
import { Ledger, type QueueData } from './ledger.js'
import { QueueSize } from './queue-size.js'
import { endsWithin, pause } from './waiting.js'

export interface QueueSettings extends DispatcherSettings {
  /** Milliseconds to wait after failure 1, 2, … of a recipient (decision 19). */
  readonly retrySchedule: readonly number[]
}

export interface RunnerParts extends Pick<DispatcherParts, 'dialer' | 'clock' | 'log'>, Pick<DeliveryParts, 'content'> {
  readonly store: QueueData
  readonly planner: Planner
  /** Asked each time: a reload counts at once. */
  readonly settings: () => QueueSettings
}

export class QueueRunner {
  readonly #parts: RunnerParts
  readonly #stopping = new AbortController()
  readonly #size: QueueSize
  readonly #ledger: Ledger
  readonly #delivery: Delivery
  readonly #dispatcher: Dispatcher
  /** Destinations that something is done about. */
  readonly #known = new Map<string, Known>()
  /** Those of them whose hosts are still to be asked for, in the order in which they came. */
  readonly #unplanned = new Set<Known>()
  readonly #planning = new Set<Promise<void>>()
  readonly #kept: KeptMail
  /** How often the configuration has changed: what was planned before is planned anew. */
  #generation = 0
  /** More was due than could be known. */
  #isCrowded = false
  #isWoken = false
  /** When what waits was counted last. */
  #countedAt = 0
  #looking: Promise<void> | null = null
  #alarm: { readonly at: number; readonly cancel: () => void } | null = null
  #stopped: Promise<void> | null = null

  constructor(parts: RunnerParts) {
    this.#parts = parts
    const { settings, clock, log } = parts
    const stopping = this.#stopping.signal
    this.#size = new QueueSize(parts.store)
    this.#kept = new KeptMail(log)
    this.#ledger = new Ledger({ ...parts, stopping, size: this.#size, dueAt: (at) => this.#wakeAt(at) })
    this.#delivery = new Delivery({ ...parts, ledger: this.#ledger, schedule: () => settings().retrySchedule })
    this.#dispatcher = new Dispatcher({
      ...{ dialer: parts.dialer, settings, clock, log, stopping },
      hosts: new HostMemory(clock),
      ledger: this.#ledger,
      delivery: this.#delivery,
      left: (known, why) => this.#leave(known, why),
      idle: () => this.#ledger.summarise(),
    })
  }

  /** Connections that are open or may be. */
  get connections(): number {
    return this.#dispatcher.lines
  }

  /** Begins with what is left from before. It returns at once. */
  start(): void {
    this.#looking = this.#begin().finally(() => {
      this.#looking = null
      if (this.#isWoken) this.wake()
    })
  }

  /** A message was accepted: what of it goes to others is told in the log. */
  enqueued({ id, from, deliveries }: Pick<Acceptance, 'id' | 'from' | 'deliveries'>): void {
    const remote = new Set(deliveries.flatMap((one) => (one.kind === 'remote' ? [one.recipient] : [])))
    if (remote.size === 0) return
    this.#size.add(remote.size)
    const counts = { recipient_count: remote.size, queue_size: this.#size.recipients }
    queueEnqueue(this.#parts.log, { message_id: id, sender: from, ...counts })
  }

  /** Something may be due. It returns at once. */
  wake(): void {
    this.#isWoken = true
    if (this.#looking !== null || this.#stopping.signal.aborted) return
    this.#looking = this.#looks().finally(() => {
      this.#looking = null
      // Somebody may have called between its last look and its end.
      if (this.#isWoken) this.wake()
    })
  }

  /** Routes or limits have changed. */
  renew(): void {
    this.#generation++
    this.#known.forEach((known) => {
      if (known.stays) this.#known.delete(known.destination)
    })
    this.#kept.clear()
    this.#dispatcher.renew()
    this.wake()
  }

  /** Ends transactions that are under way, and cuts off those that take too long. Calling it twice is fine. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { store, clock } = this.#parts
    this.#stopping.abort()
    store.onQueued(null)
    this.#alarm?.cancel()
    this.#unplanned.clear()
    const ended = Promise.all([this.#looking, ...this.#planning, this.#dispatcher.stop()])
    if (await endsWithin(ended, queueLimits.queueShutdown, clock)) return
    this.#dispatcher.destroy()
    await endsWithin(ended, queueLimits.queueCutOff, clock)
  }

  async #begin(): Promise<void> {
    await this.#ledger.recover()
    if (this.#stopping.signal.aborted) return
    this.#parts.store.onQueued(() => this.wake())
    this.#isWoken = true
  }

  async #looks(): Promise<void> {
    const { clock } = this.#parts
    while (this.#isWoken && !this.#stopping.signal.aborted) {
      this.#isWoken = false
      const pages = await this.#look().catch((error: unknown) => this.#fault(error))
      if (pages > 1) await pause(clock, queueLimits.lookPause, this.#stopping.signal)
    }
  }

  /** All that is due now. @returns in how many pages it was read */
  async #look(): Promise<number> {
    const { store, clock } = this.#parts
    const now = clock.now()
    this.#wakeAt(now + queueLimits.sweep)
    if (now - this.#countedAt >= queueLimits.sweep) this.#count(now)
    let pages = 0
    let page: readonly DueDestination[] = []
    this.#isCrowded = false
    do {
      page = await store.dueDestinations(now, queueLimits.duePage, page.at(-1))
      pages++
      for (const { destination } of page) this.#meet(destination)
      await nextTurn()
    } while (page.length === queueLimits.duePage && !this.#isCrowded && !this.#stopping.signal.aborted)
    const next = await store.nextDue(now)
    if (next !== null) this.#wakeAt(next)
    return pages
  }

  #count(now: number): void {
    this.#countedAt = now
    this.#ledger.summarise()
    void this.#ledger.count()
  }

  #meet(destination: string): void {
    const known = this.#known.get(destination)
    if (known !== undefined) {
      known.seen++
      return
    }
    this.#isCrowded ||= this.#atWork >= queueLimits.knownDestinations
    if (this.#isCrowded) return
    const met: Known = { destination, seen: 0, stays: false }
    this.#known.set(destination, met)
    this.#unplanned.add(met)
    this.#planNext()
  }

  /** Destinations that are known because something is done about them. */
  get #atWork(): number {
    return this.#known.size - this.#kept.size
  }

  #leave(known: Known, why: 'empty' | 'stale'): void {
    this.#known.delete(known.destination)
    const hasRoom = this.#isCrowded && this.#atWork < queueLimits.knownDestinations / 2
    if (why === 'stale' || hasRoom) this.wake()
  }

  #planNext(): void {
    for (const known of this.#unplanned) {
      if (this.#planning.size >= queueLimits.plansAtOnce || this.#stopping.signal.aborted) return
      this.#unplanned.delete(known)
      const planning = this.#plan(known).finally(() => {
        this.#planning.delete(planning)
        this.#planNext()
      })
      this.#planning.add(planning)
    }
  }

  /** Never rejects. */
  async #plan(known: Known): Promise<void> {
    const { planner } = this.#parts
    const generation = this.#generation
    const plan = await planner.plan(known.destination).catch((error: unknown): Plan => {
      this.#fault(error)
      return { kind: 'later', reply: '451 4.3.0 Trouble of our own, it is tried again' }
    })
    if (this.#stopping.signal.aborted) return
    if (generation !== this.#generation) this.#leave(known, 'stale')
    else if (plan.kind === 'kept') this.#keep(known, plan.reply)
    else if (plan.kind === 'hosts') this.#dispatcher.add(known, plan)
    else await this.#settle(known, plan)
  }

  /** It is not looked at again before the configuration changes; of more of them than can be remembered, at each look. */
  #keep(known: Known, reason: string): void {
    known.stays = this.#kept.add(known.destination, reason)
    if (!known.stays) this.#known.delete(known.destination)
  }

  /** Nobody has to be asked what becomes of all that is due there, as long as the plan is good. */
  async #settle(known: Known, plan: Settled): Promise<void> {
    const { clock } = this.#parts
    const generation = this.#generation
    const until = clock.now() + queueLimits.planAge
    for (;;) {
      const { seen } = known
      const claims = await this.#ledger.claim(known.destination, queueLimits.settledMessages)
      // Together: they are one commit.
      await Promise.all(
        claims.map((claim) =>
          this.#stopping.signal.aborted ? this.#ledger.release(claim, clock.now()) : this.#delivery.settle(claim, plan),
        ),
      )
      if (this.#stopping.signal.aborted || (claims.length === 0 && known.seen === seen)) break
      if (generation !== this.#generation || clock.now() >= until) return this.#leave(known, 'stale')
    }
    this.#leave(known, 'empty')
  }

  #wakeAt(at: number): void {
    if (this.#stopping.signal.aborted || (this.#alarm !== null && this.#alarm.at <= at)) return
    this.#alarm?.cancel()
    const { clock } = this.#parts
    const cancel = clock.after(Math.max(0, at - clock.now()), () => {
      this.#alarm = null
      this.wake()
    })
    this.#alarm = { at, cancel }
  }

  /** It is looked at again by the next sweep. */
  #fault(error: unknown): number {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    queueFault(this.#parts.log, { error: message, stack: stack ?? '' })
    return 0
  }
}
