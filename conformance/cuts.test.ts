import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterCr, cutsFor, eachOctet, seeded } from './cuts.js'

test('no cut loses or adds an octet, and no piece is empty', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (octets, seed) => {
      for (const cut of cutsFor(seed)) {
        const pieces = cut.apply(Buffer.from(octets))
        expect(Buffer.concat(pieces)).toEqual(Buffer.from(octets))
        expect(pieces.every(({ length }) => length > 0)).toBe(true)
      }
    }),
  )
})

test('one octet at a time is that, up to some thousand pieces', () => {
  expect(eachOctet.apply(Buffer.from('abc')).map(String)).toEqual(['a', 'b', 'c'])
  expect(eachOctet.apply(Buffer.alloc(100_000)).length).toBeLessThanOrEqual(3000)
})

test('CRLF is torn apart', () => {
  expect(afterCr.apply(Buffer.from('a\r\nb\r\n')).map(String)).toEqual(['a\r', '\nb\r', '\n'])
})

test('the same seed cuts alike, another one does not', () => {
  const octets = Buffer.from('x'.repeat(100))
  const lengths = (seed: number) =>
    seeded(seed)
      .apply(octets)
      .map(({ length }) => length)
  expect(lengths(7)).toEqual(lengths(7))
  expect(lengths(7)).not.toEqual(lengths(8))
})
