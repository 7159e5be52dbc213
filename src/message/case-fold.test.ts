import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CaseFolder, collated, foldCase, SubstringFinder } from './case-fold.js'

const SAME = [
  ['ΟΔΟΣ', 'οδος'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['É', 'e\u0301'],
  ['ЁЛКА', 'ёлка'],
  ['a\u00a0b', 'A B'],
  ['a\0b', 'a b'],
] as const

test.each<readonly [string, string]>(SAME)('%j and %j are the same', (a, b) => {
  expect(collated(a)).toBe(collated(b))
})

test.each<readonly [string, string]>([...SAME, ['Straße', 'STRASSE'], ['ﬁn', 'FIN']])(
  '%j and %j are the same in the index',
  (a, b) => {
    expect(foldCase(a)).toBe(foldCase(b))
  },
)

test.each([
  ['Straße', 'STRASSE'],
  ['ﬁn', 'FIN'],
])('%j and %j differ by i;unicode-casemap', (a, b) => {
  expect(collated(a)).not.toBe(collated(b))
})

test('e and é differ in a word', () => {
  expect(collated('été')).not.toContain(collated('ete'))
})

test('no character is folded by i;unicode-casemap in a way that the index does not follow', () => {
  const odd: string[] = []
  for (let code = 1; code < 0x30000; code++) {
    const character = String.fromCodePoint(code)
    if ((code < 0xd800 || code >= 0xe000) && foldCase(collated(character)) !== foldCase(character)) odd.push(character)
  }
  expect(odd).toEqual([])
})

const letters = fc.array(
  fc.constantFrom('a', 'B', 'ß', '\u0301', '\u0323', 'é', '😀', 'ς', '\u0345', ' ', '\0', '각'),
  {
    maxLength: 20,
  },
)

test('a text folds the same in pieces', () => {
  fc.assert(
    fc.property(letters, (pieces) => {
      for (const fold of [collated, foldCase]) {
        const folder = new CaseFolder(fold)
        expect(pieces.map((piece) => folder.push(piece)).join('') + folder.end()).toBe(fold(pieces.join('')))
      }
    }),
    { numRuns: 2000 },
  )
})

test('what is found in the whole is found in pieces', () => {
  const needle = fc.array(fc.constantFrom('a', 'b', 'SS', 'é', ' '), { maxLength: 3 }).map((all) => all.join(''))
  fc.assert(
    fc.property(letters, needle, (pieces, wanted) => {
      const finder = new SubstringFinder(wanted)
      const found = pieces.map((piece) => finder.push(piece)).includes(true)
      expect(finder.end() || found).toBe(collated(pieces.join('')).includes(collated(wanted)))
    }),
    { numRuns: 2000 },
  )
})

test('nothing is found across the end of a text', () => {
  const finder = new SubstringFinder('ab')
  expect([finder.push('a'), finder.end(), finder.push('b'), finder.end()]).toEqual([false, false, false, false])
})
