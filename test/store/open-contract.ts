/** MailStore.openMailbox, its state, \Recent, and the subscription. */
import { describe, expect } from 'vitest'
import type { MailboxId, Uid } from '../../src/core/ids.js'
import { type Change, FLAG } from '../../src/store/changes.js'
import type { OpenMailbox, Store } from '../../src/store/store.js'
import { appendAll, entriesOf, flags, message, type NewStore, newInbox, refusal, uid, uids } from './fixtures.js'
import { ruleOf } from './rule.js'

const NOWHERE = 999_999 as MailboxId

/** What a session knows that believes only `uids` and `changes`; throws when it is told something twice. */
function known(open: OpenMailbox): Uid[] {
  const view = new Set(open.uids)
  for (const change of open.changes.pending) follow(view, change)
  return [...view].sort((a, b) => a - b)
}

function follow(view: Set<Uid>, change: Change): void {
  if (change.type === 'added') {
    for (const entry of change.entries) {
      expect(view.has(entry.uid)).toBe(false)
      view.add(entry.uid)
    }
  }
  if (change.type === 'expunged') for (const entry of change.entries) expect(view.delete(entry.uid)).toBe(true)
}

export function openContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('openMailbox', () => {
    rule('shows the mailbox as it is', async (store) => {
      const { user, inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a', flags(FLAG.seen, 'k')], ['b'], ['c', flags(FLAG.deleted, 'l', 'k')])
      await store.expunge(inbox, null)
      const open = await store.openMailbox(inbox, { recent: false })
      const status = await store.mailboxStatus(inbox)
      expect(open.mailbox).toEqual(await store.findMailbox(user.id, 'INBOX'))
      expect([...open.state.uids]).toEqual([1, 2])
      expect([...open.uids]).toEqual([1, 2])
      expect(open.state).toMatchObject({ count: 2, uidNext: 4, keywords: ['k', 'l'] })
      expect(open.highestModSeq).toBe(status.highestModSeq)
      expect(open.state.entry(uid(1))).toMatchObject({ uid: 1, system: FLAG.seen, keywords: ['k'] })
      expect(open.state.entry(uid(3))).toBeNull()
      open.close()
      open.close()
    })

    rule('refuses one that is not there', async (store) => {
      expect(await refusal(store.openMailbox(NOWHERE, { recent: true }))).toBe('no-such-mailbox')
    })

    rule('its state follows every change; its uids stay as they were', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'])
      const open = await store.openMailbox(inbox, { recent: false })
      await appendAll(store, inbox, ['c', flags(0, 'new')])
      await store.setFlags(inbox, uids(1, 3), 'add', flags(FLAG.deleted, 'other'))
      await store.expunge(inbox, uids(1))
      expect([...open.state.uids]).toEqual([2, 3])
      expect(open.state.uidNext).toBe(4)
      expect(open.state.keywords).toEqual(['new', 'other'])
      expect(open.state.firstWithout(FLAG.seen)).toBe(2)
      expect(open.state.firstWithout(FLAG.deleted)).toBe(2)
      await store.setFlags(inbox, uids(2), 'add', flags(FLAG.seen))
      expect(open.state.firstWithout(FLAG.seen)).toBe(3)
      await store.setFlags(inbox, uids(3), 'add', flags(FLAG.seen))
      expect(open.state.firstWithout(FLAG.seen)).toBeNull()
      expect(open.state.entry(uid(3))).toEqual((await entriesOf(store, inbox))[1])
      expect([...open.uids]).toEqual([1, 2])
      expect(open.changes.pending.map((c) => c.type)).toEqual(['added', 'flags', 'expunged', 'flags', 'flags'])
      open.close()
    })

    rule(
      'of many messages is whole',
      async (store) => {
        const { inbox } = await newInbox(store)
        await appendAll(store, inbox, ...Array.from({ length: 47 }, (_, i): [string] => [`m${i}`]))
        const open = await store.openMailbox(inbox, { recent: false })
        expect([...open.uids]).toEqual(Array.from({ length: 47 }, (_, i) => i + 1))
        open.close()
      },
      { rowsPerLoad: 10 },
    )

    for (const rowsPerLoad of [3, 10_000]) {
      rule(
        `loses nothing and tells nothing twice while mail comes and goes (slices of ${rowsPerLoad})`,
        async (store) => {
          const { inbox } = await newInbox(store)
          await appendAll(store, inbox, ['a'], ['b'], ['c'], ['d'], ['e'], ['f'], ['g'])
          for (let round = 0; round < 12; round++) {
            // Nobody has it open when a round begins, so that each loads it anew.
            const sessions = await traffic(store, inbox, round)
            const truth = (await entriesOf(store, inbox)).map((e) => e.uid)
            for (const open of sessions) {
              expect(known(open)).toEqual(truth)
              expect([...open.state.uids]).toEqual(truth)
            }
            for (const open of sessions) open.close()
          }
        },
        { rowsPerLoad, idleMailboxOctets: 0 },
      )
    }

    rule('\\Recent goes to the first session that selects, and only examining leaves it', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'])
      const first = async (recent: boolean): Promise<number> => {
        const open = await store.openMailbox(inbox, { recent })
        open.close()
        return open.firstRecent
      }
      expect(await first(false)).toBe(1)
      expect(await store.mailboxStatus(inbox)).toMatchObject({ firstRecent: 1, recent: 2 })
      expect(await first(true)).toBe(1)
      expect(await store.mailboxStatus(inbox)).toMatchObject({ firstRecent: 3, recent: 0 })
      expect(await first(true)).toBe(3)
      await appendAll(store, inbox, ['c'], ['d', flags(FLAG.deleted)])
      await store.expunge(inbox, null)
      expect(await store.mailboxStatus(inbox)).toMatchObject({ firstRecent: 3, recent: 1 })
      expect(await first(true)).toBe(3)
      expect(await first(false)).toBe(5)
    })

    rule('has claimed all that it gives, whatever arrives meanwhile', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'])
      const late = [await message(store, 'b')]
      const opening = store.openMailbox(inbox, { recent: true })
      await store.append(inbox, late)
      const first = await opening
      const second = await store.openMailbox(inbox, { recent: true })
      expect(first.firstRecent).toBe(1)
      expect(known(first)).toEqual([1, 2])
      expect([...first.uids].every((given) => given < second.firstRecent)).toBe(true)
      first.close()
      second.close()
    })

    rule(
      'has claimed no more than it gives: what comes meanwhile is \\Recent for whoever is told of it',
      async (store) => {
        const { inbox } = await newInbox(store)
        await appendAll(store, inbox, ['a'])
        const late = [await message(store, 'b')]
        const opening = [true, true, false].map((recent) => store.openMailbox(inbox, { recent }))
        await store.append(inbox, late)
        for (const { changes, firstRecent, close } of await Promise.all(opening)) {
          for (const change of changes.pending)
            if (change.type === 'added')
              for (const { uid: told } of change.entries) expect(told >= firstRecent).toBe(true)
          close()
        }
      },
    )

    rule('claimRecent leaves \\Recent to others from the UID on that it is given', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'], ['c'])
      for (const [before, firstRecent, recent] of [
        [3, 3, 1],
        [2, 3, 1],
        [9, 4, 0],
      ] as const) {
        await store.claimRecent(inbox, before)
        expect(await store.mailboxStatus(inbox)).toMatchObject({ firstRecent, recent })
      }
      await appendAll(store, inbox, ['d'])
      const open = await store.openMailbox(inbox, { recent: true })
      expect(open.firstRecent).toBe(4)
      open.close()
      expect(await refusal(store.claimRecent(NOWHERE, 1))).toBe('no-such-mailbox')
    })
  })

  describe('subscription', () => {
    rule('brings changes in the order of their commits, before the write resolves', async (store) => {
      const { inbox } = await newInbox(store)
      const open = await store.openMailbox(inbox, { recent: false })
      await store.append(inbox, [await message(store, 'a')], 'me')
      expect(open.changes.pending).toMatchObject([
        { type: 'added', mailbox: inbox, origin: 'me', entries: [{ uid: 1 }] },
      ])
      await Promise.all([appendAll(store, inbox, ['b']), store.setFlags(inbox, uids(1), 'add', flags(FLAG.seen))])
      const modseqs = open.changes.pending.map((c) => 'entries' in c && c.entries[0]?.modseq)
      expect(modseqs).toEqual([...modseqs].sort((a, b) => Number(a) - Number(b)))
      open.close()
    })

    rule('take removes the oldest', async (store) => {
      const { inbox } = await newInbox(store)
      const open = await store.openMailbox(inbox, { recent: false })
      for (const name of ['a', 'b', 'c']) await appendAll(store, inbox, [name])
      open.changes.take(2)
      expect(open.changes.pending).toMatchObject([{ entries: [{ uid: 3 }] }])
      open.changes.take(5)
      expect(open.changes.pending).toEqual([])
      open.close()
    })

    rule('its listener hears after each growth, until it is removed or closed', async (store) => {
      const { inbox } = await newInbox(store)
      const open = await store.openMailbox(inbox, { recent: false })
      const heard: number[] = []
      open.changes.onChange(() => heard.push(open.changes.pending.length))
      await appendAll(store, inbox, ['a'])
      await appendAll(store, inbox, ['b'])
      expect(heard).toEqual([1, 2])
      open.changes.onChange(null)
      await appendAll(store, inbox, ['c'])
      open.changes.onChange(() => heard.push(0))
      open.close()
      await appendAll(store, inbox, ['d'])
      expect(heard).toEqual([1, 2])
    })

    rule('hears of new mailboxes of the account, and of messages of its own mailbox only', async (store) => {
      const { user, inbox } = await newInbox(store)
      const other = await newInbox(store, 'bob@example.test')
      const open = await store.openMailbox(inbox, { recent: false })
      const made = await store.createMailbox(user.id, { name: 'Made', specialUse: null })
      await appendAll(store, made.id, ['a'])
      await appendAll(store, other.inbox, ['b'])
      expect(open.changes.pending).toEqual([{ type: 'mailbox-created', mailbox: made.id, name: 'Made' }])
      open.close()
    })

    rule(
      'overflows for good once more entries wait than may',
      async (store) => {
        const { inbox } = await newInbox(store)
        const open = await store.openMailbox(inbox, { recent: false })
        let heard = 0
        open.changes.onChange(() => heard++)
        await appendAll(store, inbox, ['a'], ['b'], ['c'])
        expect(open.changes).toMatchObject({ overflowed: false })
        open.changes.take(1)
        await appendAll(store, inbox, ['d'], ['e'], ['f'], ['g'])
        expect(open.changes).toMatchObject({ overflowed: true, pending: [] })
        await appendAll(store, inbox, ['h'])
        expect(open.changes).toMatchObject({ overflowed: true, pending: [] })
        expect(heard).toBe(2)
        expect(open.state.count).toBe(8)
        open.close()
      },
      { pendingChanges: 3 },
    )
  })
}

/** Appends, flags and expunges at once, while sessions open. */
async function traffic(store: Store, inbox: MailboxId, round: number): Promise<OpenMailbox[]> {
  const open = (): Promise<OpenMailbox> => store.openMailbox(inbox, { recent: round % 2 === 0 })
  const made = [await message(store, `t${round}`), await message(store, `u${round}`, flags(FLAG.deleted))]
  const opening: Promise<OpenMailbox>[] = []
  if (round % 3 === 0) opening.push(open())
  const work: Promise<unknown>[] = [store.append(inbox, made)]
  opening.push(open())
  work.push(store.setFlags(inbox, uids(round, round + 1), 'add', flags(FLAG.deleted)))
  if (round % 3 === 1) await work[0]
  opening.push(open())
  work.push(store.expunge(inbox, null))
  await Promise.all(work)
  return Promise.all(opening)
}
