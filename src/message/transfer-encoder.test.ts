/** What is encoded is read back by our decoder, whatever it is and however it is cut. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut, hostileOctets } from '../../test/arbitraries.js'
import { transferDecoder } from './transfer-decoder.js'
import { encodedOctets, type SafeEncoding, transferEncoder } from './transfer-encoder.js'

function encoded(encoding: SafeEncoding, pieces: Iterable<Uint8Array>, closesLine = false): string {
  const encoder = transferEncoder(encoding)
  const out: Buffer[] = []
  for (const piece of pieces) out.push(encoder.push(piece))
  return Buffer.concat([...out, encoder.end(closesLine)]).toString('latin1')
}

function decoded(encoding: SafeEncoding, text: string): Buffer {
  const decoder = transferDecoder(encoding)
  return Buffer.concat([decoder.push(Buffer.from(text, 'latin1')), decoder.end()])
}

const content = fc.oneof(
  hostileOctets('\r\n- =\t.\xe9'),
  fc.uint8Array({ maxLength: 500 }).map((octets) => Buffer.from(octets)),
  fc
    .array(fc.constantFrom('long '.repeat(40), '-'.repeat(100), ' \r\n', '\xe9'.repeat(80), '--a\r\n', ' '.repeat(90)))
    .map((lines) => Buffer.from(lines.join(''), 'latin1')),
)
const both = fc.constantFrom<SafeEncoding>('quoted-printable', 'base64')

test('what is encoded decodes to the same, in safe lines, within the bound', () => {
  const cutContent = content.chain((octets) => fc.tuple(fc.constant(octets), cut(octets)))
  fc.assert(
    fc.property(cutContent, both, fc.boolean(), ([octets, pieces], encoding, closesLine) => {
      const text = encoded(encoding, pieces, closesLine)
      expect(text).toBe(encoded(encoding, [octets], closesLine))
      expect(decoded(encoding, text)).toEqual(octets)
      expect(text).toMatch(/^(?:(?!-)[\t -~]{0,76}\r\n)*(?!-)[\t -~]{0,76}$/)
      expect(text).not.toMatch(/[ \t](?:\r\n|$)/)
      if (closesLine && octets.length > 0) expect(text).toMatch(/\r\n$/)
      const count = (what: RegExp): number => octets.toString('latin1').match(what)?.length ?? 0
      const counts = {
        octets: octets.length,
        escaped: count(/[^\t\r\n -~]|=|\r(?!\n)|(?<!\r)\n/g),
        lines: count(/\n/g),
      }
      expect(text.length).toBeLessThanOrEqual(encodedOctets(encoding, counts))
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['Grüße\r\n', 'Gr=FC=DFe\r\n'],
  ['a = b \r\n', 'a =3D b=20\r\n'],
  ['-- \r\nAnn', '=2D-=20\r\nAnn'],
  ['a\rb\n', 'a=0Db=0A'],
  [`${'x'.repeat(75)}-y`, `${'x'.repeat(75)}=\r\n=2Dy`],
])('%j as quoted-printable (RFC 2045 §6.7)', (text, expected) => {
  expect(encoded('quoted-printable', [Buffer.from(text, 'latin1')])).toBe(expected)
})

test('base64 has lines of 76 (RFC 2045 §6.8)', () => {
  const text = encoded('base64', [Buffer.alloc(58, 1)], true)
  expect(text).toBe(`${Buffer.alloc(57, 1).toString('base64')}\r\nAQ==\r\n`)
})
