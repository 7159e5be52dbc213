/** What senders are owed: kept until they have been told, once. */
import { describe, expect } from 'vitest'
import type { MailboxId } from '../../src/core/ids.js'
import type { Acceptance, Delivery, Duty, Store } from '../../src/store/store.js'
import { entriesOf, type NewStore, newInbox, octets, read, refusal, START, seal, waiting } from './fixtures.js'
import { ruleOf } from './rule.js'

const FULL = '552 5.2.2 Mailbox full'
type Local = Extract<Delivery, { kind: 'local' }>

/** Ann has no room, Bob has. */
async function twoInboxes(store: Store): Promise<{ toAnn: Local; toBob: Local }> {
  const ann = await newInbox(store)
  const bob = await newInbox(store, 'bob@example.test')
  await store.setQuota(ann.user.id, { octets: 1 })
  const to = (mailbox: MailboxId, recipient: string): Local => ({ kind: 'local', mailbox, recipient })
  return { toAnn: to(ann.inbox, 'ann@example.test'), toBob: to(bob.inbox, 'bob@example.test') }
}

async function message(store: Store, id: string, ...deliveries: readonly Delivery[]): Promise<Acceptance> {
  const blob = await seal(store, octets(id))
  return { id, from: 'eve@far.test', deliveries, blob, receivedAt: START, partial: true, diagnostic: FULL }
}

const owed = (store: Store) => store.listReports(Number.MAX_SAFE_INTEGER, null, 10)

export function reportContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('recipients that failed', () => {
    rule('who has no room is kept with all that its sender is told, and the message with it', async (store) => {
      const { toAnn, toBob } = await twoInboxes(store)
      const dsn = { notify: ['failure', 'delay'], originalRecipient: 'rfc822;x@y' } as const
      const envelope = { body: '8BITMIME', utf8: true, returned: 'full', envelopeId: 'e1' } as const
      await store.accept({ ...(await message(store, 'q1', { ...toAnn, dsn }, toBob)), envelope })
      const [failed] = await owed(store)
      const recipients = [
        { recipient: 'ann@example.test', dsn, kind: 'failed', reply: FULL, host: null, lastAttempt: null },
      ]
      expect(failed).toMatchObject({ id: 'q1', from: 'eve@far.test', envelope, enqueuedAt: START, recipients })
      expect(failed && (await read(store, failed.blob))).toEqual(octets('q1'))
      expect(await waiting(store)).toEqual([])
    })

    rule('nobody is kept whose sender is not to be told', async (store) => {
      const { toAnn, toBob } = await twoInboxes(store)
      const never = { notify: [], originalRecipient: null }
      const success = { notify: ['success'], originalRecipient: null } as const
      await store.accept(await message(store, 'q1', { ...toAnn, dsn: never }, toBob))
      await store.accept(await message(store, 'q2', { ...toAnn, dsn: success }, toBob))
      await store.accept(await message(store, 'q3', { ...toAnn, answered: true }, toBob))
      await store.accept({ ...(await message(store, 'q4', toAnn, toBob)), from: '' })
      const { diagnostic: _, ...silent } = await message(store, 'q5', toAnn, toBob)
      await store.accept(silent)
      expect(await owed(store)).toEqual([])
    })

    rule('a message that nobody has room for leaves nothing behind', async (store) => {
      const { toAnn } = await twoInboxes(store)
      expect(await refusal(store.accept(await message(store, 'q1', toAnn)))).toBe('over-quota')
      expect(await owed(store)).toEqual([])
    })

    rule('they are listed by when they are due and by id, a few at a time', async (store) => {
      const { toAnn, toBob } = await twoInboxes(store)
      for (const id of ['q2', 'q1', 'q3']) await store.accept(await message(store, id, toAnn, toBob))
      expect((await store.listReports(START, null, 2)).map((f) => f.id)).toEqual(['q1', 'q2'])
      expect((await store.listReports(START, { due: START, id: 'q2' }, 2)).map((f) => f.id)).toEqual(['q3'])
    })

    rule('a report is stored and settles them, once', async (store) => {
      const { toAnn, toBob } = await twoInboxes(store)
      await store.accept(await message(store, 'q1', toAnn, toBob, { kind: 'remote', recipient: 'x@far.test' }))
      const settles = { message: 'q1', recipients: [{ recipient: 'ann@example.test', kind: 'failed' }] } as const
      const report = { from: '', deliveries: [toBob], receivedAt: START, settles }
      await store.accept({ ...report, id: 'r1', blob: await seal(store, octets('r1')) })
      expect(await owed(store)).toEqual([])
      const again = store.accept({ ...report, id: 'r2', blob: await seal(store, octets('r2')) })
      expect(await refusal(again)).toBe('no-such-message')
      expect((await entriesOf(store, toBob.mailbox)).length).toBe(2)
      expect((await waiting(store)).map((q) => q.recipient)).toEqual(['x@far.test'])
    })

    rule('a report that nobody has room for settles nothing', async (store) => {
      const { toAnn, toBob } = await twoInboxes(store)
      await store.accept(await message(store, 'q1', toAnn, toBob))
      const settles = { message: 'q1', recipients: [{ recipient: 'ann@example.test', kind: 'failed' }] } as const
      const blob = await seal(store, octets('r1'))
      const report = { id: 'r1', from: '', deliveries: [toAnn], blob, receivedAt: START, settles }
      expect(await refusal(store.accept(report))).toBe('over-quota')
      expect((await owed(store)).length).toBe(1)
    })

    rule('they can be dropped, and the content goes when nothing needs it', async (store) => {
      const { toAnn, toBob } = await twoInboxes(store)
      await store.accept(await message(store, 'q1', toAnn, toBob))
      const settled = { message: 'q1', recipients: [{ recipient: 'ann@example.test', kind: 'failed' }] } as const
      await store.dropReports(settled)
      await store.dropReports(settled)
      expect(await owed(store)).toEqual([])
    })

    rule('somebody hears of it at once, and at the start', async (store) => {
      const { toAnn, toBob } = await twoInboxes(store)
      const heard: Duty[] = []
      store.onDuty((duty) => heard.push(duty))
      expect(heard).toContain('bounce')
      heard.length = 0
      await store.accept(await message(store, 'q1', toBob))
      expect(heard).not.toContain('bounce')
      await store.accept(await message(store, 'q2', toAnn, toBob))
      expect(heard).toContain('bounce')
      store.onDuty(null)
    })
  })
}
