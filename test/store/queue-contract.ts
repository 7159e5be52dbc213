/** QueueStore: accept and the queue. */
import { describe, expect } from 'vitest'
import type { MailboxId } from '../../src/core/ids.js'
import type { Acceptance, Store } from '../../src/store/store.js'
import { entriesOf, type NewStore, newInbox, octets, read, refusal, START, seal, waiting } from './fixtures.js'
import { ruleOf } from './rule.js'

const local = (mailbox: MailboxId) => ({ kind: 'local', mailbox, recipient: 'ann@example.test' }) as const
const remote = (recipient: string) => ({ kind: 'remote', recipient }) as const

async function acceptance(store: Store, id: string, ...deliveries: Acceptance['deliveries']): Promise<Acceptance> {
  return { id, from: 'eve@far.test', deliveries, blob: await seal(store, octets(id)), receivedAt: START + 5 }
}

export function queueContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('accept', () => {
    rule('files local copies and enqueues remote recipients', async (store) => {
      const ann = await newInbox(store)
      const bob = await newInbox(store, 'bob@example.test')
      const open = await store.openMailbox(ann.inbox, { recent: false })
      await store.accept(await acceptance(store, 'q1', local(ann.inbox), remote('x@far.test'), local(bob.inbox)))
      const [entry] = await entriesOf(store, ann.inbox)
      expect(entry).toMatchObject({ uid: 1, system: 0, keywords: [], internalDate: START + 5, internalZone: 0 })
      expect(open.changes.pending).toEqual([{ type: 'added', mailbox: ann.inbox, entries: [entry], origin: null }])
      expect((await entriesOf(store, bob.inbox)).length).toBe(1)
      expect(entry && (await read(store, entry.blob))).toEqual(octets('q1'))
      expect(await waiting(store)).toMatchObject([
        {
          id: 'q1',
          from: 'eve@far.test',
          recipient: 'x@far.test',
          size: octets('q1').length,
          status: 'pending',
          retryCount: 0,
          nextRetry: START + 5,
          enqueuedAt: START + 5,
          envelope: { body: null, utf8: false, returned: null, envelopeId: null },
          dsn: { notify: null, originalRecipient: null },
        },
      ])
      open.close()
    })

    rule('gives a mailbox and a remote recipient that are named twice one copy', async (store) => {
      const { inbox } = await newInbox(store)
      const twice = [local(inbox), remote('x@far.test'), local(inbox), remote('x@far.test')]
      await store.accept(await acceptance(store, 'q1', ...twice))
      expect((await entriesOf(store, inbox)).length).toBe(1)
      expect((await waiting(store)).length).toBe(1)
    })

    rule('keeps what MAIL and RCPT said beside the addresses, as it was said first', async (store) => {
      await newInbox(store)
      const envelope = { body: '8BITMIME', utf8: true, returned: 'headers', envelopeId: 'QQ 314159' } as const
      const asked = { notify: ['success', 'delay'], originalRecipient: 'rfc822;Bob@far.test' } as const
      const never = { notify: [], originalRecipient: null }
      const deliveries = [
        { ...remote('a@far.test'), dsn: asked },
        { ...remote('b@far.test'), dsn: never },
        { ...remote('a@far.test'), dsn: never },
        remote('b@far.test'),
        remote('c@far.test'),
      ]
      await store.accept({ ...(await acceptance(store, 'q1', ...deliveries)), envelope })
      const listed = await waiting(store)
      expect(listed.map((entry) => entry.envelope)).toEqual([envelope, envelope, envelope])
      expect(listed.map((entry) => entry.dsn)).toEqual([asked, never, { notify: null, originalRecipient: null }])
    })

    rule('is all or none', async (store) => {
      const { inbox } = await newInbox(store)
      const nowhere = local(999_999 as MailboxId)
      const message = await acceptance(store, 'q1', local(inbox), remote('x@far.test'), nowhere)
      expect(await refusal(store.accept(message))).toBe('no-such-mailbox')
      expect(await entriesOf(store, inbox)).toEqual([])
      expect(await waiting(store)).toEqual([])
    })

    rule('takes the null reverse-path', async (store) => {
      await newInbox(store)
      await store.accept({ ...(await acceptance(store, 'q1', remote('x@far.test'))), from: '' })
      expect((await waiting(store))[0]?.from).toBe('')
    })

    rule(
      'many at once are all stored once',
      async (store) => {
        const { inbox } = await newInbox(store)
        const messages = await Promise.all(
          Array.from({ length: 60 }, (_, i) => acceptance(store, `q${i}`, local(inbox))),
        )
        await Promise.all(messages.map((m) => store.accept(m)))
        expect((await entriesOf(store, inbox)).map((e) => e.uid)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
      },
      { batchOperations: 7 },
    )
  })
}
