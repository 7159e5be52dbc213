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
    ['a \rb', 'a \rb'],
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

test.each(['base64', 'quoted-printable'])('%s: how it is cut makes no difference', (encoding) => {
  const text = fc.array(fc.constantFrom('=', 'A', '4', 'f', ' ', '\t', '\r', '\n', '=3D', '=\r\n', 'x'), {
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
