import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mailboxMatcher } from './mailbox-pattern.js'

test.each([
  ['*', 'a/b', true],
  ['%', 'a/b', false],
  ['%', 'a', true],
  ['a/%', 'a/b', true],
  ['a/%', 'a/b/c', false],
  ['a/*', 'a/b/c', true],
  ['a*', 'a', true],
  ['%/%', 'a/b', true],
  ['%/c', 'a/b/c', false],
  ['*/c', 'a/b/c', true],
  ['inbox', 'INBOX', true],
  ['iN%', 'INBOX', true],
  ['inbox', 'Inbox2', false],
  ['inbox/%', 'INBOX/a', true],
  ['inbox*', 'INBOX/a', true],
  ['inboxes', 'INBOX', false],
  ['INBOX/A', 'INBOX/a', false],
  ['sent', 'Sent', false],
  ['?', 'a', false],
  ['.', 'a', false],
  ['%😀', 'x😀', true],
  ['', '', true],
])('%s against %s: %s', (pattern, name, matches) => {
  expect(mailboxMatcher(pattern)(name)).toBe(matches)
})

test('a pattern matches what its regular expression matches', () => {
  const signs = fc.string({ unit: fc.constantFrom('a', 'b', '/', '%', '*'), maxLength: 8 })
  const names = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 })
  fc.assert(
    fc.property(signs, names, (pattern, name) => {
      const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('%', '[^/]*')}$`)
      expect(mailboxMatcher(pattern)(name)).toBe(regex.test(name))
    }),
    { numRuns: 5000 },
  )
})

test('many wildcards are not slow', () => {
  const matches = mailboxMatcher(`${'*a%b'.repeat(200)}!`)
  expect(matches('ab'.repeat(250))).toBe(false)
})
