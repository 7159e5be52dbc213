/** Which boundary a line begins with. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Boundaries, type BoundaryMatch } from './boundaries.js'

/** The answer for a line that begins with two dashes; `line` is what is behind them. */
function matchOf(boundaries: Boundaries, line: string): BoundaryMatch | null {
  boundaries.start()
  for (const octet of Buffer.from(`${line}\r\n`, 'latin1')) if (!boundaries.feed(octet)) break
  return boundaries.match
}

const nested = (texts: readonly string[]): Boundaries => {
  const boundaries = new Boundaries()
  for (const [level, text] of texts.entries()) boundaries.add(text, level)
  return boundaries
}

describe('match', () => {
  test.each<[string[], string, BoundaryMatch | null]>([
    [['b'], 'b', { level: 0, isLast: false }],
    [['b'], 'b--', { level: 0, isLast: true }],
    [['b'], 'b-', { level: 0, isLast: false }],
    [['b'], 'b  \t', { level: 0, isLast: false }],
    [['b'], 'b-- \t', { level: 0, isLast: true }],
    [['b'], 'b--more', { level: 0, isLast: true }],
    [['b'], 'bc', { level: 0, isLast: false }], // RFC 2046 §5.1.1: it need only begin with it
    [['b'], 'B', null],
    [['b'], '', null],
    [['bc'], 'b', null],
    [[], 'b', null],
    [['a', 'ab', 'abc'], 'ab', { level: 1, isLast: false }],
    [['a', 'ab', 'abc'], 'abc--', { level: 2, isLast: true }],
    [['abc', 'ab', 'a'], 'abx', { level: 1, isLast: false }],
    [['b', 'b'], 'b', { level: 1, isLast: false }],
    [['b', 'b--'], 'b--', { level: 1, isLast: false }],
    [['b', 'b--'], 'b----', { level: 1, isLast: true }],
    [['b', 'b--x'], 'b--y', { level: 0, isLast: true }],
    [['b', 'b-x'], 'b--', { level: 0, isLast: true }],
    [['-'], '---', { level: 0, isLast: true }],
  ])('among %j, the line %j', (texts, line, match) => {
    expect(matchOf(nested(texts), line)).toEqual(match)
  })
})

test('removing the inner brings the outer of the same name back', () => {
  const boundaries = nested(['b', 'x', 'b'])
  boundaries.removeFrom(1)
  expect(matchOf(boundaries, 'b')).toEqual({ level: 0, isLast: false })
  expect(matchOf(boundaries, 'x')).toBeNull()
  expect(boundaries.size).toBe(1)
})

test('agrees with looking at them one after the other', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '-') }),
      (texts, line) => {
        let best: BoundaryMatch | null = null
        let length = 0
        for (const [level, candidate] of texts.entries()) {
          if (candidate.length < length || !line.startsWith(candidate)) continue
          length = candidate.length
          best = { level, isLast: line.startsWith('--', length) }
        }
        expect(matchOf(nested(texts), line)).toEqual(best)
      },
    ),
    { numRuns: 1000 },
  )
})
