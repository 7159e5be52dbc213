/**
 * Ascending UIDs as ranges, in two typed arrays: a mailbox of a million messages costs what its holes cost, and a
 * copy is a copy of memory.
 */
import type { SeqNo, Uid } from '../core/ids.js'

/** As it goes from thread to thread: range `i` begins with UID `first[i]`, and `before[i]` UIDs lie in the ranges in front. */
export interface PackedRanges {
  readonly first: Uint32Array<ArrayBuffer>
  readonly before: Uint32Array<ArrayBuffer>
  readonly count: number
}

const FIRST_CAPACITY = 4

export class UidRanges implements Iterable<Uid> {
  #first: Uint32Array<ArrayBuffer>
  #before: Uint32Array<ArrayBuffer>
  /** How many ranges there are; what lies behind in the arrays is room. */
  #size: number
  #count: number

  private constructor({ first, before, count }: PackedRanges) {
    this.#first = first
    this.#before = before
    this.#size = first.length
    this.#count = count
  }

  /** `uids` ascending. Runs are looked for in one tight loop: there may be a million. */
  static of(uids: ArrayLike<number>): UidRanges {
    const ranges = new UidRanges({ first: new Uint32Array(0), before: new Uint32Array(0), count: 0 })
    for (let from = 0; from < uids.length; ) {
      const first = uids[from] as number
      let to = from + 1
      while (to < uids.length && uids[to] === first + to - from) to++
      ranges.#append(first, first + to - from - 1)
      from = to
    }
    return ranges
  }

  /** Takes the arrays over. */
  static unpack(packed: PackedRanges): UidRanges {
    return new UidRanges(packed)
  }

  /** In memory of its own. */
  pack(): PackedRanges {
    return {
      first: this.#first.slice(0, this.#size),
      before: this.#before.slice(0, this.#size),
      count: this.#count,
    }
  }

  copy(): UidRanges {
    return new UidRanges(this.pack())
  }

  get count(): number {
    return this.#count
  }

  /** The largest, or 0. */
  get last(): number {
    return this.#size === 0 ? 0 : this.#lastOf(this.#size - 1)
  }

  *[Symbol.iterator](): Generator<Uid> {
    for (let i = 0; i < this.#size; i++) {
      const last = this.#lastOf(i)
      for (let uid = this.#firstOf(i); uid <= last; uid++) yield uid as Uid
    }
  }

  /** Adds a UID larger than all others. */
  push(uid: number): void {
    if (this.#size > 0 && this.last + 1 === uid) this.#count++
    else this.#append(uid, uid)
  }

  /** The UID at a position counted from 1, or null. */
  at(seq: number): Uid | null {
    if (seq < 1 || seq > this.#count) return null
    const i = lastBelow(this.#before, this.#size, seq)
    return (this.#firstOf(i) + seq - 1 - this.#beforeOf(i)) as Uid
  }

  /** The position of a UID, counted from 1, or null. */
  position(uid: number): SeqNo | null {
    const i = this.#rangeOf(uid)
    return i === -1 || uid > this.#lastOf(i) ? null : ((this.#beforeOf(i) + uid - this.#firstOf(i) + 1) as SeqNo)
  }

  /** How many are `uid` or larger. */
  countFrom(uid: number): number {
    const i = this.#rangeOf(uid - 1)
    if (i === -1) return this.#count
    return this.#count - this.#beforeOf(i) - (Math.min(this.#lastOf(i), uid - 1) - this.#firstOf(i) + 1)
  }

  /** Takes out UIDs, ascending, each of which is there. Ranges in front of the first of them are not looked at. */
  remove(uids: ArrayLike<number>): void {
    if (uids.length === 0) return
    const from = Math.max(0, this.#rangeOf(uids[0] as number))
    const firsts = this.#first.slice(from, this.#size)
    const lasts = firsts.map((_, i) => this.#lastOf(from + i))
    this.#count = this.#beforeOf(from)
    this.#size = from
    let next = 0
    for (let i = 0; i < firsts.length; i++) {
      let first = firsts[i] as number
      const last = lasts[i] as number
      for (; next < uids.length && (uids[next] as number) <= last; next++) {
        const gone = uids[next] as number
        this.#append(first, gone - 1)
        first = gone + 1
      }
      this.#append(first, last)
    }
  }

  /** Those in ascending ranges without overlaps, ascending, with their positions. */
  *within(
    set: readonly { readonly first: number; readonly last: number }[],
  ): Generator<{ readonly seq: SeqNo; readonly uid: Uid }> {
    for (const wanted of set) {
      for (let i = Math.max(0, this.#rangeOf(wanted.first)); i < this.#size; i++) {
        const first = this.#firstOf(i)
        if (first > wanted.last) break
        const stop = Math.min(this.#lastOf(i), wanted.last)
        const before = this.#beforeOf(i)
        for (let uid = Math.max(first, wanted.first); uid <= stop; uid++)
          yield { seq: (before + uid - first + 1) as SeqNo, uid: uid as Uid }
      }
    }
  }

  // Every index below #size has been written, so the defaults are only for the compiler.
  #firstOf(i: number): number {
    return this.#first[i] ?? 0
  }

  #beforeOf(i: number): number {
    return this.#before[i] ?? 0
  }

  #lastOf(i: number): number {
    const behind = i + 1 < this.#size ? this.#beforeOf(i + 1) : this.#count
    return this.#firstOf(i) + behind - this.#beforeOf(i) - 1
  }

  /** The range that `uid` is in, or behind; -1 when it is in front of all. */
  #rangeOf(uid: number): number {
    return lastBelow(this.#first, this.#size, uid + 1)
  }

  /** Nothing, when `last` is in front of `first`. */
  #append(first: number, last: number): void {
    if (first > last) return
    if (this.#size === this.#first.length) this.#grow()
    this.#first[this.#size] = first
    this.#before[this.#size++] = this.#count
    this.#count += last - first + 1
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, this.#size * 2)
    this.#first = grown(this.#first, capacity)
    this.#before = grown(this.#before, capacity)
  }
}

function grown(column: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(capacity)
  larger.set(column)
  return larger
}

/** Index of the last of the first `size`, which ascend, that is below `limit`; -1 if none. */
function lastBelow(ascending: Uint32Array, size: number, limit: number): number {
  let low = -1
  let high = size
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) < limit) low = middle
    else high = middle
  }
  return low
}
