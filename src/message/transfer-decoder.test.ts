import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { transferDecoder } from './transfer-decoder.js'

function decode(encoding: string, pieces: readonly Uint8Array[]): string {
  const decoder = transferDecoder(encoding)
  return Buffer.concat([...pieces.map((piece) => Buffer.from(decoder.push(piece))), decoder.end()]).toString('latin1')
}

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('quoted-printable (RFC 2045 §6.7)', () => {
  test.each([
    ['a=3Db', 'a=b'],
    ['a=e4b', 'a\xe4b'],
    ['a=\r\nb', 'ab'],
    ['a= \t\r\nb', 'ab'],
    ['a=\nb', 'ab'],
    ['a  \t\r\nb', 'a\r\nb'],
    ['a \nb', 'a\nb'],
    ['a \rb', 'a\rb'],
    ['a==\r\n41', 'a=41'],
    ['a=xb', 'a=xb'],
    ['a=4xb', 'a=4xb'],
    ['a==41', 'a=A'],
    ['a= b', 'a= b'],
    ['a=', 'a'],
    ['a=4', 'a=4'],
    ['a  ', 'a'],
    ['a\r', 'a\r'],
    [`a${' '.repeat(1022)}\r\n`, 'a\r\n'],
    [`a${' '.repeat(2000)}b`, `a${' '.repeat(2000)}b`],
    [`a=${' '.repeat(20)}b=${' '.repeat(20)}\r\nc`, `a=${' '.repeat(20)}bc`],
    ['=41'.repeat(5000), 'A'.repeat(5000)],
    [`${' '.repeat(5000)}\t\r\nb`, `${' '.repeat(4096)}\r\nb`],
  ])('%j', (encoded, decoded) => {
    expect(decode('Quoted-Printable', [octets(encoded)])).toBe(decoded)
  })
})

describe('base64 (RFC 2045 §6.8)', () => {
  test.each([
    ['aGVsbG8=', 'hello'],
    ['aGVs\r\nbG8=\r\n', 'hello'],
    ['aGVsbG8', 'hello'],
    ['aGk=aGk=', 'hihi'],
    ['a!G k*=', 'hi'],
    ['====', ''],
    ['', ''],
  ])('%j', (encoded, decoded) => {
    expect(decode('BASE64', [octets(encoded)])).toBe(decoded)
  })
})

test.each([' ', '= ', '=', '=4', '\t\r'])(
  'quoted-printable of nothing but %j takes no longer than it is long',
  (piece) => {
    const text = octets(piece.repeat(500_000))
    expect(decode('quoted-printable', [text, octets('x')]).length).toBeGreaterThan(400_000)
  },
)

test.each(['7bit', '8bit', 'binary', 'x-unknown'])('%s is as it is', (encoding) => {
  expect(decode(encoding, [octets('a=3D\0\xff')])).toBe('a=3D\0\xff')
})

test('any octets come back from base64', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      const text = Buffer.from(data).toString('base64').replace(/.{76}/g, '$&\r\n')
      expect(decode('base64', [octets(text)])).toBe(Buffer.from(data).toString('latin1'))
    }),
  )
})

/** A line that is decoded in parts ends within the longest one. */
const LONG = ' ='.repeat(1020)

test.each(['base64', 'quoted-printable'])('%s: how it is cut makes no difference', (encoding) => {
  const text = fc.array(fc.constantFrom('=', 'A', '4', 'f', ' ', '\t', '\r', '\n', '=3D', '=\r\n', 'x', LONG), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(
      text.map((all) => octets(all.join(''))).chain((all) => fc.tuple(fc.constant(all), cut(all))),
      ([all, pieces]) => {
        expect(decode(encoding, pieces)).toBe(decode(encoding, [all]))
      },
    ),
    { numRuns: 1000 },
  )
})
