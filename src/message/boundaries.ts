/**
 * Finds which of the active multipart boundaries begins a line, octet by octet. The boundaries are kept in
 * order, so that each octet halves what is left: a line costs no more than its octets, however deep the nesting.
 *
 * As RFC 2046 §5.1.1 has it, a line need only begin with the boundary. Where several fit, the longest is
 * meant, and of two equal ones that of the innermost multipart.
 */
import type { OctetString } from './index-types.js'

const DASH = 45

interface Boundary {
  readonly text: OctetString
  /** Nesting levels of the multiparts that use it, innermost last. */
  readonly levels: number[]
}

export interface BoundaryMatch {
  readonly level: number
  /** `--` stands behind it: the last boundary of its multipart. */
  readonly isLast: boolean
}

/** The octet of a boundary at `at`, or -1 behind its end, which sorts first. */
const octetAt = (boundary: Boundary | undefined, at: number): number =>
  boundary === undefined || at >= boundary.text.length ? -1 : boundary.text.charCodeAt(at)

export class Boundaries {
  #sorted: Boundary[] = []
  /** What still fits the line: #sorted[#low … #high-1], all alike in their first #at octets. */
  #low = 0
  #high = 0
  #at = 0
  #best: Boundary | null = null
  /** Dashes right behind #best. */
  #dashes = 0

  get size(): number {
    return this.#sorted.length
  }

  add(text: OctetString, level: number): void {
    const at = this.#sorted.findIndex((other) => other.text >= text)
    const found = this.#sorted[at]
    if (found?.text === text) found.levels.push(level)
    else this.#sorted.splice(at === -1 ? this.#sorted.length : at, 0, { text, levels: [level] })
  }

  /** Removes all that belong to `level` or are deeper. */
  removeFrom(level: number): void {
    for (const boundary of this.#sorted) {
      while ((boundary.levels.at(-1) ?? -1) >= level) boundary.levels.pop()
    }
    this.#sorted = this.#sorted.filter((boundary) => boundary.levels.length > 0)
  }

  clear(): void {
    this.#sorted = []
  }

  /** A line has begun with `--`. */
  start(): void {
    this.#low = 0
    this.#high = this.#sorted.length
    this.#at = 0
    this.#best = null
    this.#dashes = 0
  }

  /** The next octet of the line. @returns false once `match` is known; that octet may then be anything */
  feed(octet: number): boolean {
    const behind = this.#best === null ? -1 : this.#at - this.#best.text.length
    const counts = behind === this.#dashes && behind < 2 && octet === DASH
    if (counts) this.#dashes++
    this.#low = this.#search(octet)
    this.#high = this.#search(octet + 1)
    this.#at++
    const shortest = this.#sorted[this.#low]
    if (this.#low < this.#high && shortest?.text.length === this.#at) {
      this.#best = shortest
      this.#dashes = 0
    }
    return this.#low < this.#high || (counts && this.#dashes < 2)
  }

  /** The first of those that still fit whose octet at #at is `octet` or more. */
  #search(octet: number): number {
    let low = this.#low
    let high = this.#high
    while (low < high) {
      const middle = (low + high) >> 1
      if (octetAt(this.#sorted[middle], this.#at) < octet) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Of the line so far. */
  get match(): BoundaryMatch | null {
    const level = this.#best?.levels.at(-1)
    return level === undefined ? null : { level, isLast: this.#dashes === 2 }
  }
}
