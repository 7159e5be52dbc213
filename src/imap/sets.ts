/** Sets of message numbers and UIDs: RFC 3501 §9 sequence-set. */

/** `*`: the largest number in use. */
export const STAR = Number.POSITIVE_INFINITY

/** Both ends belong to it; either may be STAR; `first` may be the larger one. */
export interface SetRange {
  readonly first: number
  readonly last: number
}

/** As it was written: not sorted, ranges may overlap. Never empty. */
export type SequenceSet = readonly SetRange[]

const LARGEST = 4_294_967_295
const NUMBER = /^(?:\*|[1-9]\d{0,9})$/

function parseNumber(text: string): number | null {
  if (!NUMBER.test(text)) return null
  const n = text === '*' ? STAR : Number(text)
  return n === STAR || n <= LARGEST ? n : null
}

function parseRange(text: string): SetRange | null {
  const [from = '', to = from, ...rest] = text.split(':')
  const first = parseNumber(from)
  const last = parseNumber(to)
  return first === null || last === null || rest.length > 0 ? null : { first, last }
}

/** sequence-set = (seq-number / seq-range) *("," sequence-set): RFC 3501 §9. null when `text` is not one. */
export function parseSet(text: string): SequenceSet | null {
  const ranges: SetRange[] = []
  for (const piece of text.split(',')) {
    const range = parseRange(piece)
    if (range === null) return null
    ranges.push(range)
  }
  return ranges
}

/** The set with `*` as `largest`, ascending, each number once, neighbours joined. */
export function normalise(set: SequenceSet, largest: number): SequenceSet {
  const ordered = set
    .map(({ first, last }) => {
      const a = first === STAR ? largest : first
      const b = last === STAR ? largest : last
      return { first: Math.min(a, b), last: Math.max(a, b) }
    })
    .sort((a, b) => a.first - b.first)
  const joined: SetRange[] = []
  for (const range of ordered) {
    const before = joined.at(-1)
    if (before === undefined || range.first > before.last + 1) joined.push(range)
    else if (range.last > before.last) joined[joined.length - 1] = { first: before.first, last: range.last }
  }
  return joined
}

/** uid-set of numbers in the order given, runs of ascending neighbours as ranges: RFC 4315 §4 */
export function formatSet(numbers: readonly number[]): string {
  const pieces: string[] = []
  for (let from = 0; from < numbers.length; ) {
    const first = numbers[from] as number
    let to = from + 1
    while (to < numbers.length && numbers[to] === first + to - from) to++
    pieces.push(to - from === 1 ? `${first}` : `${first}:${numbers[to - 1]}`)
    from = to
  }
  return pieces.join(',')
}
