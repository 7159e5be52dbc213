import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scan } from '../../../test/scan.js'
import { imapLimits } from '../../core/limits.js'
import { FLAG } from '../../store/changes.js'
import { BadSyntax, Refused } from '../errors.js'
import { parseSearch, searchKeys } from './parse.js'
import type { SearchKey } from './program.js'

function read(wire: string): SearchKey {
  const s = scan(wire)
  const program = parseSearch(s)
  s.end()
  return program
}

const flag = (bit: number): SearchKey => ({ kind: 'flag', bit })
const not = (key: SearchKey): SearchKey => ({ kind: 'not', key })
const seen = flag(FLAG.seen)
const header = (field: string, value: string): SearchKey => ({
  kind: 'inside',
  wanted: { where: 'header', field, value },
})
const body = (value: string): SearchKey => ({ kind: 'inside', wanted: { where: 'body', value } })
const DAY = Date.UTC(1994, 1, 1) / 86_400_000

const alone: Readonly<Record<string, readonly [string, SearchKey]>> = {
  ALL: ['', { kind: 'all' }],
  ANSWERED: ['', flag(FLAG.answered)],
  BCC: [' x', header('Bcc', 'x')],
  BEFORE: [' 1-Feb-1994', { kind: 'date', is: 'before', day: DAY }],
  BODY: [' "a b"', body('a b')],
  CC: [' x', header('Cc', 'x')],
  DELETED: ['', flag(FLAG.deleted)],
  DRAFT: ['', flag(FLAG.draft)],
  FLAGGED: ['', flag(FLAG.flagged)],
  FROM: [' {5}\r\nSmith', header('From', 'Smith')],
  HEADER: [' X-Spam ""', header('X-Spam', '')],
  KEYWORD: [' $Junk', { kind: 'keyword', keyword: '$Junk' }],
  LARGER: [' 0', { kind: 'size', is: 'larger', octets: 0 }],
  NEW: ['', { kind: 'and', keys: [{ kind: 'recent' }, not(seen)] }],
  NOT: [' SEEN', not(seen)],
  OLD: ['', not({ kind: 'recent' })],
  OLDER: [' 1', { kind: 'age', is: 'older', seconds: 1 }],
  ON: [' "01-feb-1994"', { kind: 'date', is: 'on', day: DAY }],
  OR: [' SEEN ALL', { kind: 'or', keys: [seen, { kind: 'all' }] }],
  RECENT: ['', { kind: 'recent' }],
  SEEN: ['', seen],
  SENTBEFORE: [' 1-Feb-1994', { kind: 'inside', wanted: { where: 'date', is: 'before', day: DAY } }],
  SENTON: [' 1-Feb-1994', { kind: 'inside', wanted: { where: 'date', is: 'on', day: DAY } }],
  SENTSINCE: [' 1-Feb-1994', { kind: 'inside', wanted: { where: 'date', is: 'since', day: DAY } }],
  SINCE: [' 31-DEC-1969', { kind: 'date', is: 'since', day: -1 }],
  SMALLER: [' 4294967296', { kind: 'size', is: 'smaller', octets: 4_294_967_296 }],
  SUBJECT: [' re:', header('Subject', 're:')],
  TEXT: [' x', { kind: 'inside', wanted: { where: 'text', value: 'x' } }],
  TO: [' x', header('To', 'x')],
  UID: [
    ' 1,5:*',
    {
      kind: 'uid',
      set: [
        { first: 1, last: 1 },
        { first: 5, last: Number.POSITIVE_INFINITY },
      ],
    },
  ],
  UNANSWERED: ['', not(flag(FLAG.answered))],
  UNDELETED: ['', not(flag(FLAG.deleted))],
  UNDRAFT: ['', not(flag(FLAG.draft))],
  UNFLAGGED: ['', not(flag(FLAG.flagged))],
  UNKEYWORD: [' a', not({ kind: 'keyword', keyword: 'a' })],
  UNSEEN: ['', not(seen)],
  YOUNGER: [' 259200', { kind: 'age', is: 'younger', seconds: 259_200 }],
}

describe('keys', () => {
  test('each one is here', () => {
    expect(Object.keys(alone)).toEqual(Object.keys(searchKeys))
  })

  test.each(Object.entries(alone))('%s', (name, [rest, key]) => {
    expect(read(` ${name}${rest}`)).toEqual(key)
    expect(read(` (${name.toLowerCase()}${rest})`)).toEqual(key)
    expect(read(` NOT ${name}${rest} seen`)).toEqual({ kind: 'and', keys: [not(key), seen] })
  })

  test.each<[string, SearchKey]>([
    [' 2:4', { kind: 'sequence', set: [{ first: 2, last: 4 }] }],
    [' *', { kind: 'sequence', set: [{ first: Number.POSITIVE_INFINITY, last: Number.POSITIVE_INFINITY }] }],
    [' ((seen))', seen],
    [' (SEEN (NOT SEEN ALL))', { kind: 'and', keys: [seen, { kind: 'and', keys: [not(seen), { kind: 'all' }] }] }],
    [
      ' OR SEEN OR NOT SEEN OR RECENT ALL',
      { kind: 'or', keys: [seen, not(seen), { kind: 'recent' }, { kind: 'all' }] },
    ],
    [
      ' OR OR SEEN RECENT ALL',
      { kind: 'or', keys: [{ kind: 'or', keys: [seen, { kind: 'recent' }] }, { kind: 'all' }] },
    ],
    [' OR (SEEN 1) (ALL) 2', read(' (OR (SEEN 1) ALL) 2')],
    [' SUBJECT or SEEN', { kind: 'and', keys: [header('Subject', 'or'), seen] }],
  ])('%s', (wire, program) => {
    expect(read(wire)).toEqual(program)
  })
})

describe('charsets', () => {
  test.each([
    ['BODY "caf\xc3\xa9"', 'café'],
    ['CHARSET UTF-8 BODY "caf\xc3\xa9"', 'café'],
    ['charset "utf-8" BODY {5+}\r\ncaf\xc3\xa9', 'café'],
    ['CHARSET US-ASCII BODY cafe', 'cafe'],
    ['CHARSET ISO-8859-1 BODY "caf\xe9"', 'café'],
    ['CHARSET windows-1252 BODY "\x80"', '€'],
    ['CHARSET {6}\r\nKOI8-R BODY {4}\r\n\xd4\xc5\xd3\xd4', 'тест'],
    ['CHARSET ISO-2022-JP BODY "\x1b$B8^\x1b(B"', '五'],
    ['CHARSET Shift_JIS BODY {2}\r\n\x8c\xdc', '五'],
    ['CHARSET GB2312 BODY {2}\r\n\xce\xe5', '五'],
  ])('%s', (wire, value) => {
    expect(read(` ${wire}`)).toEqual(body(value))
  })

  test.each(['X-UNKNOWN', 'UTF-16', 'base64', 'hex', 'utf-7', '""', 'x-user-defined'])('%s is not known', (label) => {
    expect(() => read(` CHARSET ${label} ALL`)).toThrow(Refused)
  })

  test.each(['BODY "caf\xe9"', 'CHARSET US-ASCII BODY "caf\xc3\xa9"', 'CHARSET ISO-2022-JP BODY "\xe9"'])(
    '%s',
    (wire) => {
      expect(() => read(` ${wire}`)).toThrow(/^Expected a text in (UTF-8|US-ASCII|ISO-2022-JP) at octet/)
    },
  )
})

describe('what is refused', () => {
  test.each([
    ['', 'a space'],
    [' ', 'a search key'],
    ['  ALL', 'a search key'],
    [' ALL ', 'a search key'],
    [' ()', 'a search key'],
    [' ( ALL)', 'a search key'],
    [' (ALL', '")"'],
    [' (ALL))', 'the end of the command'],
    [' XYZZY', 'a search key'],
    [' constructor', 'a search key'],
    [' ALL7', 'a search key'],
    [' $', 'a search key'],
    [' CHARSET', 'a search key'],
    [' CHARSET UTF-8', 'a space'],
    [' NOT', 'a space'],
    [' OR ALL', 'a space'],
    [' OR', 'a space'],
    [' 0', 'a set of message numbers'],
    [' 1:', 'a set of message numbers'],
    [' UID', 'a space'],
    [' UID ALL', 'a set of UIDs'],
    [' UID 4294967296', 'a set of UIDs'],
    [' FROM', 'a space'],
    [' FROM ', 'a text to look for'],
    [' FROM (a)', 'a text to look for'],
    [' BODY "a', 'a text to look for'],
    [' BODY {1}\r\n\0', 'a literal without NUL'],
    [' HEADER ', 'the name of a header field'],
    [' HEADER a', 'a space'],
    [' KEYWORD \\Seen', 'a keyword'],
    [' KEYWORD "a"', 'a keyword'],
    [` KEYWORD ${'k'.repeat(imapLimits.keyword + 1)}`, `a keyword of at most ${imapLimits.keyword} octets`],
    [' LARGER', 'a space'],
    [' LARGER -1', 'a number of octets'],
    [' LARGER 9007199254740992', 'a number of octets'],
    [' OLDER 0', 'a number of seconds that is not zero'],
    [' YOUNGER x', 'a number of seconds that is not zero'],
    [' BEFORE', 'a space'],
    [' BEFORE 1994-02-01', 'a date as 1-Feb-1994'],
    [' BEFORE 1-Feb-94', 'a date as 1-Feb-1994'],
    [' BEFORE "1-Feb-1994', 'a date as 1-Feb-1994'],
    [' BEFORE 1-Feb-1994"', 'a date as 1-Feb-1994'],
    [' BEFORE 30-Feb-1994', 'a date that exists'],
    [' ON 29-Feb-1900', 'a date that exists'],
    [' ON 1-Xyz-1994', 'a date that exists'],
    [' SINCE 0-Jan-1994', 'a date that exists'],
  ])('%s', (wire, expected) => {
    expect(() => read(wire)).toThrow(BadSyntax)
    expect(() => read(wire)).toThrow(`Expected ${expected} at octet`)
  })

  const { searchKeys: keys, searchTexts: texts, searchDepth: depth, searchTextOctets, searchRanges } = imapLimits

  test.each<[string, (n: number) => string, number]>([
    ['search keys', (n) => ' ALL'.repeat(n), keys],
    ['search keys', (n) => `${' OR ALL'.repeat(Math.floor((n - 1) / 2))} ALL`, keys],
    ['search keys inside each other', (n) => ` ${'('.repeat(n - 1)}ALL${')'.repeat(n - 1)}`, depth],
    ['search keys inside each other', (n) => `${' NOT'.repeat(n - 1)} ALL`, depth],
    ['search keys inside each other', (n) => `${' OR'.repeat(n - 1)}${' ALL'.repeat(n)}`, depth],
    ['texts to look for', (n) => ' TO a'.repeat(n), texts],
    ['numbers and ranges', (n) => ` 1,2 UID ${Array.from({ length: n - 2 }, (_, i) => i + 1).join()}`, searchRanges],
    ['octets', (n) => ` BODY ${'x'.repeat(n)}`, searchTextOctets],
  ])('too many %s', (_, wire, most) => {
    expect(() => read(wire(most))).not.toThrow()
    expect(() => read(wire(most + 1))).toThrow(`${most}`)
  })
})

test('any octets are a program or bad syntax', () => {
  const word = fc.constantFrom(
    ...Object.keys(searchKeys),
    '(',
    ')',
    ' ',
    '"',
    'CHARSET',
    '1:*',
    '1-Feb-1994',
    'x',
    '\xff',
  )
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        read(` ${words.join(' ')}`)
      } catch (error) {
        expect(error instanceof BadSyntax || error instanceof Refused).toBe(true)
      }
    }),
  )
})
