import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, everyOctet } from '../../test/arbitraries.js'
import { DotDecoder, dotEncode } from './dot-decoder.js'

interface Outcome {
  readonly text: string
  readonly rest: string
  readonly bare: boolean
  readonly done: boolean
}

function decode(chunks: readonly Buffer[]): Outcome {
  const decoder = new DotDecoder()
  let text = ''
  for (const [i, chunk] of chunks.entries()) {
    const { data, used, done } = decoder.push(chunk)
    text += data.toString('latin1')
    const rest = (): string => Buffer.concat([chunk.subarray(used), ...chunks.slice(i + 1)]).toString('latin1')
    if (done) return { text, rest: rest(), bare: decoder.bareLineEnd, done }
    expect(used).toBe(chunk.length)
  }
  return { text, rest: '', bare: decoder.bareLineEnd, done: false }
}

/** The same rules in another manner: over the whole input at once. */
function oracle(wire: string): Outcome {
  const end = /(?:^|\r\n)\.\r\n/.exec(wire)
  const body = end === null ? wire : wire.slice(0, end.index + end[0].length - 3)
  const text = body.replace(/(^|\r\n)\./g, '$1')
  const bare = /\r(?!\n)|(?<!\r)\n/.test(body)
  return { text, rest: end === null ? '' : wire.slice(end.index + end[0].length), bare, done: end !== null }
}

const line = fc.stringMatching(/^[ -~]{0,60}$/)
const message = fc
  .array(
    fc.oneof(
      line,
      line.map((l) => `.${l}`),
      fc.constant('.'),
    ),
    { maxLength: 8 },
  )
  .map((lines) => Buffer.from(lines.map((l) => `${l}\r\n`).join(''), 'latin1'))

/** Nasty on purpose: only the octets that the decoder cares about. */
const nasty = fc
  .array(fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.'), { maxLength: 14 })
  .map((parts) => parts.join(''))

describe('dot-stuffing (RFC 5321 §4.5.2)', () => {
  test('survives every way of cutting the stream', () => {
    fc.assert(
      fc.property(
        message.chain((m) => fc.tuple(fc.constant(m), cut(Buffer.concat([dotEncode(m), Buffer.from('QUIT\r\n')])))),
        ([sent, chunks]) => {
          expect(decode(chunks)).toEqual({ text: sent.toString('latin1'), rest: 'QUIT\r\n', bare: false, done: true })
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('loses and adds no octet, bare CR and LF included', () => {
    const ended = nasty.map((m) => `${m}\r\n`)
    fc.assert(
      fc.property(
        ended.chain((m) => fc.tuple(fc.constant(m), cut(dotEncode(Buffer.from(m))))),
        ([sent, chunks]) => {
          expect(decode(chunks)).toMatchObject({ text: sent, rest: '', done: true })
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('does with any octets what the rules say, however they are cut', () => {
    fc.assert(
      fc.property(
        nasty.chain((m) => fc.tuple(fc.constant(`${m}\r\nz`), cut(Buffer.from(`${m}\r\nz`)))),
        ([wire, chunks]) => {
          expect(decode(chunks)).toEqual(oracle(wire))
        },
      ),
      { numRuns: 5000 },
    )
  })

  test.each([
    ['.\r\n', ''],
    ['\r\n.\r\n', '\r\n'],
    ['..\r\n.\r\n', '.\r\n'],
    ['...\r\n.\r\n', '..\r\n'],
    ['.x\r\n.\r\n', 'x\r\n'], // a client that forgot to stuff loses its dot, and nothing else
    ['.\rx\r\n.\r\n', '\rx\r\n'],
    ['.\r\r\n.\r\n', '\r\r\n'],
    ['.\n.\r\n.\r\n', '\n.\r\n'],
    ['a\r\r\n.\r\n', 'a\r\r\n'],
    ['\0\xff\r\n.\r\n', '\0\xff\r\n'],
  ])('%j is %j', (wire, text) => {
    const octets = Buffer.from(wire, 'latin1')
    expect(decode([octets])).toMatchObject({ text, done: true })
    expect(decode(everyOctet(octets))).toMatchObject({ text, done: true })
  })

  test.each(['a\r\n.\n', 'a\n.\r\n', 'a\n.\n', 'a\r.\r', '.\rx', 'a\r\n.\r', 'a\n\n.\n\n'])(
    '%j is not an end, and is reported (SMTP smuggling)',
    (wire) => {
      const octets = Buffer.from(`${wire}x\r\n`)
      expect(decode([octets])).toMatchObject({ done: false, bare: true })
      expect(decode(everyOctet(octets))).toMatchObject({ done: false, bare: true })
    },
  )

  test('a decoder can be used for the next message', () => {
    const decoder = new DotDecoder()
    expect(decoder.push(Buffer.from('a\r\n.\r\n')).done).toBe(true)
    expect(decoder.push(Buffer.from('.\r\n')).done).toBe(true)
  })

  test('a chunk without a leading dot is passed on, not copied', () => {
    const chunk = Buffer.from('plain text\r\nof two lines\r\n')
    expect(new DotDecoder().push(chunk).data.buffer).toBe(chunk.buffer)
  })
})
