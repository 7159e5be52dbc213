import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeSloppyUtf7, decodeUtf7, encodeUtf7 } from './utf7.js'

test.each([
  ['INBOX', 'INBOX'],
  ['', ''],
  ['a & b', 'a &- b'],
  ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'], // RFC 3501 §5.1.3
  ['Entwürfe', 'Entw&APw-rfe'],
  ['ü&', '&APw-&-'],
  ['😀', '&2D3eAA-'],
  ['tab\there', 'tab&AAk-here'],
  ['\x7f', '&AH8-'],
])('%j is %s on the wire', (name, wire) => {
  expect(encodeUtf7(name)).toBe(wire)
  expect(decodeUtf7(wire)).toBe(name)
})

test.each([
  ['a stray shift', 'a & b'],
  ['a shift without an end', '&U,BTFw'],
  ['an octet over 127', 'Entw\xfcrfe'],
  ['a control', 'a\x00b'],
  ['superfluous shifts (RFC 3501 §5.1.3)', '&U,BTFw-&ZeVnLIqe-'],
  ['a printable character in base64', '&AGE-'],
  ['an ampersand in base64', '&ACY-'],
  ['half a code unit', '&U,BT-'],
  ['bits that are left over', '&U,B-'],
  ['padding', '&APw=-'],
  ['a slash instead of a comma', '&U/BTFw-'],
  ['a lone high surrogate', '&2D0-'],
  ['a lone low surrogate', '&3gA-'],
])('%s is refused', (_why, wire) => {
  expect(decodeUtf7(wire)).toBe(null)
})

test('decoding undoes encoding, in printable ASCII', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.oneof(
          fc.constantFrom('&', '-', ',', '/', 'a'),
          fc.constantFrom('é', '語', '😀'),
          fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        ),
      }),
      (name) => {
        fc.pre(!/\p{Surrogate}/u.test(name))
        const wire = encodeUtf7(name)
        expect(wire).toMatch(/^[\x20-\x7e]*$/)
        expect(decodeUtf7(wire)).toBe(name)
      },
    ),
    { numRuns: 2000 },
  )
})

test('one name has one spelling: what decodes encodes to the same', () => {
  const signs = fc.constantFrom('&', '-', ',', '+', '/', 'A', 'P', 'w', 'a', '=', 'é', '2', 'D')
  fc.assert(
    fc.property(fc.string({ unit: signs, maxLength: 12 }), (wire) => {
      const name = decodeUtf7(wire)
      if (name !== null) expect(encodeUtf7(name)).toBe(wire)
    }),
    { numRuns: 5000 },
  )
})

describe('careless spellings', () => {
  const octets = (text: string): string => Buffer.from(text).toString('latin1')

  test.each([
    ['R&D', 'R&D'],
    ['R&-D', 'R&D'],
    ['&', '&'],
    ['a & b', 'a & b'],
    ['&AGE-', 'a'],
    ['&AGEA4g-', 'aâ'],
    ['&U,A-&U,A-', '台台'],
    ['&D-2', '&D-2'],
    ['&2AA-', '&2AA-'],
    [octets('Café'), 'Café'],
    [octets('Café &-'), 'Café &'],
  ])('%j means %j', (wire, name) => {
    expect(decodeSloppyUtf7(wire)).toBe(name)
  })

  test.each(['\xff', '\xc3', `${octets('é')}\x80`, '&AAA-'])('%j means nothing', (wire) => {
    expect(decodeSloppyUtf7(wire)).toBeNull()
  })

  test('what is spelt rightly means what it says, and whatever is understood has a right spelling', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((name) => !name.includes('\0')),
        (name) => {
          expect(decodeSloppyUtf7(encodeUtf7(name))).toBe(name)
        },
      ),
    )
    const piece = fc.oneof(fc.constantFrom('&', '-', '&-', 'AGE', '&AOk-', 'é', '\xc3'), fc.string())
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const name = decodeSloppyUtf7(octets(pieces.join('')))
        if (name !== null) expect(decodeUtf7(encodeUtf7(name))).toBe(name)
      }),
    )
  })
})
