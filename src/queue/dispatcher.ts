/**
 * Shares the connections between lanes: each that has something to send gets one in its turn, and more as long as there
 * are enough; whoever has more than its share, or has had its turn, lets one go when others wait. So a destination that
 * is slow or huge holds up nobody else.
 */
import type { Clock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { Claim } from '../store/outbound-store.js'
import type { Delivery } from './delivery.js'
import { queueFault } from './events.js'
import { type Known, Lane, type Waiting } from './lane.js'
import type { Ledger } from './ledger.js'
import { type HostsPlan, Line, type LineParts } from './line.js'
import { Shares } from './shares.js'

/** Asked each time: a reload counts at once. */
export interface DispatcherSettings {
  /** Connections to all others at once, and to one destination or by one route. */
  readonly concurrency: number
  readonly destinationConcurrency: number
  readonly messagesPerConnection: number
  /** Milliseconds. */
  readonly connectionTime: number
}

export interface DispatcherParts extends Omit<LineParts, 'limits'> {
  readonly settings: () => DispatcherSettings
  readonly ledger: Ledger
  readonly delivery: Delivery
  readonly clock: Clock
  readonly log: Log
  /** Nothing is due there any more; or it is to be planned anew. */
  readonly left: (known: Known, why: 'empty' | 'stale') => void
  /** Nobody is at work any more. */
  readonly idle: () => void
}

interface Turn {
  readonly lane: Lane
  readonly line: Line
  readonly since: number
}

export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #lanes = new Map<string, Lane>()
  readonly #shares: Shares
  /** Connections that nobody uses just now, the oldest first, and how to have each back. */
  readonly #idle = new Map<Line, { readonly lane: Lane; readonly cancel: () => void }>()
  /** Lanes that wait until their rate lets something through. */
  readonly #slowed = new Map<Lane, () => void>()
  readonly #running = new Set<Promise<void>>()
  /** All lines of all lanes. */
  #lines = 0

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#shares = new Shares(() => parts.settings().concurrency)
  }

  /** Connections that are open or may be. */
  get lines(): number {
    return this.#lines
  }

  add(known: Known, plan: HostsPlan): void {
    const lane = this.#lanes.get(plan.key) ?? new Lane(plan.key, this.#parts.clock)
    this.#lanes.set(plan.key, lane)
    lane.add({ known, plan, plannedAt: this.#parts.clock.now() })
    this.#request(lane)
  }

  /** Everything that waits is planned anew, and no connection is used for longer than it is now. */
  renew(): void {
    for (const lane of this.#lanes.values()) {
      for (const line of lane.lines) line.retire()
      for (const { known } of lane.empty()) this.#parts.left(known, 'stale')
    }
    for (const line of this.#idle.keys()) void this.#evict(line)
  }

  /** Call when `stopping` is aborted. Resolves when nobody is at work any more. */
  async stop(): Promise<void> {
    for (const cancel of this.#slowed.values()) cancel()
    this.#slowed.clear()
    this.#shares.clear()
    await Promise.all([...[...this.#idle.keys()].map((line) => this.#evict(line)), ...this.#running])
  }

  /** What is under way is cut off. */
  destroy(): void {
    for (const lane of this.#lanes.values()) for (const line of lane.lines) line.destroy()
  }

  /** A lane may be worth one more connection. */
  #request(lane: Lane): void {
    if (this.#parts.stopping.aborted) return
    if (lane.wants(this.#usual)) this.#shares.add(lane)
    else this.#slow(lane)
    this.#pump()
  }

  #slow(lane: Lane): void {
    const wait = lane.wait()
    if (!lane.hasWork || wait === 0 || this.#slowed.has(lane)) return
    const cancel = this.#parts.clock.after(wait, () => {
      this.#slowed.delete(lane)
      this.#request(lane)
    })
    this.#slowed.set(lane, cancel)
  }

  #pump(): void {
    while (this.#shares.isAwaited && !(this.#isFull && this.#idle.size === 0)) {
      const lane = this.#shares.first()
      if (lane === null) return
      const line = lane.wants(this.#usual) ? this.#lineFor(lane) : null
      if (line === 'none') return
      this.#shares.remove(lane)
      if (line === null) {
        this.#slow(lane)
        continue
      }
      this.#begin(lane, line)
      if (lane.wants(this.#usual)) this.#shares.add(lane)
    }
  }

  /** One of its own that is idle, or a new one; 'none' when there are as many as there may be. */
  #lineFor(lane: Lane): Line | 'none' {
    const own = [...lane.lines].find((line) => this.#idle.has(line))
    if (own !== undefined) {
      this.#idle.get(own)?.cancel()
      this.#idle.delete(own)
      return own
    }
    if (this.#isFull) {
      const [oldest] = this.#idle.keys()
      if (oldest !== undefined) void this.#evict(oldest)
      return 'none'
    }
    const line = new Line({ ...this.#parts, limits: this.#parts.settings })
    lane.lines.add(line)
    this.#lines++
    return line
  }

  #begin(lane: Lane, line: Line): void {
    lane.workers++
    this.#shares.update(lane)
    const work = this.#work({ lane, line, since: this.#parts.clock.now() }).finally(() => {
      this.#running.delete(work)
      if (this.#running.size === 0) this.#parts.idle()
    })
    this.#running.add(work)
  }

  /** Never rejects. */
  async #work(turn: Turn): Promise<void> {
    const { lane, line } = turn
    try {
      for (let one = lane.next(); one !== null && this.#maySend(turn); one = lane.next())
        if (!(await this.#serve(turn, one))) break
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error))
      queueFault(this.#parts.log, { error: message, stack: stack ?? '' })
      // What it was about is found again by the next sweep.
      for (const { known } of lane.empty()) this.#parts.left(known, 'empty')
    }
    await this.#park(lane, line)
    lane.workers--
    this.#request(lane)
    this.#shares.update(lane)
    this.#forget(lane)
  }

  /** One claim of one destination. @returns false: the lane has to wait */
  async #serve({ lane, line }: Turn, one: Waiting): Promise<boolean> {
    const { ledger, left, clock } = this.#parts
    const { known, plan, plannedAt } = one
    if (clock.now() - plannedAt >= queueLimits.planAge) {
      lane.remove(one)
      left(known, 'stale')
      return true
    }
    const most = line.rests(plan) !== null ? queueLimits.settledMessages : queueLimits.claimedMessages
    const wanted = lane.take(most)
    if (wanted === 0) return false
    const { seen } = known
    const claims = await ledger.claim(known.destination, wanted)
    lane.giveBack(wanted - claims.length)
    lane.hasMore = claims.length === wanted
    if (isAll(claims, wanted) && known.seen === seen) {
      lane.remove(one)
      left(known, 'empty')
    }
    await this.#sendAll({ lane, line }, plan, claims)
    return true
  }

  /** Who has to wait for a host is put off together, in one commit; the others are sent one behind the other. */
  async #sendAll({ lane, line }: Omit<Turn, 'since'>, plan: HostsPlan, claims: readonly Claim[]): Promise<void> {
    const { delivery } = this.#parts
    const resting = line.rests(plan)
    const waits = claims.filter((claim) => resting !== null && !delivery.isLast(claim))
    lane.sending++
    try {
      this.#request(lane)
      if (resting !== null) await Promise.all(waits.map((claim) => delivery.putOff(claim, resting)))
      lane.giveBack(waits.length)
      for (const claim of claims) if (!waits.includes(claim)) await this.#send(lane, line, plan, claim)
    } finally {
      lane.sending--
    }
  }

  async #send(lane: Lane, line: Line, plan: HostsPlan, claim: Claim): Promise<void> {
    const { delivery, ledger, clock, stopping } = this.#parts
    if (stopping.aborted) return ledger.release(claim, clock.now())
    const went = await delivery.attempt(claim, plan, line)
    if (went === 'well') lane.succeeded(this.#usual)
    else if (went === 'host-trouble') lane.troubled()
    else if (went === 'rested') lane.giveBack(1)
    this.#request(lane)
  }

  /**
   * Others that wait get what is beyond its share, and all of it when its turn is over. Who waits with its share already
   * takes nothing from anybody: two such lanes would hand a connection to each other, and neither would ever use it.
   */
  #maySend({ lane, since }: Turn): boolean {
    const { stopping, clock } = this.#parts
    if (stopping.aborted) return false
    if (!this.#isFull || this.#shares.belowShare(lane) === null) return true
    return lane.workers <= this.#shares.share && clock.now() - since < queueLimits.turn
  }

  /** Keeps a connection for a while that is likely to be of use again; else it is closed. */
  async #park(lane: Lane, line: Line): Promise<void> {
    const { stopping, clock } = this.#parts
    if (stopping.aborted || !line.isBusy || (this.#isFull && this.#shares.isAwaited)) return this.#close(lane, line)
    const cancel = clock.after(queueLimits.idleConnection, () => void this.#evict(line))
    this.#idle.set(line, { lane, cancel })
  }

  /** Never rejects. */
  async #evict(line: Line): Promise<void> {
    const idle = this.#idle.get(line)
    if (idle === undefined) return
    idle.cancel()
    this.#idle.delete(line)
    await this.#close(idle.lane, line)
    this.#forget(idle.lane)
  }

  async #close(lane: Lane, line: Line): Promise<void> {
    await line.close()
    lane.lines.delete(line)
    this.#lines--
    if (!this.#parts.stopping.aborted) this.#pump()
  }

  /** What is known of lanes that have nothing to do is kept for some of them. */
  #forget(lane: Lane): void {
    if (!lane.isUnused) return
    this.#lanes.delete(lane.key)
    this.#lanes.set(lane.key, lane)
    const [oldest] = this.#lanes.values()
    if (this.#lanes.size > queueLimits.lanesRemembered && oldest?.isUnused === true) this.#lanes.delete(oldest.key)
  }

  get #usual(): number {
    return this.#parts.settings().destinationConcurrency
  }

  get #isFull(): boolean {
    return this.#lines >= this.#parts.settings().concurrency
  }
}

/** There was no more to claim of a destination than these: of fewer than were `wanted`, no message had more recipients. */
const isAll = (claims: readonly Claim[], wanted: number): boolean =>
  claims.length < wanted && claims.every(({ recipients }) => recipients.length < queueLimits.claimedRecipients)
