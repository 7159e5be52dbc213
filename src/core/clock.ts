/** The only file in the program that knows what time it is. Everything that waits takes a Clock. */

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Runs `fire` once after `ms`. The returned function cancels it; calling it twice is fine. */
  after(ms: number, fire: () => void): () => void
}

/** setTimeout turns anything longer than this into 1 ms, so longer waits are made of several. */
const LONGEST_TIMER = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fire) {
    let timer: NodeJS.Timeout
    const wait = (left: number): void => {
      timer = left > LONGEST_TIMER ? setTimeout(wait, LONGEST_TIMER, left - LONGEST_TIMER) : setTimeout(fire, left)
    }
    wait(ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` on `clock`. */
export const sleep = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve)
  })

interface FakeTimer {
  readonly at: number
  readonly seq: number
  readonly fire: () => void
}

/** A clock that a test moves by hand. */
export class FakeClock implements Clock {
  #now: number
  #timers: FakeTimer[] = []
  #seq = 0

  constructor(start = 0) {
    this.#now = start
  }

  /** Timers that are set and have not fired: a test asserts that nothing is left behind. */
  get pending(): number {
    return this.#timers.length
  }

  now(): number {
    return this.#now
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.#now + ms, seq: this.#seq++, fire }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer)
    }
  }

  /** Fires every timer that falls due, in order; a timer set by a timer fires too if it falls due. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const due = this.#timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at || a.seq - b.seq)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((t) => t !== due)
      this.#now = due.at
      due.fire()
      await new Promise((settled) => setImmediate(settled))
    }
    this.#now = until
  }
}
