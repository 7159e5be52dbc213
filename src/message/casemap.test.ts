/** Keys of i;unicode-casemap. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { casemapKey } from './casemap.js'

test.each([
  ['abc XYZ-1', 'ABC XYZ-1'],
  // The example of RFC 5051 §2.
  ['\u01c4', 'D\u007a\u030c'],
  ['\u01c6', 'D\u007a\u030c'],
  ['\u00e4', 'A\u0308'],
  ['A\u0308', 'A\u0308'],
  ['\ufb01', 'fi'],
  ['\u00df', '\u00df'],
  ['\u1fb3', '\u0391\u0345'],
  ['\u1f80', '\u0391\u0313\u0345'],
  ['\u10d0', '\u10d0'],
  ['\ud55c', '\ud55c'],
  ['\uff41', '\uff21'.normalize('NFKD')],
  ['\u{10428}', '\u{10400}'],
])('%j has the key %j (RFC 5051 §2)', (text, key) => {
  expect(casemapKey(text)).toBe(key)
})

test('composed or not, large or small where a letter has one other form: the same key', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'aäzÅéñßжЖα')), (letters) => {
      const text = letters.join('')
      expect(casemapKey(text.normalize('NFD'))).toBe(casemapKey(text.normalize('NFC')))
      expect(casemapKey(text.replaceAll('ß', '').toLowerCase())).toBe(
        casemapKey(text.replaceAll('ß', '').toUpperCase()),
      )
    }),
  )
})
