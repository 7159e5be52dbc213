/** Header fields: reading them and choosing among them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, everyOctet, hostileOctets } from '../../test/arbitraries.js'
import { mimeLimits } from '../core/limits.js'
import { FieldFilter, parseFields, selectFields } from './headers.js'

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('parseFields', () => {
  test.each<[string, [string, string][]]>([
    ['Subject: hello\r\n\r\n', [['Subject', ' hello']]],
    ['A: 1\r\nB:2\r\n\r\n', [['A', ' 1'], ['B', '2']]], // biome-ignore format: a table
    ['A: 1\nB: 2\n\n', [['A', ' 1'], ['B', ' 2']]], // biome-ignore format: a table
    ['A: 1\r\n 2\r\n\t3\r\n', [['A', ' 1\r\n 2\r\n\t3']]],
    ['A : obsolete\r\n', [['A', ' obsolete']]],
    ['A:\r\n', [['A', '']]],
    ['A: no line end', [['A', ' no line end']]],
    ['From user@host Mon Jan 1\r\nA: 1\r\n', [['A', ' 1']]],
    [' stray\r\nA: 1\r\n', [['A', ' 1']]],
    ['no field\r\nA: 1\r\n', [['A', ' 1']]],
    [': no name\r\nA: 1\r\n', [['A', ' 1']]],
    ['N\xe4me: x\r\nA: \xe4\r\n', [['A', ' \xe4']]],
    ['A: bare\rreturn\r\n', [['A', ' bare\rreturn']]],
    ['\r\n', []],
    ['', []],
  ])('%j', (header, fields) => {
    expect(parseFields(octets(header)).map(({ name, value }) => [name, value])).toEqual(fields)
  })

  test('the range of a field holds its folded lines', () => {
    const header = octets('A: 1\r\n 2\r\nB: 3\r\n\r\n')
    const texts = parseFields(header).map(({ range }) => header.toString('latin1', range.start, range.end))
    expect(texts).toEqual(['A: 1\r\n 2\r\n', 'B: 3\r\n'])
  })

  test('reads no more fields than it may', () => {
    expect(parseFields(octets('A: 1\r\n'.repeat(10)), 3)).toHaveLength(3)
  })
})

const HEADER = 'From mbox\r\nTo: a\r\nSUBJECT: one\r\n two\r\nX: y\r\nsubject : again\r\nTopic: no\r\n\r\n'

describe('selectFields', () => {
  test.each<[string[], boolean, string]>([
    [['Subject'], false, 'SUBJECT: one\r\n two\r\nsubject : again\r\n\r\n'],
    [['to', 'X'], false, 'To: a\r\nX: y\r\n\r\n'],
    [['absent'], false, '\r\n'],
    [['subj'], false, '\r\n'],
    [[], false, '\r\n'],
    [['SUBJECT', 'topic'], true, 'From mbox\r\nTo: a\r\nX: y\r\n\r\n'],
    [[], true, HEADER],
  ])('%j, not: %j', (names, not, expected) => {
    expect(selectFields(octets(HEADER), names, not).toString('latin1')).toBe(expected)
  })

  test.each<[string, string]>([
    ['A: 1\r\nB: 2\r\n', 'A: 1\r\n'],
    ['A: 1', 'A: 1'],
    ['B: 1\r\nA', ''],
    ['B: 1\nA: 2\n 3\n\n', 'A: 2\n 3\n\n'],
    ['', ''],
  ])('a header that ends oddly: %j', (header, expected) => {
    expect(selectFields(octets(header), ['a']).toString('latin1')).toBe(expected)
  })

  test('a name that never ends is passed over without being held', () => {
    const line = `${'x'.repeat(mimeLimits.fieldName + 10)}: y\r\n`
    expect(selectFields(octets(`${line}A: 1\r\n\r\n`), ['a']).toString('latin1')).toBe('A: 1\r\n\r\n')
    expect(selectFields(octets(`${line}A: 1\r\n\r\n`), ['a'], true).toString('latin1')).toBe(`${line}\r\n`)
  })

  const filtered = (chunks: Buffer[], not: boolean): string => {
    const filter = new FieldFilter(['subject', 'x'], not)
    return Buffer.concat([...chunks.map((chunk) => filter.push(chunk)), filter.end()]).toString('latin1')
  }

  test.each([false, true])('is the same for every way of cutting the header (not: %j)', (not) => {
    const whole = filtered([octets(HEADER)], not)
    expect(filtered(everyOctet(octets(HEADER)), not)).toBe(whole)
    fc.assert(fc.property(cut(octets(HEADER)), (chunks) => filtered(chunks, not) === whole))
  })

  test('what is chosen and what is not make up the header, whatever its octets', () => {
    fc.assert(
      fc.property(hostileOctets('\r\n: \txX\0'), (raw) => {
        const text = raw.toString('latin1')
        const empty = /(?<=^|\n)\r?\n/.exec(text)?.[0].length ?? 0
        const header = octets(text.replace(/(?<=^|\n)(\r?\n)[\s\S]*/, '$1'))
        const both = selectFields(header, ['x']).length + selectFields(header, ['x'], true).length
        expect(both - empty).toBe(header.length)
      }),
    )
  })
})
