import fc from 'fast-check'
import { expect, test } from 'vitest'
import { claimsOf, mayClaim } from './submission-authors.js'

/** Everybody at `mine` is the user. */
function allowed(...fields: readonly [string, string][]): boolean | null {
  const claims = claimsOf(fields.map(([name, value]) => ({ name, value: `${value}\r\n` })))
  if (claims === null) return null
  const all = [...(claims.from ?? []), ...claims.sender]
  return mayClaim(claims, new Set(all.filter(({ host }) => host === 'mine')))
}

test.each<[string, boolean, ...[string, string][]]>([
  ['no From', true],
  ['an own author', true, ['from', 'Alice <a@mine>']],
  ['a foreign author', false, ['from', 'Alice <a@theirs>']],
  ['a foreign author under an own name', false, ['from', '"a@mine" <a@theirs>']],
  ['a foreign author behind an own address', false, ['from', 'a@mine <a@theirs>']],
  ['a foreign author and an own Sender', false, ['from', 'a@theirs'], ['sender', 'a@mine']],
  ['an own author and a foreign Sender', false, ['from', 'a@mine'], ['sender', 'a@theirs']],
  ['own authors', true, ['from', 'a@mine, b@mine']],
  ['own authors, one of them foreign', false, ['from', 'a@mine, b@theirs']],
  ['and Sender says who sends', true, ['from', 'a@mine, b@theirs'], ['sender', 'a@mine']],
  ['a Sender among strangers', false, ['from', 'a@theirs, b@theirs'], ['sender', 'a@mine']],
  ['nobody', false, ['from', '']],
  ['a group of nobody', false, ['from', 'Anonymous:;']],
  ['a group of nobody, and Sender', true, ['from', 'Anonymous:;'], ['sender', 'a@mine']],
  ['a group with somebody foreign', false, ['from', 'We: a@theirs;']],
  ['two fields, the second foreign', false, ['from', 'a@mine'], ['from', 'b@theirs']],
  ['two Senders, one of them foreign', false, ['from', 'a@mine'], ['sender', 'a@mine'], ['sender', 'b@theirs']],
  ['an address without a domain', false, ['from', 'ceo']],
  ['an address that is folded', true, ['from', '\r\n Alice\r\n <a@mine>']],
  ['an address that stands in a comment alone', false, ['from', '(a@mine)']],
])('%s: %s', (_, expected, ...fields) => {
  expect(allowed(...fields)).toBe(expected)
})

test('more addresses than are looked at are not looked at', () => {
  expect(allowed(['from', Array.from({ length: 100 }, (_, i) => `a${i}@mine`).join()])).toBe(true)
  expect(allowed(['from', Array.from({ length: 101 }, (_, i) => `a${i}@mine`).join()])).toBeNull()
})

test('whatever the fields say, with an own author alone nothing foreign comes in', () => {
  const junk = fc.string({
    unit: fc.constantFrom('a', '@', '<', '>', ',', ';', ':', '"', '(', ')', ' ', 'theirs', 'mine'),
  })
  fc.assert(
    fc.property(junk, (text) => {
      const claims = claimsOf([{ name: 'from', value: text }])
      const foreign = claims?.from?.some(({ host }) => host !== 'mine')
      expect(allowed(['from', text])).toBe(foreign === false && (claims?.from?.length ?? 0) > 0)
    }),
  )
})
