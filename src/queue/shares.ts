/** Whose turn it is when connections are scarce: lanes in the order in which they asked, those with their share behind the others. */
import type { Lane } from './lane.js'

export class Shares {
  /** Connections that there may be. */
  readonly #concurrency: () => number
  /** Lanes that wait for a connection, in the order of their turns. */
  readonly #waiting = new Set<Lane>()
  /** Lanes with workers, and those that wait for their first. */
  readonly #active = new Set<Lane>()

  constructor(concurrency: () => number) {
    this.#concurrency = concurrency
  }

  /** Somebody waits. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0
  }

  /** Connections of a lane, when all that have some or wait for one get as many. */
  get share(): number {
    return Math.max(1, Math.floor(this.#concurrency() / Math.max(1, this.#active.size)))
  }

  /** Behind all others that wait. */
  add(lane: Lane): void {
    this.#waiting.add(lane)
    this.#active.add(lane)
  }

  /** It waits no more. */
  remove(lane: Lane): void {
    this.#waiting.delete(lane)
    this.update(lane)
  }

  clear(): void {
    this.#waiting.clear()
  }

  /** Call when its workers have changed. */
  update(lane: Lane): void {
    if (lane.workers > 0) this.#active.add(lane)
    else if (!this.#waiting.has(lane)) this.#active.delete(lane)
  }

  /** Of those that wait the first with less than its share, or the first when there is none. */
  first(): Lane | null {
    const [first = null] = this.#waiting
    return this.belowShare(null) ?? first
  }

  /** The first that waits with less than its share, but for `lane`. Those with more are no more than there are connections. */
  belowShare(lane: Lane | null): Lane | null {
    const share = this.share
    for (const one of this.#waiting) if (one !== lane && one.workers < share) return one
    return null
  }
}
