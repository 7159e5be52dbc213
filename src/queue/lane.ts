/**
 * What goes over the same connections: the destinations of one route, or one destination. Says in turn which of them is
 * served next, and how many connections they are worth now.
 */
import type { Clock } from '../core/clock.js'
import type { HostsPlan, Line } from './line.js'
import { TokenBucket } from './token-bucket.js'
import { Window } from './window.js'

/** A destination of which something was due when it was looked at last. */
export interface Known {
  readonly destination: string
  /** How often something was found due since it is known. */
  seen: number
  /** Nothing of it is to be sent as the configuration is. */
  stays: boolean
}

/** One that waits for its turn in a lane. */
export interface Waiting {
  readonly known: Known
  readonly plan: HostsPlan
  /** When it was planned; older than a while, it is planned anew. */
  readonly plannedAt: number
}

export class Lane {
  readonly key: string
  readonly #clock: Clock
  readonly #window = new Window()
  /** The one whose turn is next first. */
  readonly #ring = new Map<string, Waiting>()
  readonly lines = new Set<Line>()
  /** Workers that have one of its lines now. */
  workers = 0
  /** Those of them that have claimed what they send: whoever comes meanwhile does not wait for them. */
  sending = 0
  #bucket: TokenBucket | null = null
  #connections: number | null = null
  /** There was more than could be claimed in one go. */
  hasMore = false

  constructor(key: string, clock: Clock) {
    this.key = key
    this.#clock = clock
  }

  /** Nothing would be lost with it. */
  get isUnused(): boolean {
    return this.#ring.size === 0 && this.lines.size === 0 && this.workers === 0 && this.#bucket === null
  }

  get hasWork(): boolean {
    return this.#ring.size > 0
  }

  add(waiting: Waiting): void {
    this.#ring.set(waiting.known.destination, waiting)
    const { perMinute, connections } = waiting.plan.settings
    this.#connections = connections
    if (perMinute === null) this.#bucket = null
    else if (this.#bucket === null) this.#bucket = new TokenBucket(this.#clock, perMinute)
    else if (this.#bucket.perMinute !== perMinute) this.#bucket.perMinute = perMinute
  }

  remove({ known }: Waiting): void {
    if (this.#ring.get(known.destination)?.known === known) this.#ring.delete(known.destination)
  }

  /** Takes all of them out. */
  empty(): readonly Waiting[] {
    const all = [...this.#ring.values()]
    this.#ring.clear()
    return all
  }

  /** The one whose turn it is; it is the last one then. */
  next(): Waiting | null {
    const [first] = this.#ring.values()
    if (first === undefined) return null
    this.#ring.delete(first.known.destination)
    this.#ring.set(first.known.destination, first)
    return first
  }

  /** There is something for one more connection, and it may have it. `usual`: connections of one whose route says nothing. */
  wants(usual: number): boolean {
    const most = Math.min(this.#window.size, this.#connections ?? usual)
    const isWorth = this.workers - this.sending < this.#ring.size || (this.hasMore && this.#ring.size > 0)
    return isWorth && this.workers < most && this.wait() === 0
  }

  /** Milliseconds until the rate of its route lets something through; 0: now. */
  wait(): number {
    return this.#bucket?.wait() ?? 0
  }

  /** @returns how many messages of `wanted` may go now */
  take(wanted: number): number {
    return this.#bucket?.take(wanted) ?? wanted
  }

  /** They did not go. */
  giveBack(messages: number): void {
    this.#bucket?.giveBack(messages)
  }

  succeeded(usual: number): void {
    this.#window.succeeded(this.#connections ?? usual)
  }

  troubled(): void {
    this.#window.troubled()
  }
}
