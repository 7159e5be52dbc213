import { expect, test } from 'vitest'
import { systemRandom } from '../core/ids.js'
import { appPasswordSigns, newAppPassword } from './app-password.js'

test('one has 140 bits, in groups of four signs that do not look alike', () => {
  const made = Array.from({ length: 100 }, () => newAppPassword(systemRandom))
  for (const password of made) expect(password).toMatch(/^([a-km-np-z2-9]{4}-){6}[a-km-np-z2-9]{4}$/)
  expect(new Set(made).size).toBe(100)
})

test('the whole of chance is used', () => {
  expect(newAppPassword((n) => Buffer.alloc(n, 0))).toBe('aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa')
  expect(newAppPassword((n) => Buffer.alloc(n, 31))).toBe('9999-9999-9999-9999-9999-9999-9999')
})

const SIGNS = 'abcdefghijkmnpqrstuvwxyz2345'
test.each([
  ['abcd-efgh-ijkm-npqr-stuv-wxyz-2345', SIGNS],
  [' ABCD efgh-ijkmnpqr\tstuv-wxyz 2345 ', SIGNS],
  [SIGNS, SIGNS],
  [`${SIGNS}2`, null],
  [SIGNS.slice(1), null],
  [SIGNS.replace('a', 'l'), null],
  [SIGNS.replace('a', '0'), null],
  ['', null],
  ['correct horse battery staple', null],
])('%j is read as %j', (text, signs) => {
  expect(appPasswordSigns(text)).toBe(signs)
})
