import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress } from './address.js'
import { saslprep } from './saslprep.js'

describe('SASLprep (RFC 4013)', () => {
  test.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['\u0007', null],
    ['\u0627\u0031', null],
  ])('the examples of §3: %j', (input, output) => {
    expect(saslprep(input)).toBe(output)
  })

  test.each([
    ['a\u00a0b\u3000c', 'a b c'],
    ['\u200dx\ufe0f', 'x'],
    ['pa\u0308ss', 'p\u00e4ss'],
    ['\u0627\u0031\u0628', '\u0627\u0031\u0628'],
    ['\u0627', '\u0627'],
    ['\u0627a\u0628', null],
    ['\ud800', null],
    ['\ufdd0', null],
    ['\ue000', null],
    ['\u{e0041}', null],
    ['\u2028', null],
    ['\ufffd', null],
    ['\u0378', '\u0378'],
    ['\u{1f511} key', '\u{1f511} key'],
    ['', ''],
  ])('%j', (input, output) => {
    expect(saslprep(input)).toBe(output)
  })

  test('what is prepared stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const prepared = saslprep(text)
        if (prepared !== null) expect(saslprep(prepared)).toBe(prepared)
      }),
    )
  })

  test('a name that a user can have stays the same name', () => {
    const name = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...'aZ+\u00dc\u03a3\u03c2\u0301\u0e33\u0e49\u05d0\u0661'),
        fc.string({ unit: 'grapheme', maxLength: 1 }),
      ),
      maxLength: 8,
    })
    fc.assert(
      fc.property(name, (local) => {
        const written = `${local}@example.org`
        const found = parseAddress(written)
        if (found !== null) expect(parseAddress(saslprep(written) ?? written)).toEqual(found)
      }),
      { numRuns: 3000 },
    )
  })

  test('ASCII without controls is its own form', () => {
    fc.assert(fc.property(fc.stringMatching(/^[ -~]*$/), (text) => saslprep(text) === text))
  })
})
