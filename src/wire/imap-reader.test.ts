import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, everyOctet, hostileOctets } from '../../test/arbitraries.js'
import { ImapReader } from './imap-reader.js'

const LIMIT = 40

/** All segments and literals, as text; stops at a line over the limit. */
function read(chunks: readonly Buffer[], limit = LIMIT): string[] {
  const reader = new ImapReader()
  const seen: string[] = []
  let open = ''
  for (const chunk of chunks) {
    reader.push(chunk)
    for (;;) {
      if (reader.literalLeft > 0) {
        const part = reader.literal()
        if (part === null) break
        open += part.toString('latin1')
        if (reader.literalLeft === 0) seen.push(`<${open}>`)
        continue
      }
      const segment = reader.segment(limit)
      if (segment === null) break
      if (segment === 'too-long') return [...seen, 'too-long']
      const { text, literal } = segment
      const mark =
        literal === null ? '' : ` [${literal.size} ${literal.sync ? 'sync' : '+'}${literal.binary ? ' ~' : ''}]`
      seen.push(`${text.toString('latin1')}${mark}`)
      open = ''
    }
  }
  return seen
}

describe('segments', () => {
  test.each([
    ['a NOOP\r\n', ['a NOOP']],
    [
      'a LOGIN {5}\r\nal\r\ne {6+}\r\nsecret\r\nb NOOP\r\n',
      ['a LOGIN  [5 sync]', '<al\r\ne>', '  [6 +]', '<secret>', '', 'b NOOP'],
    ],
    ['a {0}\r\n\r\n', ['a  [0 sync]', '']],
    ['a {3}\r\n{9}\r\n', ['a  [3 sync]', '<{9}>', '']],
    ['a APPEND x ~{2}\r\n\0\n\r\n', ['a APPEND x  [2 sync ~]', '<\0\n>', '']],
    ['a ~{2+}\r\nxy\r\n', ['a  [2 + ~]', '<xy>', '']],
    ['a {007}\r\nseventy\r\n', ['a  [7 sync]', '<seventy>', '']],
    ['a {1\r\n', ['a {1']],
    ['a {1} \r\n', ['a {1} ']],
    ['a 1}\r\n', ['a 1}']],
    ['a {}\r\n', ['a {}']],
    ['a {-1}\r\n', ['a {-1}']],
    ['a {+}\r\n', ['a {+}']],
    ['a {1++}\r\n', ['a {1++}']],
    ['a {1 }\r\n', ['a {1 }']],
    ['a {{1}\r\nx\r\n', ['a { [1 sync]', '<x>', '']],
    ['{1}\r\nx\r\n', [' [1 sync]', '<x>', '']],
    ['~{1}\r\nx\r\n', [' [1 sync ~]', '<x>', '']],
    ['a\nb\rc\r\n', ['a\nb\rc']],
    ['\r\n', ['']],
    [`${'x'.repeat(LIMIT)}\r\n`, ['x'.repeat(LIMIT)]],
    [`${'x'.repeat(LIMIT + 1)}\r\n`, ['too-long']],
    [`${'x'.repeat(LIMIT - 3)}{1}\r\n`, ['too-long'].slice(1).concat(`${'x'.repeat(LIMIT - 3)} [1 sync]`)],
  ])('%j', (input, events) => {
    expect(read([Buffer.from(input, 'latin1')])).toEqual(events)
    expect(read(everyOctet(Buffer.from(input, 'latin1')))).toEqual(events)
  })

  test('any octets give the same events, however they are cut', () => {
    fc.assert(
      fc.property(
        hostileOctets('\r\n{}+~0129a"\\()').chain((octets) => fc.tuple(fc.constant(octets), cut(octets))),
        ([octets, chunks]) => {
          expect(read(chunks)).toEqual(read([octets]))
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('sizes that no one can mean', () => {
  test.each(['9007199254740992', '9223372036854775808', '9'.repeat(30)])('{%s+} is endless', (size) => {
    const reader = new ImapReader()
    reader.push(Buffer.from(`a APPEND x {${size}+}\r\nabc`))
    const segment = reader.segment(100)
    expect(segment).toMatchObject({ literal: { size: Number.POSITIVE_INFINITY, sync: false, binary: false } })
    expect(reader.literal()?.toString()).toBe('abc')
    expect(reader.literalLeft).toBe(Number.POSITIVE_INFINITY)
    expect(reader.literal()).toBe(null)
  })

  test('{9007199254740991} is the largest that is counted', () => {
    const reader = new ImapReader()
    reader.push(Buffer.from('a {9007199254740991}\r\n'))
    expect(reader.segment(100)).toMatchObject({ literal: { size: Number.MAX_SAFE_INTEGER } })
  })
})

describe('a literal', () => {
  test('that is refused leaves the next line where it is', () => {
    const reader = new ImapReader()
    reader.push(Buffer.from('a APPEND x {99}\r\nb NOOP\r\n'))
    reader.segment(100)
    expect(reader.literalLeft).toBe(99)
    reader.refuseLiteral()
    expect(reader.segment(100)).toMatchObject({ text: Buffer.from('b NOOP'), literal: null })
  })

  test('must be read before the next segment', () => {
    const reader = new ImapReader()
    reader.push(Buffer.from('a {1}\r\nx\r\n'))
    reader.segment(100)
    expect(() => reader.segment(100)).toThrow('still open')
    expect(reader.pending).toBe(3)
    expect(reader.literal()?.toString()).toBe('x')
    expect(reader.literal()).toBe(null)
    expect(reader.segment(100)).toMatchObject({ text: Buffer.from('') })
    expect(reader.pending).toBe(0)
  })
})
