import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CaseFolder, foldCase, SubstringFinder } from './case-fold.js'

test.each([
  ['Straße', 'STRASSE'],
  ['ΟΔΟΣ', 'οδος'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['É', 'e\u0301'],
  ['ﬁn', 'FIN'],
  ['ЁЛКА', 'ёлка'],
  ['a\u00a0b', 'A B'],
  ['a\0b', 'a b'],
])('%j and %j are the same', (a, b) => {
  expect(foldCase(a)).toBe(foldCase(b))
})

test('e and é differ in a word', () => {
  expect(foldCase('été')).not.toContain(foldCase('ete'))
})

const letters = fc.array(fc.constantFrom('a', 'B', 'ß', '\u0301', '\u0323', 'é', '😀', 'ς', ' ', '\0', '각'), {
  maxLength: 20,
})

test('a text folds the same in pieces', () => {
  fc.assert(
    fc.property(letters, (pieces) => {
      const folder = new CaseFolder()
      expect(pieces.map((piece) => folder.push(piece)).join('') + folder.end()).toBe(foldCase(pieces.join('')))
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
      expect(finder.end() || found).toBe(foldCase(pieces.join('')).includes(foldCase(wanted)))
    }),
    { numRuns: 2000 },
  )
})

test('nothing is found across the end of a text', () => {
  const finder = new SubstringFinder('ab')
  expect([finder.push('a'), finder.end(), finder.push('b'), finder.end()]).toEqual([false, false, false, false])
})
