/** Chance that can be repeated: the same seed gives the same numbers (mulberry32). */

export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 to `sides` - 1. */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % sides
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.roll(times) === 0
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.roll(from.length)]
    if (picked === undefined) throw new Error('there is nothing to pick from')
    return picked
  }

  /** Some of them, at least one, in their order. */
  some<T>(from: readonly T[]): T[] {
    const chosen = from.filter(() => this.once(2))
    return chosen.length > 0 ? chosen : [this.pick(from)]
  }
}
