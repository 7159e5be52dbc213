/** Answers that need not be asked for again for a while: a bounded number of them, each question under way once. */
import type { Clock } from '../core/clock.js'

export interface Answer<T> {
  readonly value: T
  /** Milliseconds; 0: for those alone who asked while it was under way. */
  readonly ttl: number
}

interface Entry<T> {
  readonly answer: Promise<T>
  /** Milliseconds since the epoch; infinite while it is under way. */
  until: number
}

export class AnswerCache<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #clock: Clock
  readonly #most: number

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  /** What `ask` says, now or when it was asked last. A rejection is for those who wait for it, and not kept. */
  get(key: string, ask: () => Promise<Answer<T>>): Promise<T> {
    const known = this.#entries.get(key)
    if (known !== undefined && known.until > this.#clock.now()) return known.answer
    const asked = ask()
    const entry: Entry<T> = { answer: asked.then(({ value }) => value), until: Number.POSITIVE_INFINITY }
    // Behind the others, so that the one that was asked for longest ago is the first to go.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    this.#makeRoom()
    asked.then(
      ({ ttl }) => {
        entry.until = this.#clock.now() + ttl
        if (ttl === 0) this.#forget(key, entry)
      },
      () => this.#forget(key, entry),
    )
    return entry.answer
  }

  #forget(key: string, entry: Entry<T>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
  }

  #makeRoom(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#most) return
      this.#entries.delete(key)
    }
  }
}
