/** Thresholds of the quota: reached once, told once, by mail that costs nothing. */
import { describe, expect } from 'vitest'
import type { MailboxId } from '../../src/core/ids.js'
import { FLAG } from '../../src/store/changes.js'
import { chargeOf } from '../../src/store/quota.js'
import type { Duty, Store, User } from '../../src/store/store.js'
import { appendAll, entriesOf, flags, message, type NewStore, newInbox, octets, uids } from './fixtures.js'
import { ruleOf } from './rule.js'

const CHARGE = chargeOf(octets('a').length)

/** Ann, with room for a hundred messages of one letter, and so many of them there. */
async function withMessages(store: Store, n: number): Promise<{ user: User; inbox: MailboxId }> {
  const { user, inbox } = await newInbox(store)
  await store.setQuota(user.id, { octets: 100 * CHARGE })
  await add(store, inbox, n)
  return { user, inbox }
}

const add = (store: Store, inbox: MailboxId, n: number): Promise<unknown> =>
  appendAll(store, inbox, ...Array.from({ length: n }, (): [string] => ['a']))

async function remove(store: Store, inbox: MailboxId, n: number): Promise<void> {
  const some = (await entriesOf(store, inbox)).slice(0, n).map(({ uid }) => uid)
  await store.setFlags(inbox, some, 'add', flags(FLAG.deleted))
  await store.expunge(inbox, some)
}

const owed = async (store: Store): Promise<number[]> =>
  (await store.listNotices(0, 10)).map(({ threshold }) => threshold)

const tell = async (store: Store, { id }: User, threshold: 80 | 90 | 95): Promise<MailboxId | null> =>
  store.giveNotice(id, threshold, await message(store, 'warning', flags(FLAG.flagged)))

export function noticeContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('notices of the quota', () => {
    rule('whoever reaches a threshold is to be told, of the highest, and not below it', async (store) => {
      const { inbox, user } = await withMessages(store, 79)
      expect(await owed(store)).toEqual([])
      await add(store, inbox, 1)
      expect(await owed(store)).toEqual([80])
      await add(store, inbox, 15)
      expect(await owed(store)).toEqual([95])
      expect((await store.listNotices(0, 10))[0]?.quota).toEqual(await store.findQuota(user.id))
      expect((await store.findQuota(user.id))?.warned).toBe(95)
    })

    rule('what has been told is not told again, until use falls below and reaches it once more', async (store) => {
      const { inbox, user } = await withMessages(store, 80)
      expect(await tell(store, user, 80)).toBe(inbox)
      expect(await tell(store, user, 80)).toBeNull()
      await add(store, inbox, 5)
      await remove(store, inbox, 5)
      expect(await owed(store)).toEqual([])
      await remove(store, inbox, 1)
      await add(store, inbox, 1)
      expect(await owed(store)).toEqual([80])
    })

    rule('use that falls before anybody was told makes the notice smaller, or nothing', async (store) => {
      const { inbox } = await withMessages(store, 91)
      await remove(store, inbox, 5)
      expect(await owed(store)).toEqual([80])
      await remove(store, inbox, 10)
      expect(await owed(store)).toEqual([])
    })

    rule('a notice of another threshold than is owed is not given', async (store) => {
      const { inbox, user } = await withMessages(store, 90)
      expect(await tell(store, user, 80)).toBeNull()
      expect((await entriesOf(store, inbox)).length).toBe(90)
      expect(await owed(store)).toEqual([90])
    })

    rule('the mail costs nothing, not even its removal, and comes also where nothing fits', async (store) => {
      const { inbox, user } = await withMessages(store, 100)
      const before = await store.findQuota(user.id)
      await tell(store, user, 95)
      const last = (await entriesOf(store, inbox)).at(-1)
      expect(last?.system).toBe(FLAG.flagged)
      expect(await store.findQuota(user.id)).toEqual(before)
      expect((await store.recalculateQuota(user.id)).quota).toEqual(before)
      await store.setFlags(inbox, uids(101), 'add', flags(FLAG.deleted))
      await store.expunge(inbox, uids(101))
      expect(await store.findQuota(user.id)).toEqual(before)
    })

    rule(
      'there is an end of them',
      async (store) => {
        const { inbox, user } = await withMessages(store, 79)
        for (let i = 0; i < 3; i++) {
          await add(store, inbox, 1)
          expect(await tell(store, user, 80)).toBe(inbox)
          await remove(store, inbox, 1)
        }
        expect((await entriesOf(store, inbox)).length).toBe(79 + 2)
        expect(await owed(store)).toEqual([])
      },
      { quotaWarnings: 2 },
    )

    rule('a limit that is lowered, and messages that are counted, can be reached too', async (store) => {
      const { user } = await withMessages(store, 50)
      await store.setQuota(user.id, { octets: 60 * CHARGE })
      expect(await owed(store)).toEqual([80])
      await store.setQuota(user.id, { messages: 52 })
      expect(await owed(store)).toEqual([95])
      await store.setQuota(user.id, { octets: 0, messages: 0 })
      expect(await owed(store)).toEqual([])
    })

    rule('somebody hears of it', async (store) => {
      const { inbox } = await withMessages(store, 79)
      const heard: Duty[] = []
      store.onDuty((duty) => heard.push(duty))
      heard.length = 0
      await add(store, inbox, 1)
      expect(heard).toEqual(['quota-warning'])
      store.onDuty(null)
    })

    rule('they are listed a few at a time, and nobody who is gone is', async (store) => {
      const names = ['ann', 'bob', 'carl']
      for (const name of names) {
        const { user, inbox } = await newInbox(store, `${name}@example.test`)
        await store.setQuota(user.id, { octets: CHARGE })
        await add(store, inbox, 1)
      }
      const [first, second] = await store.listNotices(0, 2)
      expect([first?.quota.address, second?.quota.address]).toEqual(['ann@example.test', 'bob@example.test'])
      await store.removeUser('carl@example.test')
      expect(await store.listNotices(second?.quota.account ?? 0, 2)).toEqual([])
    })
  })
}
