import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scan } from '../../test/scan.js'
import { formatDateTime, parseDateTime } from './date-time.js'
import { BadSyntax } from './errors.js'

test.each([
  ['"17-Jul-1996 02:44:25 -0700"', Date.UTC(1996, 6, 17, 9, 44, 25), -420], // RFC 3501 §7.4.2
  ['" 7-Feb-1994 21:52:25 +0530"', Date.UTC(1994, 1, 7, 16, 22, 25), 330],
  ['"29-Feb-2024 00:00:00 +0000"', Date.UTC(2024, 1, 29), 0],
  ['" 1-Jan-0001 00:00:00 -0030"', -62_135_596_800_000 + 30 * 60_000, -30],
])('%s', (wire, at, zone) => {
  expect(parseDateTime(scan(wire))).toEqual({ at, zone })
  expect(formatDateTime(at, zone)).toBe(wire)
})

test.each([
  ['another spelling of the month', '"17-jUL-1996 02:44:25 -0700"'],
  ['a day with a zero', '"07-Feb-1994 21:52:25 +0530"'],
  ['a leap second', '"31-Dec-2016 23:59:60 +0000"'],
])('%s is read', (_why, wire) => {
  expect(parseDateTime(scan(wire)).at).toBeGreaterThan(0)
})

test.each([
  '"30-Feb-2024 00:00:00 +0000"',
  '"29-Feb-2023 00:00:00 +0000"',
  '" 0-Jan-2024 00:00:00 +0000"',
  '"31-Foo-2024 00:00:00 +0000"',
  '"31-Jan-2024 24:00:00 +0000"',
  '"31-Jan-2024 00:60:00 +0000"',
  '"31-Jan-2024 00:00:61 +0000"',
  '"31-Jan-2024 00:00:00 +2400"',
  '"31-Jan-2024 00:00:00 +0060"',
  '"31-Jan-2024 00:00:00 0000"',
  '"31-Jan-24 00:00:00 +0000"',
  '"1-Jan-2024 00:00:00 +0000"',
  '31-Jan-2024 00:00:00 +0000',
  '"31-Jan-2024 00:00:00 +0000',
  '""',
  '',
])('%s is refused', (wire) => {
  expect(() => parseDateTime(scan(wire))).toThrow(BadSyntax)
})

test('what is written is read', () => {
  const seconds = fc.integer({ min: -62_000_000_000, max: 253_000_000_000 })
  fc.assert(
    fc.property(seconds, fc.integer({ min: -1439, max: 1439 }), (s, zone) => {
      expect(parseDateTime(scan(formatDateTime(s * 1000, zone)))).toEqual({ at: s * 1000, zone })
    }),
    { numRuns: 2000 },
  )
})
