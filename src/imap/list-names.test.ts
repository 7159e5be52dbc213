import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MailboxId } from '../core/ids.js'
import { levelsAbove } from '../store/mailbox-name.js'
import type { Mailbox } from '../store/store.js'
import { type Criterion, type ListedName, ListNames } from './list-names.js'
import { mailboxMatcher } from './mailbox-pattern.js'

const box = (name: string, subscribed: boolean, specialUse: string | null): Mailbox => ({
  ...{ id: 1 as MailboxId, name, specialUse, subscribed, uidValidity: 1 },
})

const name = fc.constantFrom('a', 'a/b', 'a/b/c', 'a/d', 'b', 'b/c', 'c/b/a')
const mailboxes = fc.uniqueArray(fc.tuple(name, fc.option(fc.constant('\\Sent'))), { selector: ([n]) => n })
const subscriptions = fc.uniqueArray(name)
const pattern = fc.constantFrom('*', '%', 'a*', '%/%', 'a', '*b', '*c')
const criteria: fc.Arbitrary<Criterion[]> = fc.constantFrom(
  [],
  ['SUBSCRIBED'],
  ['SPECIAL-USE'],
  ['SUBSCRIBED', 'SPECIAL-USE'],
)

/** The rules of RFC 5258 §3.5 as its table has them, each name by itself. */
function expected(
  all: readonly Mailbox[],
  followed: readonly string[],
  matches: (name: string) => boolean,
  wanted: readonly Criterion[],
  recursive: boolean,
): Map<string, Omit<ListedName, 'name' | 'mailbox'>> {
  const names = new Set([...all.map((m) => m.name), ...followed].flatMap((one) => [one, ...levelsAbove(one)]))
  const below = (one: string) => [...names].filter((other) => other.startsWith(`${one}/`))
  const mailbox = (one: string) => all.find((m) => m.name === one)
  const satisfies = (one: string): boolean =>
    wanted.length === 0
      ? mailbox(one) !== undefined || below(one).some((b) => mailbox(b) !== undefined)
      : wanted.every((c) => (c === 'SUBSCRIBED' ? followed.includes(one) : !!mailbox(one)?.specialUse))
  const told = [...names].filter(
    (one) => matches(one) && (satisfies(one) || (recursive && below(one).some((b) => satisfies(b) && !matches(b)))),
  )
  const info = (one: string) => ({
    subscribed: followed.includes(one),
    hasChildren: below(one).some((b) => mailbox(b) !== undefined),
    childInfo: recursive && below(one).some(satisfies),
    satisfies: satisfies(one),
  })
  return new Map(told.map((one) => [one, info(one)]))
}

test('tells of the names that the table of RFC 5258 §3.5 has, and of no others', () => {
  fc.assert(
    fc.property(mailboxes, subscriptions, pattern, criteria, fc.boolean(), (boxes, followed, sign, wanted, asked) => {
      const recursive = asked && wanted.length > 0
      const all = boxes.map(([one, use]) => box(one, followed.includes(one), use))
      const matches = mailboxMatcher(sign)
      const names = new ListNames({ matches, criteria: wanted, recursive })
      for (const one of all) names.addMailbox(one)
      for (const one of followed) names.addSubscription(one)
      for (const one of names.all) names.look(one)
      const told = [...names.all].map((one) => names.chosen(one)).filter((one) => one !== null)
      const found = new Map(told.map(({ name: one, mailbox: _, ...rest }) => [one, rest]))
      expect(new Map([...found].sort())).toEqual(
        new Map([...expected(all, followed, matches, wanted, recursive)].sort()),
      )
    }),
    { numRuns: 2000 },
  )
})
