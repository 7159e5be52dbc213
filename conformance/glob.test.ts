import { expect, test } from 'vitest'
import { globPattern } from './glob.js'

test.each([
  ['imap/*', ['imap/append', 'imap/'], ['smtp/append', 'imap', 'imap/a/b']],
  ['*append*', ['append', 'append-seen', 'an-append'], ['imap/append', 'appen']],
  ['**', ['imap/append', 'a/b/c', 'x'], []],
  ['**/append', ['append', 'imap/append', 'a/b/append'], ['xappend', 'imap/xappend']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a/xb']],
  ['rfc350?-8', ['rfc3501-8', 'rfc3502-8'], ['rfc350-8', 'rfc350/-8', 'rfc35011-8']],
  ['rfc[3-5]*', ['rfc3501', 'rfc5321'], ['rfc9051', 'rfc', 'rfc-x']],
  ['rfc[!3]*', ['rfc5321'], ['rfc3501']],
  ['[]x-]', [']', 'x', '-'], ['a']],
  ['[a-]', ['a', '-'], ['b']],
  ['{imap,smtp}/{a*,b}', ['imap/append', 'smtp/b'], ['imap/ba', 'lmtp/b']],
  ['{a,b{1,2}}', ['a', 'b1', 'b2'], ['b', 'b12', 'a1']],
  ['a\\*b', ['a*b'], ['axb']],
  ['a.b+c(d)|e^f$', ['a.b+c(d)|e^f$'], ['axb+c(d)|e^f$', 'a.b']],
  ['a,b', ['a,b'], ['a', 'b']],
  ['', [''], ['a']],
])('%s', (glob, matches, others) => {
  const pattern = globPattern(glob)
  for (const name of matches) expect(pattern.test(name), name).toBe(true)
  for (const name of others) expect(pattern.test(name), name).toBe(false)
})

test.each([
  ['[a', '"[" is not closed'],
  ['x[', '"[" is not closed'],
  ['{a,b', '"{" is not closed'],
  ['a\\', 'nothing follows the backslash'],
])('%s does not end', (glob, message) => {
  expect(() => globPattern(glob)).toThrow(message)
})
