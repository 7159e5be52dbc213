/** MailStore: copying messages and moving them. */
import { describe, expect } from 'vitest'
import type { MailboxId, Uid } from '../../src/core/ids.js'
import { type Change, FLAG } from '../../src/store/changes.js'
import { chargeOf } from '../../src/store/quota.js'
import type { Store } from '../../src/store/store.js'
import {
  appendAll,
  entriesOf,
  flags,
  inboxOf,
  type NewStore,
  newInbox,
  newUser,
  octets,
  read,
  refusal,
  uid,
  uids,
} from './fixtures.js'
import { ruleOf } from './rule.js'

const NOWHERE = 999_999 as MailboxId
const SIZE = octets('a').length

interface Boxes {
  readonly account: Awaited<ReturnType<typeof newUser>>['id']
  readonly inbox: MailboxId
  readonly other: MailboxId
}

async function twoBoxes(store: Store): Promise<Boxes> {
  const user = await newUser(store, 'ann@example.test', 'other')
  const other = await store.findMailbox(user.id, 'other')
  return { account: user.id, inbox: (await inboxOf(store, user)).id, other: other?.id ?? NOWHERE }
}

/** What is in a mailbox: UID, flags and keywords, content. */
async function shown(store: Store, mailbox: MailboxId): Promise<unknown[]> {
  const entries = await entriesOf(store, mailbox)
  return Promise.all(
    entries.map(async (e) => [e.uid, e.system, [...e.keywords], (await read(store, e.blob))?.toString()]),
  )
}

const text = (name: string): string => octets(name).toString()
const used = async (store: Store, { account }: Boxes): Promise<unknown> => {
  const quota = await store.findQuota(account)
  return [quota?.used, quota?.messages]
}
const TRANSFERS = ['copy', 'move'] as const
type Transfer = (typeof TRANSFERS)[number]
const take = (store: Store, how: Transfer, from: MailboxId, which: readonly Uid[], to: MailboxId) =>
  store[how](from, which, to)

export function copyContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe.each(TRANSFERS)('%s', (how) => {
    rule('takes flags, date, content and ids along', async (store) => {
      const { inbox, other } = await twoBoxes(store)
      await appendAll(store, inbox, ['a', flags(FLAG.seen | FLAG.deleted, 'x', 'y')], ['b'])
      await appendAll(store, other, ['c', flags(0, 'Y', 'z')])
      const [entry] = await entriesOf(store, inbox)
      const ids = await store.objectIds(inbox, uids(1, 2))
      await take(store, how, inbox, uids(1, 2), other)
      const [, copied] = await entriesOf(store, other)
      expect(copied).toEqual({ ...entry, uid: 2, modseq: 3, keywords: ['Y', 'x'] })
      expect((await shown(store, other)).slice(1)).toEqual([
        [2, FLAG.seen | FLAG.deleted, ['Y', 'x'], text('a')],
        [3, 0, [], text('b')],
      ])
      expect(await store.objectIds(other, uids(2, 3))).toEqual(ids)
      expect(await store.mailboxStatus(other)).toMatchObject({ messages: 3, unseen: 2, deleted: 1, recent: 3 })
    })

    rule('tells what became of which, ascending, however it was asked', async (store) => {
      const { inbox, other } = await twoBoxes(store)
      await appendAll(store, inbox, ['a'], ['b', flags(FLAG.deleted)], ['c'], ['d'])
      await store.expunge(inbox, null)
      await appendAll(store, other, ['x'])
      const { uidValidity } = await store.mailboxStatus(other)
      const told = await take(store, how, inbox, uids(4, 1, 2, 9, 4), other)
      expect(told).toEqual({ uidValidity, from: [1, 4], to: [2, 3] })
      expect(await take(store, how, inbox, uids(2, 9), other)).toEqual({ uidValidity, from: [], to: [] })
      expect(await take(store, how, inbox, [], other)).toEqual({ uidValidity, from: [], to: [] })
      expect((await store.mailboxStatus(other)).uidNext).toBe(4)
    })

    rule('is found by its text, and by its attachments', async (store) => {
      const { inbox, other } = await twoBoxes(store)
      await appendAll(store, inbox, ['needle'])
      await store.attachments(inbox, uid(1))
      await take(store, how, inbox, uids(1), other)
      expect(await store.search(other, { where: 'text', value: 'needle' })).toEqual([1])
      expect(await store.attachments(other, uid(1))).toMatchObject({ kind: 'found' })
    })

    rule('goes within the account alone', async (store) => {
      const { inbox } = await newInbox(store)
      const { inbox: foreign } = await newInbox(store, 'bob@example.test')
      await appendAll(store, inbox, ['a'])
      for (const [from, to] of [
        [inbox, foreign],
        [inbox, NOWHERE],
        [NOWHERE, inbox],
      ] as const) {
        expect(await refusal(take(store, how, from, uids(1), to))).toBe('no-such-mailbox')
        expect(await refusal(take(store, how, from, [], to))).toBe('no-such-mailbox')
      }
      expect(await shown(store, foreign)).toEqual([])
    })

    rule(
      'of more keywords than a mailbox may have is refused, and nothing happens',
      async (store) => {
        const { inbox, other } = await twoBoxes(store)
        await appendAll(store, inbox, ['a', flags(0, 'a', 'b')])
        await appendAll(store, other, ['x', flags(0, 'b', 'c')])
        const before = await shown(store, inbox)
        expect(await refusal(take(store, how, inbox, uids(1), other))).toBe('too-many-keywords')
        expect(await shown(store, inbox)).toEqual(before)
        expect((await store.mailboxStatus(other)).messages).toBe(1)
      },
      { keywordsPerMailbox: 2 },
    )

    rule(
      'of any number of messages keeps their order',
      async (store) => {
        const { inbox, other } = await twoBoxes(store)
        const names = Array.from({ length: 10 }, (_, i) => [`m${i}`] as [string])
        const all = await appendAll(store, inbox, ...names)
        const told = await take(store, how, inbox, all, other)
        expect(told).toMatchObject({ from: all, to: all })
        expect((await shown(store, other)).map((row) => (row as unknown[])[3])).toEqual(
          names.map(([name]) => text(name)),
        )
      },
      { rowsPerWrite: 3 },
    )
  })

  describe('copy', () => {
    rule('leaves the originals, and is charged', async (store) => {
      const boxes = await twoBoxes(store)
      const { inbox, other } = boxes
      await appendAll(store, inbox, ['a'], ['b'])
      const before = await entriesOf(store, inbox)
      await store.copy(inbox, uids(1, 2), other)
      expect(await entriesOf(store, inbox)).toEqual(before)
      expect(await used(store, boxes)).toEqual([4 * chargeOf(SIZE), 4])
      await store.setFlags(inbox, uids(1), 'add', flags(FLAG.deleted))
      await store.expunge(inbox, null)
      expect(await used(store, boxes)).toEqual([3 * chargeOf(SIZE), 3])
      expect((await shown(store, other)).length).toBe(2)
    })

    rule('into the same mailbox is possible', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'])
      expect(await store.copy(inbox, uids(1, 2), inbox)).toMatchObject({ from: [1, 2], to: [3, 4] })
      expect((await shown(store, inbox)).map((row) => (row as unknown[])[3])).toEqual(['a', 'b', 'a', 'b'].map(text))
    })

    rule('that must be whole is refused when a message is gone', async (store) => {
      const { inbox, other } = await twoBoxes(store)
      await appendAll(store, inbox, ['a'])
      expect(await refusal(store.copy(inbox, uids(1, 2), other, { whole: true }))).toBe('no-such-message')
      expect(await shown(store, other)).toEqual([])
      expect(await store.copy(inbox, uids(1, 1), other, { whole: true })).toMatchObject({ from: [1], to: [1] })
    })

    for (const rowsPerWrite of [100, 2]) {
      rule(
        `without room for all is none, in slices of ${rowsPerWrite}`,
        async (store) => {
          const boxes = await twoBoxes(store)
          const { account, inbox, other } = boxes
          const all = await appendAll(store, inbox, ['a'], ['b'], ['c'], ['d'], ['e'])
          await store.setQuota(account, { messages: 9 })
          expect(await refusal(store.copy(inbox, all, other))).toBe('over-quota')
          expect(await shown(store, other)).toEqual([])
          expect((await store.mailboxStatus(other)).uidNext).toBe(1)
          expect(await used(store, boxes)).toEqual([5 * chargeOf(SIZE), 5])
          await store.setQuota(account, { messages: 10 })
          expect((await store.copy(inbox, all, other)).to).toEqual([1, 2, 3, 4, 5])
        },
        { rowsPerWrite },
      )
    }

    rule('is one change, with the origin of who asked', async (store) => {
      const { inbox, other } = await twoBoxes(store)
      await appendAll(store, inbox, ['a'], ['b'])
      const [here, there] = await Promise.all([inbox, other].map((id) => store.openMailbox(id, { recent: false })))
      await store.copy(inbox, uids(1, 2), other, { origin: 'me' })
      expect(here?.changes.pending).toEqual([])
      const entries = await entriesOf(store, other)
      expect(there?.changes.pending).toEqual([{ type: 'added', mailbox: other, entries, origin: 'me' }])
      here?.close()
      there?.close()
    })
  })

  describe('move', () => {
    rule('leaves nothing, costs nothing and asks no quota', async (store) => {
      const boxes = await twoBoxes(store)
      const { account, inbox, other } = boxes
      await appendAll(store, inbox, ['a', flags(FLAG.seen)], ['b'], ['c', flags(FLAG.deleted)])
      await store.setQuota(account, { messages: 1 })
      expect(await store.move(inbox, uids(1, 3), other)).toMatchObject({ from: [1, 3], to: [1, 2] })
      expect(await shown(store, inbox)).toEqual([[2, 0, [], text('b')]])
      expect(await used(store, boxes)).toEqual([3 * chargeOf(SIZE), 3])
      expect(await store.mailboxStatus(inbox)).toMatchObject({ messages: 1, unseen: 1, deleted: 0, recent: 1 })
    })

    rule('into the same mailbox brings them to the end', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'], ['c'])
      const open = await store.openMailbox(inbox, { recent: false })
      expect(await store.move(inbox, uids(1, 2), inbox)).toMatchObject({ from: [1, 2], to: [4, 5] })
      expect((await shown(store, inbox)).map((row) => (row as unknown[])[0])).toEqual([3, 4, 5])
      expect([...open.state.uids]).toEqual([3, 4, 5])
      expect(open.changes.pending.map((change) => change.type)).toEqual(['expunged', 'added'])
      open.close()
    })

    rule('is seen in both mailboxes at once, and readable by who was not told', async (store) => {
      const { inbox, other } = await twoBoxes(store)
      await appendAll(store, inbox, ['a'], ['b'])
      const before = await entriesOf(store, inbox)
      const [here, there] = await Promise.all([inbox, other].map((id) => store.openMailbox(id, { recent: false })))
      await store.move(inbox, uids(2), other, 'me')
      const { highestModSeq: modseq } = await store.mailboxStatus(inbox)
      expect(here?.changes.pending).toEqual([
        { type: 'expunged', mailbox: inbox, modseq, entries: before.slice(1), origin: 'me' },
      ] satisfies Change[])
      expect(there?.changes.pending).toMatchObject([{ type: 'added', mailbox: other, origin: 'me' }])
      await store.setFlags(other, uids(1), 'add', flags(FLAG.deleted))
      await store.expunge(other, null)
      expect((await read(store, before[1]?.blob as never))?.toString()).toBe(text('b'))
      here?.close()
      there?.close()
    })
  })
}
