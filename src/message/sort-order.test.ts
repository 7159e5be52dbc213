/** SORT: any criteria against a naive comparison, and texts in the order of their octets. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { casemapKey } from './casemap.js'
import { compareOctets, sortedPositions, TextColumn, TooMuchToArrange } from './sort-order.js'

const LIMIT = 1e6

function ranksOf(texts: readonly string[]): number[] {
  const column = new TextColumn(LIMIT)
  const ids = texts.map((text) => column.id(text))
  const ranks = column.ranks()
  return ids.map((id) => ranks[id] ?? -1)
}

test('what is the same in all columns stays in the order of the mailbox, REVERSE or not (RFC 5256 §3)', () => {
  const values = [2, 1, 2, 1]
  expect([...sortedPositions(4, [{ values, reverse: false }])]).toEqual([1, 3, 0, 2])
  expect([...sortedPositions(4, [{ values, reverse: true }])]).toEqual([0, 2, 1, 3])
  expect([...sortedPositions(3, [])]).toEqual([0, 1, 2])
  expect([...sortedPositions(0, [{ values: [], reverse: true }])]).toEqual([])
})

test('the first column counts before the second', () => {
  const columns = [
    { values: [1, 1, 0], reverse: false },
    { values: [5, 7, 6], reverse: true },
  ]
  expect([...sortedPositions(3, columns)]).toEqual([2, 1, 0])
})

const row = fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 3 }), n: fc.integer({ min: 0, max: 3 }) })

test('as if everything was compared with everything', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), fc.boolean(), fc.boolean(), (rows, byText, byNumber) => {
      const keys = rows.map(({ text }) => casemapKey(text))
      const columns = [
        { values: ranksOf(keys), reverse: byText },
        { values: rows.map(({ n }) => n), reverse: byNumber },
      ]
      const isBefore = (a: number, b: number): boolean => {
        const text = Buffer.compare(Buffer.from(keys[a] ?? ''), Buffer.from(keys[b] ?? '')) * (byText ? -1 : 1)
        const number = ((rows[a]?.n ?? 0) - (rows[b]?.n ?? 0)) * (byNumber ? -1 : 1)
        return text !== 0 ? text < 0 : number !== 0 ? number < 0 : a < b
      }
      const naive = rows.map((_, at) => at)
      const places = naive.map((at) => naive.filter((other) => isBefore(other, at)).length)
      expect([...sortedPositions(rows.length, columns)].map((at) => places[at])).toEqual(naive)
    }),
  )
})

test('texts compare as their octets in UTF-8', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}') })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareOctets(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
  expect(ranksOf(['\uffff', '\u{10000}', '', 'a', '\uffff'])).toEqual([2, 3, 0, 1, 2])
})

test('each text is counted once, and too many are refused', () => {
  const column = new TextColumn(5)
  expect(['abc', 'de', 'abc', ''].map((text) => column.id(text))).toEqual([0, 1, 0, 2])
  expect(() => column.id('f')).toThrow(TooMuchToArrange)
  expect(column.size).toBe(3)
})

test('100,000 messages of which all are the same, or none', () => {
  const count = 100_000
  const same = { values: new Float64Array(count), reverse: true }
  expect(sortedPositions(count, [same])[count - 1]).toBe(count - 1)
  const backward = { values: Float64Array.from({ length: count }, (_, i) => -i), reverse: false }
  expect(sortedPositions(count, [same, backward])[0]).toBe(count - 1)
})
