import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldAddress, isLocalPart, readLocalPart } from './local-part.js'

const canonical = (text: string): string | null => {
  const read = readLocalPart(text)
  return read.kind === 'canonical' ? read.text : null
}

test.each([
  ['Alice', 'alice'],
  ["o'Brien+Tag=x", "o'brien+tag=x"],
  ['Jürgen', 'jürgen'],
  ['JU\u0308RGEN', 'jürgen'],
  ['Пётр', 'пётр'],
  ['ПЁТР+Лист', 'пётр+лист'],
  ['пётр+news', 'пётр+news'],
  ['用户', '用户'],
  ['管理者.tokyo', '管理者.tokyo'],
  ['संपर्क', 'संपर्क'],
  ['שלום', 'שלום'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['οδος', 'οδοσ'],
  ['ΟΔΟΣ+Νέα', 'οδοσ+νέα'],
  ["ΟΔΟΣ'x", "οδοσ'x"],
  ['น้ำ', 'น้\u0e4d\u0e32'],
  ['\u01c5', null],
  ['\u2126hm', null],
  ['ıstanbul', 'ıstanbul'],
  ['ü'.repeat(32), 'ü'.repeat(32)],
])('%j is kept as %j', (text, kept) => {
  expect(canonical(text)).toBe(kept)
})

test.each([
  ['a'.repeat(65), /longer than 64 octets/],
  ['ü'.repeat(33), /longer than 64 octets/],
  // Its lower case takes an octet more.
  ['\u023a'.repeat(32), /longer than 64 octets/],
  ['', /must be letters/],
  ['al ice', /must be letters/],
  ['ü..x', /must be letters/],
  ['.ü', /must be letters/],
  ['ü"x', /must be letters/],
  ['\u212aate', /^U\+212A in it is taken for the ASCII/],
  ['ü\u037e', /^U\+037E /],
  ['ü\u1fef', /^U\+1FEF /],
  ['\u0130pek', /second dot/],
  ['\u0456\u0307', /second dot/],
  ['ü\u0085', /^U\+0085 /],
  ['al\u00adice', /^U\+00AD /],
  ['ali\u200bce', /^U\+200B /],
  ['ali\u200dce', /^U\+200D /],
  ['\u202eecila', /^U\+202E /],
  ['ali\u2066ce', /^U\+2066 /],
  ['ali\u00a0ce', /^U\+00A0 /],
  ['ali\u2028ce', /^U\+2028 /],
  ['ali\u3000ce', /^U\+3000 /],
  ['ali\u3164ce', /^U\+3164 /],
  ['ali\ufe0fce', /^U\+FE0F /],
  ['ali\u034fce', /^U\+034F /],
  ['ali\ue000ce', /^U\+E000 /],
  ['ali\u0378ce', /^U\+0378 /],
  ['ali\ufffece', /^U\+FFFE /],
  ['ali\ufffdce', /^U\+FFFD /],
  ['ali\ud800ce', /^U\+D800 /],
  ['\udc00ali', /^U\+DC00 /],
  ['\u{1f984}', /^U\+1F984 /],
  ['\uff41lice', /^U\+FF41 /],
  ['of\ufb01ce', /^U\+FB01 /],
  ['\u{1d41a}lice', /^U\+1D41A /],
  ['\u017fales', /^U\+017F /],
  ['ali\uff0bce', /^U\+FF0B /],
  ['alice\uff20example', /^U\+FF20 /],
  ['\u0301alice', /combining mark/],
  ['alice.\u0301x', /combining mark/],
  ['\u0430lice', /both Latin and Cyrillic/],
  ['\u03bfscar', /both Latin and Greek/],
  ['alice\u05e9', /both Latin and Hebrew/],
])('%j is nobody here', (text, reason) => {
  expect(readLocalPart(text)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) })
})

/** All letters with a case or a decomposition are in the first two planes, and none among ideographs and private ones. */
test('no character outside ASCII is kept as ASCII, and each has one form', () => {
  for (let c = 0x80; c < 0x20000; c++) {
    if ((c >= 0x3400 && c < 0xa000) || (c >= 0xac00 && c < 0xf900)) continue
    const character = String.fromCodePoint(c)
    const folded = foldAddress(character)
    if (foldAddress(folded) !== folded) expect.fail(`${c.toString(16)} has two forms`)
    if (/[\0-\x7f]/.test(folded) && canonical(character) !== null) expect.fail(`${c.toString(16)} is kept as ${folded}`)
  }
})

/** What names are made of, and what may disturb them. */
const name = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."aIiZ.+-='`ßſİıΣσςΆüÜ\u0301\u0307\u0308\u0327\u0338ЙйИ\u0345ᾳ\u212a\u1fef\u0e33\u0ec9漢\u200d"),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
})

test('the canonical form is its own, whatever the form in which it came', () => {
  fc.assert(
    fc.property(name, (text) => {
      expect(foldAddress(foldAddress(text))).toBe(foldAddress(text))
      const kept = canonical(text)
      if (kept === null) return
      expect(canonical(kept)).toBe(kept)
      expect(foldAddress(kept)).toBe(kept)
      for (const form of ['NFC', 'NFD'] as const) {
        const other = text.normalize(form)
        if (Buffer.byteLength(other) <= 64) expect(canonical(other)).toBe(kept)
      }
      expect(isLocalPart(kept)).toBe(true)
    }),
    { numRuns: 5000 },
  )
})

test('a name is the same with a detail behind it', () => {
  fc.assert(
    fc.property(name, name, (base, detail) => {
      const [whole, alone] = [canonical(`${base}+${detail}`), canonical(base)]
      if (whole === null || base.includes('+')) return
      expect(whole.slice(0, whole.indexOf('+'))).toBe(alone ?? foldAddress(base))
    }),
    { numRuns: 5000 },
  )
})
