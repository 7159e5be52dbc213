/** The UIDs that a client knows, as ranges: a mailbox of a million messages costs what its holes cost. */
import type { SeqNo, Uid } from '../core/ids.js'
import type { SequenceSet } from './sets.js'

/** `before`: how many UIDs lie in the ranges in front. */
interface Known {
  first: number
  last: number
  before: number
}

export class UidRanges {
  /** Ascending, without overlaps. */
  #ranges: Known[] = []
  #count = 0

  /** `uids` ascending. Runs are looked for in one tight loop: there may be a million. */
  constructor(uids: Uint32Array | readonly number[]) {
    for (let from = 0; from < uids.length; ) {
      const first = uids[from] as number
      let to = from + 1
      while (to < uids.length && uids[to] === first + to - from) to++
      this.#append({ first, last: first + to - from - 1, before: 0 })
      from = to
    }
  }

  get count(): number {
    return this.#count
  }

  /** The largest, or 0. */
  get last(): number {
    return this.#ranges.at(-1)?.last ?? 0
  }

  /** Adds a UID larger than all others. */
  push(uid: number): void {
    const last = this.#ranges.at(-1)
    if (last !== undefined && last.last + 1 === uid) last.last = uid
    else this.#ranges.push({ first: uid, last: uid, before: this.#count })
    this.#count++
  }

  /** The UID at a position counted from 1, or null. */
  at(seq: number): Uid | null {
    if (seq < 1 || seq > this.#count) return null
    const range = this.#ranges[this.#find((r) => r.before < seq)]
    return range === undefined ? null : ((range.first + seq - 1 - range.before) as Uid)
  }

  /** The position of a UID, counted from 1, or null. */
  position(uid: number): SeqNo | null {
    const range = this.#ranges[this.#find((r) => r.first <= uid)]
    return range === undefined || uid > range.last ? null : ((range.before + uid - range.first + 1) as SeqNo)
  }

  /** How many are `uid` or larger. */
  countFrom(uid: number): number {
    const range = this.#ranges[this.#find((r) => r.first < uid)]
    if (range === undefined) return this.#count
    return this.#count - range.before - (Math.min(range.last, uid - 1) - range.first + 1)
  }

  /** Takes out UIDs, ascending, each of which is there. Ranges in front of the first of them are not looked at. */
  remove(uids: readonly number[]): void {
    const [smallest] = uids
    if (smallest === undefined) return
    const touched = this.#ranges.splice(this.#find((r) => r.first <= smallest))
    this.#count = touched[0]?.before ?? this.#count
    let next = 0
    for (const range of touched) {
      const { last } = range
      for (let gone = uids[next]; gone !== undefined && gone <= last; gone = uids[++next]) {
        this.#append({ first: range.first, last: gone - 1, before: 0 })
        range.first = gone + 1
      }
      this.#append(range)
    }
  }

  /** Those in a normalised set, ascending, with their positions. */
  *within(set: SequenceSet): Generator<{ readonly seq: SeqNo; readonly uid: Uid }> {
    for (const wanted of set) {
      const from = Math.max(
        0,
        this.#find((r) => r.first <= wanted.first),
      )
      for (let i = from; i < this.#ranges.length; i++) {
        const range = this.#ranges[i] as Known
        if (range.first > wanted.last) break
        const stop = Math.min(range.last, wanted.last)
        for (let uid = Math.max(range.first, wanted.first); uid <= stop; uid++)
          yield { seq: (range.before + uid - range.first + 1) as SeqNo, uid: uid as Uid }
      }
    }
  }

  #append(range: Known): void {
    if (range.first > range.last) return
    range.before = this.#count
    this.#ranges.push(range)
    this.#count += range.last - range.first + 1
  }

  /** Index of the last range for which `holds`, which is true for some first ones and false for the rest; -1 if none. */
  #find(holds: (range: Known) => boolean): number {
    let low = -1
    let high = this.#ranges.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (holds(this.#ranges[middle] as Known)) low = middle
      else high = middle
    }
    return low
  }
}
