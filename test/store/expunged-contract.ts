/** MailStore.expungedSince: what clients that come back are told of, and how far back. */
import { describe, expect } from 'vitest'
import type { MailboxId, ModSeq } from '../../src/core/ids.js'
import { FLAG } from '../../src/store/changes.js'
import type { Store } from '../../src/store/store.js'
import { appendAll, flags, type NewStore, newInbox, refusal, uids } from './fixtures.js'
import { ruleOf } from './rule.js'

/** @returns the modseq of each removal */
async function expungeOneByOne(store: Store, inbox: MailboxId, ...each: number[][]): Promise<ModSeq[]> {
  const modseqs: ModSeq[] = []
  for (const some of each) {
    await store.expunge(inbox, uids(...some))
    modseqs.push((await store.mailboxStatus(inbox)).highestModSeq)
  }
  return modseqs
}

const DELETED = flags(FLAG.deleted)
const before = (modseq: ModSeq | undefined): ModSeq => ((modseq ?? 0) - 1) as ModSeq

export function expungedContract(newStore: NewStore): void {
  describe('what was expunged', () => {
    const rule = ruleOf(newStore)

    rule('is told by modseq, ascending', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ...['a', 'b', 'c', 'd'].map((name): [string, typeof DELETED] => [name, DELETED]))
      expect(await store.expungedSince(inbox, 0 as ModSeq)).toEqual([])
      const [first, second] = await expungeOneByOne(store, inbox, [3, 4], [1])
      expect(await store.expungedSince(inbox, 0 as ModSeq)).toEqual([1, 3, 4])
      expect(await store.expungedSince(inbox, before(first))).toEqual([1, 3, 4])
      expect(await store.expungedSince(inbox, first as ModSeq)).toEqual([1])
      expect(await store.expungedSince(inbox, second as ModSeq)).toEqual([])
    })

    rule('of no mailbox is refused', async (store) => {
      expect(await refusal(store.expungedSince(999_999 as MailboxId, 0 as ModSeq))).toBe('no-such-mailbox')
    })
  })

  describe('of what was expunged the oldest is forgotten', () => {
    const rule = ruleOf((limits) => newStore({ ...limits, expungedPerMailbox: 2 }))

    rule('by gc, and who knows less than that hears that it is', async (store) => {
      const { inbox, user } = await newInbox(store)
      const names = ['a', 'b', 'c', 'd', 'e'].map((name): [string, typeof DELETED] => [name, DELETED])
      await appendAll(store, inbox, ...names)
      const [first, second, third] = await expungeOneByOne(store, inbox, [1], [2, 3], [4])
      expect((await store.collectGarbage({ dryRun: true })).expunged).toBe(2)
      expect(await store.expungedSince(inbox, 0 as ModSeq)).toEqual([1, 2, 3, 4])
      expect((await store.collectGarbage({ dryRun: false })).expunged).toBe(2)
      expect(await store.expungedSince(inbox, first as ModSeq)).toBeNull()
      expect(await store.expungedSince(inbox, before(second))).toBeNull()
      expect(await store.expungedSince(inbox, second as ModSeq)).toEqual([4])
      expect(await store.expungedSince(inbox, third as ModSeq)).toEqual([])
      expect((await store.collectGarbage({ dryRun: false })).expunged).toBe(0)
      const other = await store.createMailbox(user.id, { name: 'Other', specialUse: null })
      expect(await store.expungedSince(other.id, 0 as ModSeq)).toEqual([])
    })
  })
}
