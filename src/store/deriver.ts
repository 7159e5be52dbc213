/**
 * Makes what mail of earlier releases lacks: a slice at a time, in the background, with rests between. What is still
 * to be made stands in the data, so a crash loses nothing and the next start goes on.
 */
import type { Clock } from '../core/clock.js'
import { StoreError } from './errors.js'
import { Pause } from './pause.js'

/** Goes through all that lacks something, and tells after each slice how many got it. */
export type Derivation = () => AsyncIterable<number>

export interface DeriverParts {
  /** What a later one needs the earlier ones make. */
  readonly derivations: readonly Derivation[]
  readonly clock: Clock
  /** It rests so many times as long as it worked. */
  readonly restFactor: number
  /** Milliseconds that count as work of one slice at most: the clock may have been set meanwhile. */
  readonly longestSlice: number
  /** A fault has ended the work; refusals of the disk are told elsewhere. */
  readonly onFault: (error: unknown) => void
}

export class Deriver {
  readonly #parts: DeriverParts
  readonly #pause: Pause
  #running: Promise<void> | null = null
  #isDone = false

  constructor(parts: DeriverParts) {
    this.#parts = parts
    this.#pause = new Pause(parts.clock)
  }

  /** Call at the start, and when the disk may work again: once all is made it does nothing. It returns at once. */
  wake(): void {
    if (this.#isDone || this.#running !== null || this.#pause.isClosed) return
    this.#running = this.#work().finally(() => {
      this.#running = null
    })
  }

  /** Makes at once all that can be made. @throws what kept it from being made */
  async catchUp(): Promise<number> {
    let made = 0
    for (;;) {
      const before = made
      for await (const count of this.#pass()) made += count
      if (made === before) return made
    }
  }

  /** Ends after what is under way now. Calling it twice is fine. */
  async close(): Promise<void> {
    this.#pause.close()
    await this.#running
  }

  /** Passes until one makes nothing: what cannot be read now is left for the next start. */
  async #work(): Promise<void> {
    try {
      while (!this.#isDone && !this.#pause.isClosed) this.#isDone = !(await this.#restfulPass())
    } catch (error) {
      if (!this.#pause.isClosed && !(error instanceof StoreError)) this.#parts.onFault(error)
    }
  }

  /** @returns whether something was made, or may still be */
  async #restfulPass(): Promise<boolean> {
    const { clock, restFactor, longestSlice } = this.#parts
    let made = 0
    let begin = clock.now()
    for await (const count of this.#pass()) {
      made += count
      const worked = Math.min(Math.max(clock.now() - begin, 0), longestSlice)
      await this.#pause.sleep(worked * restFactor)
      if (this.#pause.isClosed) return true
      begin = clock.now()
    }
    return made > 0
  }

  async *#pass(): AsyncGenerator<number> {
    for (const derivation of this.#parts.derivations) yield* derivation()
  }
}
