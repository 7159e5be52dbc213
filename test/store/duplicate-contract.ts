/** QueueStore: the same message again in one mailbox (decision 25). */
import { describe, expect } from 'vitest'
import type { MailboxId } from '../../src/core/ids.js'
import type { Acceptance, Store } from '../../src/store/store.js'
import {
  entriesOf,
  type NewStore,
  NONE,
  newInbox,
  octets,
  refusal,
  START,
  seal,
  sealReceived,
  waiting,
} from './fixtures.js'
import { ruleOf } from './rule.js'

const WINDOW = 10_000
const LIMITS = { duplicateWindow: WINDOW }
const NO_ID = Buffer.from('Subject: disk full\r\n\r\n')

const local = (mailbox: MailboxId) => ({ kind: 'local', mailbox, recipient: 'ann@example.test' }) as const
const remote = { kind: 'remote', recipient: 'x@far.test' } as const

let messages = 0

/** One delivery of `content`, with a trace field of its own. */
async function deliver(
  store: Store,
  content: Uint8Array,
  at: number,
  ...deliveries: Acceptance['deliveries']
): Promise<readonly MailboxId[]> {
  const id = `d${messages++}`
  const blob = await sealReceived(store, `Received: ${id}\r\n`, content)
  return (await store.accept({ id, from: '', deliveries, blob, receivedAt: START + at })).duplicates
}

const count = async (store: Store, mailbox: MailboxId): Promise<number> => (await entriesOf(store, mailbox)).length

export function duplicateContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('a message that is accepted twice', () => {
    rule(
      'is delivered once within the window, and again behind it',
      async (store) => {
        const { inbox } = await newInbox(store)
        expect(await deliver(store, octets('a'), 0, local(inbox))).toEqual([])
        expect(await deliver(store, octets('a'), WINDOW - 1, local(inbox))).toEqual([inbox])
        expect(await count(store, inbox)).toBe(1)
        // Counted from the delivery, not from the attempt.
        expect(await deliver(store, octets('a'), WINDOW, local(inbox))).toEqual([])
        expect(await deliver(store, octets('a'), 2 * WINDOW - 1, local(inbox))).toEqual([inbox])
        expect(await count(store, inbox)).toBe(2)
      },
      LIMITS,
    )

    rule(
      'reaches those who have not got it, and the queue',
      async (store) => {
        const ann = await newInbox(store)
        const bob = await newInbox(store, 'bob@example.test')
        await deliver(store, octets('a'), 0, local(ann.inbox))
        expect(await deliver(store, octets('a'), 1, local(ann.inbox), local(bob.inbox), remote)).toEqual([ann.inbox])
        expect([await count(store, ann.inbox), await count(store, bob.inbox)]).toEqual([1, 1])
        expect((await waiting(store)).length).toBe(1)
        expect(await deliver(store, octets('a'), 2, remote)).toEqual([])
        expect((await waiting(store)).length).toBe(2)
      },
      LIMITS,
    )

    rule(
      'is another one when an octet differs, or when it has no Message-ID',
      async (store) => {
        const { inbox } = await newInbox(store)
        for (const content of [octets('a'), octets('a', 1), octets('a', 2), NO_ID, NO_ID]) {
          expect(await deliver(store, content, 0, local(inbox))).toEqual([])
        }
        expect(await count(store, inbox)).toBe(5)
      },
      LIMITS,
    )

    rule(
      'is not taken for delivered when it was refused',
      async (store) => {
        const { inbox } = await newInbox(store)
        const nowhere = local(999_999 as MailboxId)
        expect(await refusal(deliver(store, octets('a'), 0, local(inbox), nowhere))).toBe('no-such-mailbox')
        expect(await deliver(store, octets('a'), 0, local(inbox))).toEqual([])
        expect(await count(store, inbox)).toBe(1)
      },
      LIMITS,
    )

    rule(
      'at once is delivered once all the same',
      async (store) => {
        const { inbox } = await newInbox(store)
        const all = await Promise.all(Array.from({ length: 20 }, () => deliver(store, octets('a'), 0, local(inbox))))
        expect(all.filter((duplicates) => duplicates.length === 0).length).toBe(1)
        expect(await count(store, inbox)).toBe(1)
      },
      { ...LIMITS, batchOperations: 7 },
    )

    rule(
      'is kept each time by APPEND, and when nobody has marked where it begins',
      async (store) => {
        const { inbox } = await newInbox(store)
        await deliver(store, octets('a'), 0, local(inbox))
        const blob = await sealReceived(store, '', octets('a'))
        await store.append(inbox, [{ blob, flags: NONE, internalDate: START, internalZone: 0 }])
        const unmarked = await seal(store, octets('a'))
        const message = { id: 'u', from: '', deliveries: [local(inbox)], blob: unmarked, receivedAt: START }
        expect(await store.accept(message)).toEqual({ duplicates: [], overQuota: [] })
        expect(await count(store, inbox)).toBe(3)
      },
      LIMITS,
    )

    rule(
      'is kept each time where there is no window',
      async (store) => {
        const { inbox } = await newInbox(store)
        for (const _ of '12') expect(await deliver(store, octets('a'), 0, local(inbox))).toEqual([])
        expect(await count(store, inbox)).toBe(2)
      },
      { duplicateWindow: 0 },
    )
  })
}
