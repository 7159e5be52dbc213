/** Work that stands in the data until it is done: looked for when somebody says that there is some, and again when it failed. */
import type { Clock } from './clock.js'

export interface ChoreParts {
  readonly clock: Clock
  /** Milliseconds until work that failed is tried again. */
  readonly retry: number
  /** Does all that there is, and ends early when `stopped` says so. Never rejects. @returns whether all of it is done */
  readonly round: (stopped: () => boolean) => Promise<boolean>
}

export class Chore {
  readonly #parts: ChoreParts
  #isWoken = false
  #stopped = false
  #running: Promise<void> | null = null
  #cancelRetry: () => void = () => {}

  constructor(parts: ChoreParts) {
    this.#parts = parts
  }

  /** Call at the start and when there is work. It returns at once. */
  wake(): void {
    this.#isWoken = true
    if (this.#running !== null || this.#stopped) return
    this.#running = this.#work().finally(() => {
      this.#running = null
      // Somebody may have called between the end of its last round and its own.
      if (this.#isWoken) this.wake()
    })
  }

  /** Ends after what is under way. Calling it twice is fine. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRetry()
    await this.#running
  }

  async #work(): Promise<void> {
    const { clock, retry, round } = this.#parts
    this.#cancelRetry()
    let done = true
    while (this.#isWoken && !this.#stopped) {
      this.#isWoken = false
      done = await round(() => this.#stopped)
    }
    if (!done && !this.#stopped) this.#cancelRetry = clock.after(retry, () => this.wake())
  }
}
