import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatSet, normalise, parseSet, type SetRange, STAR } from './sets.js'

test.each([
  ['1', [[1, 1]]],
  ['*', [[STAR, STAR]]],
  [
    '2,4:7,9,12:*',
    [
      [2, 2],
      [4, 7],
      [9, 9],
      [12, STAR],
    ],
  ], // RFC 3501 §9
  [
    '*:4,5:7',
    [
      [STAR, 4],
      [5, 7],
    ],
  ],
  ['4294967295', [[4294967295, 4294967295]]],
  ['7:3', [[7, 3]]],
])('%s', (text, ranges) => {
  expect(parseSet(text)).toEqual(ranges.map(([first, last]) => ({ first, last })))
})

test.each([
  '',
  '0',
  '01',
  '1,',
  ',1',
  '1:',
  ':1',
  '1:2:3',
  '4294967296',
  '99999999999',
  '1;2',
  '1 2',
  '-1',
  '+1',
  '**',
  '1e3',
  '１',
])('%j is no set', (text) => {
  expect(parseSet(text)).toBe(null)
})

const ends = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(STAR))
const sets = fc.array(fc.record({ first: ends, last: ends }), { minLength: 1, maxLength: 8 })

test('a normalised set means the same, ascending and with gaps between its ranges', () => {
  const members = (ranges: readonly SetRange[], largest: number): number[] => {
    const all = new Set<number>()
    for (const { first, last } of ranges) {
      const [a, b] = [first, last].map((n) => (n === STAR ? largest : n)).sort((x, y) => x - y) as [number, number]
      for (let n = a; n <= b; n++) all.add(n)
    }
    return [...all].sort((x, y) => x - y)
  }
  fc.assert(
    fc.property(sets, fc.integer({ min: 1, max: 40 }), (set, largest) => {
      const normal = normalise(set, largest)
      expect(members(normal, largest)).toEqual(members(set, largest))
      normal.slice(1).forEach((range, i) => {
        expect(range.first).toBeGreaterThan((normal[i]?.last ?? 0) + 1)
      })
    }),
    { numRuns: 2000 },
  )
})

test('what is written is read', () => {
  const text = (n: number): string => (n === STAR ? '*' : String(n))
  fc.assert(
    fc.property(sets, (set) => {
      expect(parseSet(set.map(({ first, last }) => `${text(first)}:${text(last)}`).join())).toEqual(set)
    }),
  )
})

test.each<[readonly number[], string]>([
  [[], ''],
  [[7], '7'],
  [[1, 2, 3], '1:3'],
  [[304, 319, 320], '304,319:320'],
  [[1, 3, 5], '1,3,5'],
  [[3, 2, 1], '3,2,1'],
  [[4294967294, 4294967295], '4294967294:4294967295'],
])('%j is written %s', (numbers, text) => {
  expect(formatSet(numbers)).toBe(text)
})

test('a set that is written and read has the same numbers in the same order', () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 })
  fc.assert(
    fc.property(numbers, (given) => {
      const read = parseSet(formatSet(given)) ?? []
      expect(read.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i))).toEqual(
        given,
      )
    }),
  )
})
