import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, everyOctet, hostileOctets } from '../../test/arbitraries.js'
import { dotEncode } from './dot-decoder.js'
import { SmtpReader } from './smtp-reader.js'

const LIMIT = 20
const DISCARD = 60

const readerOf = (...chunks: string[]): SmtpReader => {
  const reader = new SmtpReader()
  for (const chunk of chunks) reader.push(Buffer.from(chunk, 'latin1'))
  return reader
}

/** Every line as soon as it is there, up to a flood. */
function linesOf(chunks: readonly Buffer[]): string[] {
  const reader = new SmtpReader()
  const seen: string[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let line = reader.line(LIMIT, DISCARD); line !== null; line = reader.line(LIMIT, DISCARD)) {
      seen.push(line.kind === 'line' ? `${line.octets.toString('latin1')}${line.bare ? ' (bare)' : ''}` : line.kind)
      if (line.kind === 'flood') return seen
    }
  }
  return seen
}

describe('lines', () => {
  test.each([
    ['EHLO a\r\nQUIT\r\n', ['EHLO a', 'QUIT']],
    ['EHLO\nMAIL\r\n', ['EHLO\nMAIL (bare)']],
    ['EHLO\rMAIL\r\n', ['EHLO\rMAIL (bare)']],
    ['EHLO\r\r\n', ['EHLO\r (bare)']],
    [`${'x'.repeat(18)}\r\n`, ['x'.repeat(18)]], // RFC 5321 §4.5.3.1.4: the limit counts the CRLF
    [`${'x'.repeat(19)}\r\nQUIT\r\n`, ['too-long', 'QUIT']],
    [`${'x'.repeat(50)}\r\n${'y'.repeat(50)}\r\nQUIT\r\n`, ['too-long', 'too-long', 'QUIT']],
    [`${'x'.repeat(58)}\r\nQUIT\r\n`, ['too-long', 'QUIT']],
    [`${'x'.repeat(59)}\r\nQUIT\r\n`, ['flood']],
    ['x'.repeat(10), []],
    ['x'.repeat(100), ['flood']],
    [`${'x\r'.repeat(25)}\r\nQUIT\r\n`, ['too-long', 'QUIT']],
  ])('%j', (input, lines) => {
    expect(linesOf([Buffer.from(input)])).toEqual(lines)
    expect(linesOf(everyOctet(Buffer.from(input)))).toEqual(lines)
  })

  test('any octets give the same lines, however they are cut', () => {
    fc.assert(
      fc.property(
        hostileOctets('\r\nx').chain((octets) => fc.tuple(fc.constant(octets), cut(octets))),
        ([octets, chunks]) => {
          expect(linesOf(chunks)).toEqual(linesOf([octets]))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('a flood stays one', () => {
    const reader = readerOf('x'.repeat(100))
    expect(reader.line(LIMIT, DISCARD)).toEqual({ kind: 'flood' })
    expect(reader.line(LIMIT, DISCARD)).toEqual({ kind: 'flood' })
  })
})

/** A transaction as the session reads it: lines, after DATA a message, after BDAT counted octets. */
function dialogue(chunks: readonly Buffer[]): string[] {
  const reader = new SmtpReader()
  const seen: string[] = []
  let data: string | null = null
  let left = 0
  const step = (): boolean => {
    if (data !== null) {
      const part = reader.data()
      if (part === null) return false
      data += part.octets.toString('latin1')
      if (!part.done) return true
      seen.push(`<${data}>${part.bare ? ' (bare)' : ''}`)
      data = null
      return true
    }
    if (left > 0) {
      const part = reader.octets(left)
      if (part === null) return false
      left -= part.length
      seen[seen.length - 1] += part.toString('latin1')
      return true
    }
    const line = reader.line(1000, 1000)
    if (line === null) return false
    if (line.kind !== 'line') throw new Error(line.kind)
    const text = line.octets.toString('latin1')
    seen.push(text)
    if (text === 'DATA') data = ''
    const size = /^BDAT (\d+)/.exec(text)?.[1]
    if (size !== undefined) {
      left = Number(size)
      seen.push('')
    }
    return true
  }
  for (const chunk of chunks) {
    reader.push(chunk)
    while (step());
  }
  expect(reader.pending).toBe(0)
  return seen
}

describe('messages between lines', () => {
  const input =
    'MAIL\r\nDATA\r\n..a\r\n.\r\nDATA\r\nb\nc\r\n.\r\nBDAT 8\r\n.\r\nx\r\n.\nBDAT 0\r\nDATA\r\n.\r\nQUIT\r\n'
  const seen = ['MAIL', 'DATA', '<.a\r\n>', 'DATA', '<b\nc\r\n> (bare)', 'BDAT 8', '.\r\nx\r\n.\n']
  const rest = ['BDAT 0', '', 'DATA', '<>', 'QUIT']

  test('are read in their turn, however the stream is cut', () => {
    fc.assert(
      fc.property(cut(Buffer.from(input)), (chunks) => {
        expect(dialogue(chunks)).toEqual([...seen, ...rest])
      }),
      { numRuns: 2000 },
    )
    expect(dialogue(everyOctet(Buffer.from(input)))).toEqual([...seen, ...rest])
  })

  test('what was pipelined behind the end of one is kept', () => {
    const reader = readerOf(`${dotEncode(Buffer.from('hello\r\n'))}NOOP\r\n`)
    expect(reader.data()).toMatchObject({ done: true, bare: false })
    expect(reader.pending).toBe(6)
    expect(reader.line(LIMIT, DISCARD)).toMatchObject({ kind: 'line', octets: Buffer.from('NOOP') })
    expect(reader.data()).toBe(null)
  })

  test('a bare line end of one message is not the next one’s', () => {
    const reader = readerOf('a\nb\r\n.\r\n', 'c\r\n.\r\n')
    expect(reader.data()).toMatchObject({ done: true, bare: true })
    expect(reader.data()).toMatchObject({ done: true, bare: false })
  })
})
