/** Quotas: what is charged, given back, refused, and counted anew. */
import { describe, expect } from 'vitest'
import type { AccountId, MailboxId } from '../../src/core/ids.js'
import { FLAG } from '../../src/store/changes.js'
import { chargeOf, type QuotaPage } from '../../src/store/quota.js'
import type { Acceptance, Store } from '../../src/store/store.js'
import {
  appendAll,
  entriesOf,
  flags,
  type NewStore,
  newInbox,
  octets,
  refusal,
  START,
  seal,
  uids,
  waiting,
} from './fixtures.js'
import { ruleOf } from './rule.js'

const local = (mailbox: MailboxId, recipient = 'ann@example.test') => ({ kind: 'local', mailbox, recipient }) as const
const SIZE = octets('a').length
const CHARGE = chargeOf(SIZE)

async function acceptance(store: Store, id: string, ...deliveries: Acceptance['deliveries']): Promise<Acceptance> {
  return {
    id,
    from: 'eve@far.test',
    deliveries,
    blob: await seal(store, octets('a')),
    receivedAt: START,
    partial: true,
  }
}

export function quotaContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)
  const NOBODY = 999_999 as AccountId

  describe('quotas', () => {
    rule(
      'a user has the usual limits until others are set',
      async (store) => {
        const { user } = await newInbox(store)
        const usual = {
          account: user.id,
          address: 'ann@example.test',
          used: 0,
          messages: 0,
          limits: { octets: 5000, messages: 7 },
          own: { octets: null, messages: null },
          warned: 0,
        }
        expect(await store.findQuota(user.id)).toEqual(usual)
        const set = await store.setQuota(user.id, { octets: 0 })
        expect(set).toEqual({ ...usual, limits: { octets: 0, messages: 7 }, own: { octets: 0, messages: null } })
        expect((await store.setQuota(user.id, { messages: 3 })).limits).toEqual({ octets: 0, messages: 3 })
        await store.setQuota(user.id, { octets: null, messages: null })
        expect(await store.listQuotas()).toEqual([usual])
      },
      { quotaOctets: 5000, quotaMessages: 7 },
    )

    rule('the usual limits may change, for those who have none of their own', async (store) => {
      const { user, inbox } = await newInbox(store)
      const { user: bob, inbox: other } = await newInbox(store, 'bob@example.test')
      await store.setQuota(bob.id, { octets: 0, messages: 0 })
      await store.setUsualQuota({ octets: 2 * CHARGE, messages: 1 })
      expect((await store.findQuota(user.id))?.limits).toEqual({ octets: 2 * CHARGE, messages: 1 })
      await appendAll(store, inbox, ['a'])
      expect(await refusal(appendAll(store, inbox, ['b']))).toBe('over-quota')
      await appendAll(store, other, ['a'], ['b'])
      await store.setUsualQuota({ octets: 2 * CHARGE, messages: 0 })
      await appendAll(store, inbox, ['b'])
      expect(await refusal(appendAll(store, inbox, ['c']))).toBe('over-quota')
      expect((await store.listQuotas()).map(({ limits }) => limits.octets)).toEqual([2 * CHARGE, 0])
    })

    rule('who is not there has no quota', async (store) => {
      expect(await store.findQuota(NOBODY)).toBeNull()
      expect(await refusal(store.setQuota(NOBODY, { octets: 1 }))).toBe('no-such-user')
      expect(await refusal(store.recalculateQuota(NOBODY))).toBe('no-such-user')
    })

    rule('they are listed by address, whatever comes in one slice', async (store) => {
      for (const name of ['carl', 'ann', 'bob']) await newInbox(store, `${name}@example.test`)
      const names = async (page?: QuotaPage) => (await store.listQuotas(page)).map((q) => q.address[0])
      expect(await names()).toEqual(['a', 'b', 'c'])
      expect(await names({ limit: 2 })).toEqual(['a', 'b'])
      expect(await names({ after: 'bob@example.test', limit: 2 })).toEqual(['c'])
      expect(await names({ after: 'carl@example.test' })).toEqual([])
    })

    rule('a message is charged when it is stored, and given back when it is expunged', async (store) => {
      const { user, inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b', flags(FLAG.deleted)])
      expect(await store.findQuota(user.id)).toMatchObject({ used: 2 * CHARGE, messages: 2 })
      await store.expunge(inbox, null)
      expect(await store.findQuota(user.id)).toMatchObject({ used: CHARGE, messages: 1 })
    })

    rule('a copy in another mailbox is charged again', async (store) => {
      const { user, inbox } = await newInbox(store)
      const other = await store.createMailbox(user.id, { name: 'other', specialUse: null })
      await store.accept(await acceptance(store, 'q1', local(inbox), local(other.id)))
      expect(await store.findQuota(user.id)).toMatchObject({ used: 2 * CHARGE, messages: 2 })
    })

    rule('what fits to the octet is taken, and one octet more is not', async (store) => {
      const { user, inbox } = await newInbox(store)
      await store.setQuota(user.id, { octets: 2 * CHARGE })
      await appendAll(store, inbox, ['a'])
      await appendAll(store, inbox, ['b'])
      await store.setQuota(user.id, { octets: 3 * CHARGE - 1 })
      expect(await refusal(appendAll(store, inbox, ['c']))).toBe('over-quota')
      expect((await entriesOf(store, inbox)).length).toBe(2)
      await store.setQuota(user.id, { octets: 3 * CHARGE })
      await appendAll(store, inbox, ['c'])
    })

    rule('messages that come together all fit or are all refused', async (store) => {
      const { user, inbox } = await newInbox(store)
      await store.setQuota(user.id, { octets: 2 * CHARGE })
      expect(await refusal(appendAll(store, inbox, ['a'], ['b'], ['c']))).toBe('over-quota')
      expect(await store.findQuota(user.id)).toMatchObject({ used: 0, messages: 0 })
    })

    rule('messages are counted too', async (store) => {
      const { user, inbox } = await newInbox(store)
      await store.setQuota(user.id, { messages: 1 })
      await appendAll(store, inbox, ['a'])
      expect(await refusal(appendAll(store, inbox, ['b']))).toBe('over-quota')
    })

    rule('a limit below what is there takes nothing away, and nothing comes in', async (store) => {
      const { user, inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'])
      expect(await store.setQuota(user.id, { octets: 1 })).toMatchObject({ used: 2 * CHARGE })
      expect(await refusal(appendAll(store, inbox, ['c']))).toBe('over-quota')
      await store.append(inbox, [])
      await store.setFlags(inbox, uids(1), 'add', flags(FLAG.deleted))
      expect(await store.expunge(inbox, null)).toEqual(uids(1))
    })

    rule('of several users those who have room get a message, and the others are named', async (store) => {
      const ann = await newInbox(store)
      const bob = await newInbox(store, 'bob@example.test')
      await store.setQuota(bob.user.id, { octets: 1 })
      const toBob = local(bob.inbox, 'bob@example.test')
      const accepted = await store.accept(await acceptance(store, 'q1', toBob, local(ann.inbox), toBob))
      expect(accepted.overQuota).toEqual([toBob])
      expect((await entriesOf(store, ann.inbox)).length).toBe(1)
      expect(await entriesOf(store, bob.inbox)).toEqual([])
      expect((await store.accept(await acceptance(store, 'q2', local(ann.inbox)))).overQuota).toEqual([])
    })

    rule('what nobody has room for is refused, unless it goes elsewhere as well', async (store) => {
      const { user, inbox } = await newInbox(store)
      await store.setQuota(user.id, { octets: 1 })
      expect(await refusal(store.accept(await acceptance(store, 'q1', local(inbox))))).toBe('over-quota')
      const both = [local(inbox), { kind: 'remote', recipient: 'x@far.test' }] as const
      expect((await store.accept(await acceptance(store, 'q2', ...both))).overQuota).toEqual([local(inbox)])
      expect((await waiting(store)).map((q) => q.recipient)).toEqual(['x@far.test'])
      await store.accept(await acceptance(store, 'q3'))
    })

    rule('two mailboxes of one user need room for two', async (store) => {
      const { user, inbox } = await newInbox(store)
      const other = await store.createMailbox(user.id, { name: 'other', specialUse: null })
      await store.setQuota(user.id, { octets: 2 * CHARGE - 1 })
      const both = [local(inbox), local(other.id)]
      const whole = { ...(await acceptance(store, 'q0', ...both)), partial: false }
      expect(await refusal(store.accept(whole))).toBe('over-quota')
      const { overQuota } = await store.accept(await acceptance(store, 'q1', ...both))
      expect(overQuota).toEqual([local(other.id)])
    })

    rule(
      'of many at once exactly as many are stored as fit',
      async (store) => {
        const { user, inbox } = await newInbox(store)
        await store.setQuota(user.id, { octets: 50 * CHARGE })
        const messages = await Promise.all(
          Array.from({ length: 100 }, (_, i) => acceptance(store, `q${i}`, local(inbox))),
        )
        const results = await Promise.allSettled(messages.map((m) => store.accept(m)))
        expect(results.filter((r) => r.status === 'fulfilled').length).toBe(50)
        expect(await store.findQuota(user.id)).toMatchObject({ used: 50 * CHARGE, messages: 50 })
      },
      { batchOperations: 7 },
    )

    rule(
      'what an EXPUNGE would give back is the charge of what is marked, our own warnings not counted',
      async (store) => {
        const { user, inbox } = await newInbox(store)
        expect(await store.deletedCharge(inbox)).toBe(0)
        await appendAll(store, inbox, ['a', flags(FLAG.deleted)], ['b'], ['c'.repeat(999), flags(FLAG.deleted)], ['d'])
        await store.setQuota(user.id, { messages: 5 })
        const warning = { blob: await seal(store, octets('w')), flags: flags(0), internalDate: START, internalZone: 0 }
        expect(await store.giveNotice(user.id, 80, warning)).toBe(inbox)
        const { used } = (await store.findQuota(user.id)) ?? { used: 0 }
        expect(await store.deletedCharge(inbox)).toBe(used - 2 * CHARGE)
        await store.setFlags(inbox, uids(1, 2, 3, 4, 5), 'add', flags(FLAG.deleted))
        expect(await store.deletedCharge(inbox)).toBe(used)
        await store.expunge(inbox, null)
        expect(await store.findQuota(user.id)).toMatchObject({ used: 0 })
        expect(await refusal(store.deletedCharge(999_999 as MailboxId))).toBe('no-such-mailbox')
      },
      { rowsPerSlice: 2 },
    )

    rule('counting anew finds what was there', async (store) => {
      const { user, inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'])
      const { before, quota, size } = await store.recalculateQuota(user.id)
      expect(size).toBe(2 * SIZE)
      expect(before).toMatchObject({ used: 2 * CHARGE, messages: 2 })
      expect(quota).toEqual(await store.findQuota(user.id))
    })
  })
}
