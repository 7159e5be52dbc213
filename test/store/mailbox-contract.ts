/** Mailboxes by name: made, deleted, renamed, subscribed to. */
import { describe, expect } from 'vitest'
import type { AccountId } from '../../src/core/ids.js'
import { FLAG } from '../../src/store/changes.js'
import type { Store } from '../../src/store/store.js'
import { appendAll, entriesOf, flags, type NewStore, newInbox, newUser, read, refusal, settle } from './fixtures.js'
import { ruleOf } from './rule.js'

const names = async (store: Store, account: AccountId): Promise<string[]> =>
  (await store.listMailboxes(account)).map(({ name }) => name)

const make = (store: Store, account: AccountId, ...wanted: string[]) =>
  wanted.reduce(
    (before, name) => before.then(() => store.createMailbox(account, { name, specialUse: null })).then(() => {}),
    Promise.resolve(),
  )

const idOf = async (store: Store, account: AccountId, name: string) =>
  (await store.findMailbox(account, name))?.id ?? (999_999 as never)

export function mailboxContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('making mailboxes', () => {
    rule('makes the levels above, each once', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'a/b/c', 'a/d')
      expect(await names(store, id)).toEqual(['INBOX', 'a', 'a/b', 'a/b/c', 'a/d'])
      expect(await refusal(make(store, id, 'a/b'))).toBe('mailbox-exists')
      expect(await refusal(make(store, 77 as never, 'a'))).toBe('no-such-user')
    })

    rule('knows INBOX in any case, also above others', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'inBox/a')
      expect(await names(store, id)).toEqual(['INBOX', 'INBOX/a'])
      expect((await store.findMailbox(id, 'inbox/a'))?.name).toBe('INBOX/a')
      expect(await store.findMailbox(id, 'INBOX/A')).toBeNull()
      expect(await refusal(make(store, id, 'inbox'))).toBe('mailbox-exists')
    })

    rule('refuses names that nobody could use, and makes nothing of them', async (store) => {
      const { id } = await newUser(store)
      for (const name of ['', '/', 'a//b', '/a', 'a/', '#news', 'a%', 'a*b', 'a\u0000', 'a\n', '\ud800', '\u2028'])
        expect([name, await refusal(make(store, id, name))]).toEqual([name, 'bad-mailbox-name'])
      for (const name of ['a'.repeat(1001), 'ü'.repeat(501), Array(51).fill('a').join('/')])
        expect(await refusal(make(store, id, name))).toBe('long-mailbox-name')
      expect(await names(store, id)).toEqual(['INBOX'])
      await make(store, id, 'a'.repeat(1000), Array(50).fill('a').join('/'), '~x', 'a#', 'INBOXES')
      expect(await names(store, id)).toHaveLength(55)
    })

    rule(
      'makes no more than an account may have',
      async (store) => {
        const { id } = await newUser(store)
        expect(await refusal(make(store, id, 'a/b/c'))).toBe('too-many-mailboxes')
        expect(await names(store, id)).toEqual(['INBOX'])
        await make(store, id, 'a/b')
        expect(await refusal(make(store, id, 'c'))).toBe('too-many-mailboxes')
        expect(await refusal(store.renameMailbox(id, 'a/b', 'c/b'))).toBe('too-many-mailboxes')
        await store.renameMailbox(id, 'a/b', 'c')
      },
      { mailboxesPerAccount: 3 },
    )
  })

  describe('deleting mailboxes', () => {
    rule('takes one with its messages and leaves those below it', async (store) => {
      const { user, inbox } = await newInbox(store)
      await make(store, user.id, 'a/b')
      const a = await idOf(store, user.id, 'a')
      await appendAll(store, inbox, ['shared'])
      await appendAll(store, a, ['shared'], ['own', flags(FLAG.seen, 'k')])
      const [shared, own] = await entriesOf(store, a)
      expect(await store.deleteMailbox(user.id, 'a')).toBe(a)
      expect(await names(store, user.id)).toEqual(['INBOX', 'a/b'])
      expect(await refusal(store.mailboxStatus(a))).toBe('no-such-mailbox')
      expect(await store.findQuota(user.id)).toMatchObject({ messages: 1 })
      await settle(store)
      expect(await read(store, own?.blob as never)).toBeNull()
      expect((await read(store, shared?.blob as never))?.toString()).toContain('shared')
      expect(await refusal(store.deleteMailbox(user.id, 'a'))).toBe('mailbox-has-children')
      await store.deleteMailbox(user.id, 'a/b')
      expect(await refusal(store.deleteMailbox(user.id, 'a'))).toBe('no-such-mailbox')
      expect(await refusal(store.deleteMailbox(user.id, 'inBOX'))).toBe('inbox-stays')
    })

    rule(
      'gives back what a large one was charged, by and by',
      async (store) => {
        const { user } = await newInbox(store)
        await make(store, user.id, 'a')
        const a = await idOf(store, user.id, 'a')
        await appendAll(store, a, ['1'], ['2'], ['3'], ['4'], ['5'])
        await store.deleteMailbox(user.id, 'a')
        expect((await store.recalculateQuota(user.id)).before.messages).toBeLessThanOrEqual(3)
        while ((await store.findQuota(user.id))?.messages !== 0) await settle(store)
        expect(await store.findQuota(user.id)).toMatchObject({ messages: 0, used: 0 })
      },
      { rowsPerWrite: 2 },
    )

    rule('tells those who have it open, and a new one of the name has a higher UIDVALIDITY', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'a')
      const before = await store.findMailbox(id, 'a')
      const open = await store.openMailbox(before?.id as never, { recent: true })
      await store.deleteMailbox(id, 'a')
      expect(open.changes.pending).toEqual([{ type: 'mailbox-deleted', mailbox: before?.id, name: 'a' }])
      open.close()
      await make(store, id, 'a')
      const after = await store.findMailbox(id, 'a')
      expect(after?.uidValidity).toBeGreaterThan(before?.uidValidity ?? 0)
      expect(after?.id).not.toBe(before?.id)
    })
  })

  describe('renaming mailboxes', () => {
    rule('takes what is below along, with its messages', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'a/b/c', 'ab', 'a0')
      await appendAll(store, await idOf(store, id, 'a/b'), ['m'])
      const b = await store.findMailbox(id, 'a/b')
      await store.renameMailbox(id, 'a', 'x/y')
      expect(await names(store, id)).toEqual(['INBOX', 'a0', 'ab', 'x', 'x/y', 'x/y/b', 'x/y/b/c'])
      expect(await store.findMailbox(id, 'x/y/b')).toEqual({ ...b, name: 'x/y/b' })
    })

    rule('renames a level that is no mailbox, also to one of its own levels', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'a/b/b')
      await store.deleteMailbox(id, 'a/b')
      await store.deleteMailbox(id, 'a')
      await store.renameMailbox(id, 'a/b', 'a')
      expect(await names(store, id)).toEqual(['INBOX', 'a/b'])
      await store.renameMailbox(id, 'a', 'c')
      expect(await names(store, id)).toEqual(['INBOX', 'c/b'])
    })

    rule('refuses what cannot be, and changes nothing', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'a/b', 'c/b')
      await store.deleteMailbox(id, 'c')
      const before = await store.listMailboxes(id)
      for (const [from, to, why] of [
        ['nobox', 'x', 'no-such-mailbox'],
        ['a', 'a', 'mailbox-exists'],
        ['a', 'a/b', 'bad-mailbox-name'],
        ['a', 'a/x/y', 'bad-mailbox-name'],
        ['a', 'c', 'mailbox-exists'],
        ['a/b', 'INBOX', 'mailbox-exists'],
        ['a', 'x//y', 'bad-mailbox-name'],
        ['a', 'x'.repeat(999), 'long-mailbox-name'],
        ['inbox', 'a', 'mailbox-exists'],
        ['INBOX', 'x*', 'bad-mailbox-name'],
      ] as const)
        expect([from, to, await refusal(store.renameMailbox(id, from, to))]).toEqual([from, to, why])
      expect(await store.listMailboxes(id)).toEqual(before)
    })

    rule('never brings back a lower UIDVALIDITY for a name', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'old', 'name')
      const gone = await store.findMailbox(id, 'name')
      await store.deleteMailbox(id, 'name')
      await store.renameMailbox(id, 'old', 'name')
      expect((await store.findMailbox(id, 'name'))?.uidValidity).toBeGreaterThan(gone?.uidValidity ?? 0)
    })

    rule('tells those who have it open, and they keep it', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'a')
      const mailbox = await idOf(store, id, 'a')
      const open = await store.openMailbox(mailbox, { recent: true })
      await store.renameMailbox(id, 'a', 'b')
      await appendAll(store, mailbox, ['m'])
      expect(open.changes.pending[0]).toEqual({ type: 'mailbox-renamed', mailbox, name: 'a', to: 'b' })
      expect(open.changes.pending[1]?.type).toBe('added')
      expect(open.state.count).toBe(1)
      open.close()
    })

    rule(
      'empties INBOX into a new mailbox, flags and all, and leaves what is below INBOX',
      async (store) => {
        const { user, inbox } = await newInbox(store)
        await make(store, user.id, 'INBOX/kept')
        await appendAll(store, inbox, ['1', flags(FLAG.seen, 'k')], ['2'], ['3', flags(FLAG.deleted, 'l', 'k')])
        const before = await entriesOf(store, inbox)
        const ids = await store.objectIds(
          inbox,
          before.map(({ uid }) => uid),
        )
        const quota = await store.findQuota(user.id)
        const open = await store.openMailbox(inbox, { recent: true })
        await store.renameMailbox(user.id, 'inbox', 'old/mail', 'me')
        expect(await names(store, user.id)).toEqual(['INBOX', 'INBOX/kept', 'old', 'old/mail'])
        const target = await idOf(store, user.id, 'old/mail')
        const after = await entriesOf(store, target)
        const plain = ({ uid: _, modseq: __, ...rest }: (typeof after)[number]) => ({
          ...rest,
          keywords: [...rest.keywords].sort(),
        })
        expect(after.map(plain)).toEqual(before.map(plain))
        expect(
          await store.objectIds(
            target,
            after.map(({ uid }) => uid),
          ),
        ).toEqual(ids)
        expect(await store.mailboxStatus(inbox)).toMatchObject({ messages: 0, uidNext: 4 })
        expect(await store.findQuota(user.id)).toEqual(quota)
        const told = open.changes.pending.flatMap((c) => (c.type === 'expunged' ? c.entries.map((e) => e.uid) : []))
        expect(told).toEqual([1, 2, 3])
        open.close()
      },
      { rowsPerWrite: 2 },
    )
  })

  describe('subscriptions', () => {
    rule('outlive their mailboxes, and stay with the name', async (store) => {
      const { id } = await newUser(store)
      await make(store, id, 'a', 'b/c')
      expect(await store.listSubscriptions(id)).toEqual(['INBOX'])
      await store.setSubscription(id, 'a', true)
      await store.setSubscription(id, 'a', true)
      await store.deleteMailbox(id, 'b')
      await store.setSubscription(id, 'b', true)
      expect(await refusal(store.setSubscription(id, 'x', true))).toBe('no-such-mailbox')
      await store.renameMailbox(id, 'a', 'z')
      await store.deleteMailbox(id, 'b/c')
      expect(await store.listSubscriptions(id)).toEqual(['INBOX', 'a', 'b'])
      expect((await store.findMailbox(id, 'z'))?.subscribed).toBe(false)
      expect((await store.createMailbox(id, { name: 'a', specialUse: null })).subscribed).toBe(true)
      await store.setSubscription(id, 'inbox', false)
      await store.setSubscription(id, 'b', false)
      await store.setSubscription(id, 'never', false)
      expect(await store.listSubscriptions(id)).toEqual(['a'])
      expect((await store.listMailboxes(id)).map(({ subscribed }) => subscribed)).toEqual([false, true, false])
    })

    rule(
      'go with the user, and are bounded',
      async (store) => {
        const { id } = await newUser(store, 'ann@example.test', 'a', 'b')
        expect(await store.listSubscriptions(id)).toEqual(['INBOX', 'a', 'b'])
        await make(store, id, 'c')
        expect(await refusal(store.setSubscription(id, 'c', true))).toBe('too-many-subscriptions')
        await store.setSubscription(id, 'b', true)
        await store.removeUser('ann@example.test')
        expect(await store.listSubscriptions(id)).toEqual([])
      },
      { subscriptionsPerAccount: 3 },
    )
  })
}
