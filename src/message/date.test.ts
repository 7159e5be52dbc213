/** Dates in mail and IMAP. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDate, formatInternalDate, parseDate, parseInternalDate } from './date.js'

const at = (iso: string): number => Date.parse(iso)

describe('parseDate', () => {
  test.each<[string, string, number]>([
    ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z', -360], // RFC 5322 A.1.1
    ['Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)', '1969-02-14T03:02:00Z', -210], // biome-ignore format: A.5
    ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z', 0], // A.6.2
    ['Fri, 21 Nov 1997 09(comment):   55  :  06 -0600', '1997-11-21T15:55:06Z', -360], // A.6.3
    [' 1 jan 2000 00:00 +0000', '2000-01-01T00:00:00Z', 0],
    ['1 Jan 49 00:00 EST', '2049-01-01T05:00:00Z', -300],
    ['1 Jan 50 00:00 PDT', '1950-01-01T07:00:00Z', -420],
    ['1 Jan 100 00:00 UT', '2000-01-01T00:00:00Z', 0],
    ['1 Jan 2000 00:00 Z', '2000-01-01T00:00:00Z', 0],
    ['1 Jan 2000 00:00 K', '2000-01-01T00:00:00Z', 0], // RFC 5322 §4.3: letters tell nothing
    ['1 Jan 2000 00:00', '2000-01-01T00:00:00Z', 0],
    ['1 Jan 2000 23:59:60 +0000', '2000-01-02T00:00:00Z', 0],
    ['29 Feb 2000 12:00 +1400', '2000-02-28T22:00:00Z', 840],
    ['Sat, 1 January 2000 1:02:03.45 +0100', '2000-01-01T00:02:03Z', 60],
    ['Sat 01-Jan-2000 10:00:00+0530', '2000-01-01T04:30:00Z', 330],
    ['(a (nested) comment) 1 Jan 2000 00:00 +0000', '2000-01-01T00:00:00Z', 0],
  ])('%j', (value, iso, zone) => {
    expect(parseDate(value)).toEqual({ ms: at(iso), zone })
  })

  test.each([
    '',
    'yesterday',
    '31 Jun 2000 00:00 +0000',
    '29 Feb 1900 00:00 +0000',
    '1 Foo 2000 00:00 +0000',
    '1 Jan 2000 24:00 +0000',
    '1 Jan 2000 00:60 +0000',
    '1 Jan 2000 00:00 +0060',
    '0 Jan 2000 00:00 +0000',
    '1 Jan 2000',
    '('.repeat(100_000),
  ])(
    // biome-ignore format: a table
    '%j is none',
    (value) => {
      expect(parseDate(value)).toBeNull()
    },
  )

  test('no text makes it fail', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseDate(text)))
    fc.assert(fc.property(fc.string(), (text) => void parseDate(`1 Jan 2000 ${text}`)))
  })
})

describe('INTERNALDATE', () => {
  test.each<[string, string, number]>([
    ['17-Jul-1996 02:44:25 -0700', '1996-07-17T09:44:25Z', -420], // RFC 3501 §8
    ['"17-Jul-1996 02:44:25 -0700"', '1996-07-17T09:44:25Z', -420],
    [' 1-Jan-2000 00:00:00 +0000', '2000-01-01T00:00:00Z', 0],
    ['01-jan-2000 00:00:00 +0000', '2000-01-01T00:00:00Z', 0],
    ['1-JAN-2000 00:00:00 -0000', '2000-01-01T00:00:00Z', 0],
    ['01-Jan-0001 00:00:00 +0000', '0001-01-01T00:00:00Z', 0],
  ])('%j', (text, iso, zone) => {
    expect(parseInternalDate(text)).toEqual({ ms: at(iso), zone })
  })

  test.each([
    '',
    '32-Jan-2000 00:00:00 +0000',
    '30-Feb-2000 00:00:00 +0000',
    '01-Foo-2000 00:00:00 +0000',
    '01-Jan-00 00:00:00 +0000',
    '01-Jan-2000 24:00:00 +0000',
    '01-Jan-2000 00:00:00',
    '01-Jan-2000 00:00:00 GMT',
    '01-Jan-2000 00:00:00 +0099',
    '001-Jan-2000 00:00:00 +0000',
    '01-Jan-2000 00:00:00 +0000 ',
  ])(
    // biome-ignore format: a table
    '%j is none',
    (text) => {
      expect(parseInternalDate(text)).toBeNull()
    },
  )

  test('the day has two columns', () => {
    expect(formatInternalDate(at('2000-01-01T00:00:00Z'), 0)).toBe(' 1-Jan-2000 00:00:00 +0000')
    expect(formatInternalDate(at('1996-07-17T09:44:25Z'), -420)).toBe('17-Jul-1996 02:44:25 -0700')
  })
})

test('formatDate is the date-time of RFC 5322', () => {
  expect(formatDate(at('1997-11-21T15:55:06Z'), -360)).toBe('Fri, 21 Nov 1997 09:55:06 -0600')
  expect(formatDate(at('2000-01-01T00:00:00.999Z'), 345)).toBe('Sat, 01 Jan 2000 05:45:00 +0545')
  expect(formatDate(at('2000-01-01T00:00:00Z'), -30)).toBe('Fri, 31 Dec 1999 23:30:00 -0030')
})

test('what is written is read again', () => {
  const seconds = fc.integer({ min: at('0100-01-02T00:00:00Z') / 1000, max: at('9999-12-30T00:00:00Z') / 1000 })
  fc.assert(
    fc.property(seconds, fc.integer({ min: -840, max: 840 }), (second, zone) => {
      const time = { ms: second * 1000, zone }
      expect(parseInternalDate(formatInternalDate(time.ms, zone))).toEqual(time)
      if (second > at('1000-01-01T00:00:00Z') / 1000) expect(parseDate(formatDate(time.ms, zone))).toEqual(time)
    }),
  )
})
