/** Search keys that what is in memory of a message decides: flags, numbers, INTERNALDATE and size. Pure. */
import { dayOf, isDay } from '../../message/date.js'
import type { MessageEntry } from '../../store/changes.js'
import { foldKeyword } from '../../store/keywords.js'
import type { SequenceSet } from '../sets.js'
import type { Addressed, View } from '../view.js'
import type { SearchKey } from './program.js'

/** A message that is there, under the number by which the client knows it. */
export interface Candidate extends Addressed {
  readonly entry: MessageEntry
}

/** How keywords are spelt in a mailbox, where no two differ by case alone: what is not in use there no message has. */
export class Spellings {
  readonly #state: Pick<View['state'], 'keywords'>
  readonly #known = new Map<string, string>()
  #looked = 0

  constructor(state: Pick<View['state'], 'keywords'>) {
    this.#state = state
  }

  of(folded: string): string | undefined {
    const { keywords } = this.#state
    // More of them may come into use meanwhile.
    for (; this.#looked < keywords.length; this.#looked++) {
      const keyword = keywords[this.#looked] ?? ''
      this.#known.set(foldKeyword(keyword), keyword)
    }
    return this.#known.get(folded)
  }
}

export type Test = (message: Candidate) => boolean

export interface Surroundings {
  readonly view: Pick<View, 'ranges' | 'isRecent'>
  readonly spellings: Spellings
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What decides `key`; null where messages must be read. */
export function testOf(key: SearchKey, around: Surroundings): Test | null {
  switch (key.kind) {
    case 'inside':
      return null
    case 'not': {
      const test = testOf(key.key, around)
      return test === null ? null : (message) => !test(message)
    }
    case 'and':
    case 'or':
      return joint(key.kind, key.keys, around)
    default:
      return leaf(key, around)
  }
}

function joint(kind: 'and' | 'or', keys: readonly SearchKey[], around: Surroundings): Test | null {
  const tests = keys.flatMap((key) => testOf(key, around) ?? [])
  if (tests.length < keys.length) return null
  return kind === 'and'
    ? (message) => tests.every((test) => test(message))
    : (message) => tests.some((test) => test(message))
}

/** What looking for one keyword among those of a message costs, in other tests. */
const KEYWORD_TESTS = 20

/** How many tests `key` makes of one message, about and at most. */
export function testsIn(key: SearchKey): number {
  switch (key.kind) {
    case 'not':
      return testsIn(key.key)
    case 'and':
    case 'or':
      return key.keys.reduce((sum, one) => sum + testsIn(one), 0)
    default:
      return key.kind === 'keyword' ? KEYWORD_TESTS : 1
  }
}

type Leaf = Exclude<SearchKey, { readonly kind: 'inside' | 'not' | 'and' | 'or' }>

function leaf(key: Leaf, { view, spellings, now }: Surroundings): Test {
  switch (key.kind) {
    case 'all':
      return () => true
    case 'flag':
      return ({ entry }) => (entry.system & key.bit) !== 0
    case 'keyword':
      return hasKeyword(foldKeyword(key.keyword), spellings)
    case 'recent':
      return ({ uid }) => view.isRecent(uid)
    case 'sequence':
    case 'uid':
      return isAmong(key.kind, view.ranges(key.set, key.kind))
    case 'date':
      return ({ entry }) => isDay(dayOf({ ms: entry.internalDate, zone: entry.internalZone }), key.is, key.day)
    case 'size':
      return key.is === 'larger' ? ({ entry }) => entry.size > key.octets : ({ entry }) => entry.size < key.octets
    case 'age':
      return isAged(key.is, secondOf(now) - key.seconds)
  }
}

const hasKeyword =
  (folded: string, spellings: Spellings): Test =>
  ({ entry }) => {
    const spelt = entry.keywords.length === 0 ? undefined : spellings.of(folded)
    return spelt !== undefined && entry.keywords.includes(spelt)
  }

function isAmong(kind: 'sequence' | 'uid', ranges: SequenceSet): Test {
  return kind === 'uid' ? ({ uid }) => isWithin(ranges, uid) : ({ seq }) => isWithin(ranges, seq)
}

/** `ranges` ascending, without overlaps. */
function isWithin(ranges: SequenceSet, n: number): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle]?.last ?? 0) < n) low = middle + 1
    else high = middle
  }
  return (ranges[low]?.first ?? Number.POSITIVE_INFINITY) <= n
}

const secondOf = (ms: number): number => Math.floor(ms / 1000)

/** RFC 5032 §2: to the second, and one that is of that very second is both. */
function isAged(is: 'older' | 'younger', second: number): Test {
  return is === 'older'
    ? ({ entry }) => secondOf(entry.internalDate) <= second
    : ({ entry }) => secondOf(entry.internalDate) >= second
}
