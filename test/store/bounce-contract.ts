/** BounceStore: reports that come in, and what they say of mail that was delivered. */
import { describe, expect } from 'vitest'
import type { Acceptance, Store } from '../../src/store/store.js'
import { type NewStore, newInbox, octets, read, START, seal } from './fixtures.js'
import { attempt, claim, delivered, failed, send } from './outbound-contract.js'
import { ruleOf } from './rule.js'

const REPORT = Buffer.from(
  'Subject: Undelivered\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nIt failed.\r\n--b--\r\n',
)

/** The null reverse-path, to ann, unless told. */
async function receive(store: Store, content: Uint8Array, options: Partial<Acceptance> = {}): Promise<void> {
  const { inbox } = await newInbox(store)
  const deliveries = [{ kind: 'local', mailbox: inbox, recipient: 'ann@example.test' }] as const
  await store.accept({
    id: 'r1',
    from: '',
    deliveries,
    blob: await seal(store, content),
    receivedAt: START,
    ...options,
  })
}

async function sent(store: Store, message: string, recipients: readonly string[]): Promise<void> {
  await send(store, message, recipients)
  await claim(store, 'x.test')
  await store.recordAttempt(attempt(message, ...recipients.map((recipient) => delivered(recipient))))
}

const bounce = (...addresses: readonly string[]) => ({ addresses, reply: '550 5.1.1 No', isAddressFailure: true })

const record = (store: Store, message: string, recipients: ReturnType<typeof bounce>[], at = START, countFrom = 0) =>
  store.recordBounces({ message, at, recipients, countFrom })

export function bounceContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('reports that come in', () => {
    rule('wait until somebody has read them, and somebody hears of it', async (store) => {
      const heard: string[] = []
      store.onDuty((duty) => heard.push(duty))
      expect(heard).toContain('incoming-report')
      heard.length = 0
      await receive(store, REPORT)
      expect(heard).toEqual(['incoming-report'])
      const [first, ...others] = await store.listIncomingReports(0, 9)
      expect(others).toEqual([])
      expect(first && (await read(store, first.blob))).toEqual(REPORT)
      expect(await store.listIncomingReports(first?.serial ?? 0, 9)).toEqual([])
      await store.dropIncomingReport(first?.serial ?? 0)
      await store.dropIncomingReport(first?.serial ?? 0)
      expect(await store.listIncomingReports(0, 9)).toEqual([])
    })

    rule('other mail is none', async (store) => {
      await receive(store, octets('q1'))
      await newInbox(store, 'eve@other.test')
      await send(store, 'q2', [])
      expect(await store.listIncomingReports(0, 9)).toEqual([])
    })

    rule('a report with a sender is none, and neither is one for elsewhere', async (store) => {
      await receive(store, REPORT, { from: 'eve@far.test' })
      const deliveries = [{ kind: 'remote', recipient: 'eve@far.test' }] as const
      await store.accept({ id: 'r2', from: '', deliveries, blob: await seal(store, REPORT), receivedAt: START })
      expect(await store.listIncomingReports(0, 9)).toEqual([])
    })

    rule('one that we write ourselves is none', async (store) => {
      await send(store, 'q1', ['a@x.test'])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', failed('a@x.test')))
      const settles = { message: 'q1', recipients: [{ recipient: 'a@x.test', kind: 'failed' }] } as const
      await receive(store, REPORT, { settles })
      expect(await store.listIncomingReports(0, 9)).toEqual([])
    })
  })

  describe('bounces', () => {
    rule('concern who was delivered, in whatever case, once', async (store) => {
      await newInbox(store)
      await sent(store, 'q1', ['a@x.test', 'B@x.test', 'c@x.test'])
      const bounces = [bounce('nobody@x.test'), bounce('other@y.test', 'b@X.test'), bounce('a@x.test')]
      expect(await record(store, 'q1', bounces)).toEqual([
        { recipient: 'B@x.test', reported: 1, isNew: true, failures: 1 },
        { recipient: 'a@x.test', reported: 2, isNew: true, failures: 1 },
      ])
      const finished = await store.listFinished({ id: 'q1' }, null, 9)
      expect(finished.map(({ recipient, outcome, reply }) => [recipient, outcome, reply]).sort()).toEqual([
        ['B@x.test', 'bounced', '550 5.1.1 No'],
        ['a@x.test', 'bounced', '550 5.1.1 No'],
        ['c@x.test', 'delivered', '250 2.0.0 OK'],
      ])
      expect(await record(store, 'q1', [bounce('a@x.test'), bounce('a@x.test')])).toEqual([
        { recipient: 'a@x.test', reported: 0, isNew: false, failures: 1 },
      ])
      expect(await record(store, 'q2', [bounce('c@x.test')])).toEqual([])
    })

    rule('who failed before it was delivered does not bounce', async (store) => {
      await newInbox(store)
      await send(store, 'q1', ['a@x.test'])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', failed('a@x.test')))
      await store.dropReports({ message: 'q1', recipients: [{ recipient: 'a@x.test', kind: 'failed' }] })
      expect(await record(store, 'q1', [bounce('a@x.test')])).toEqual([])
    })

    rule('who was forwarded is known where there is nobody else, and is not to blame', async (store) => {
      await newInbox(store)
      await sent(store, 'q1', ['a@x.test'])
      await sent(store, 'q2', ['a@x.test', 'b@x.test'])
      expect(await record(store, 'q2', [bounce('z@y.test')])).toEqual([])
      expect(await record(store, 'q1', [bounce('z@y.test'), bounce('y@y.test')])).toEqual([])
      expect(await record(store, 'q1', [bounce('z@y.test')])).toEqual([
        { recipient: 'a@x.test', reported: 0, isNew: true, failures: 0 },
      ])
    })

    rule('failures of an address are counted by message, as long as they matter', async (store) => {
      await newInbox(store)
      for (const [i, failures] of [1, 2, 3].entries()) {
        await sent(store, `q${i}`, ['a@x.test'])
        expect(await record(store, `q${i}`, [bounce('A@x.test')], START + i)).toMatchObject([{ failures }])
        expect(await record(store, `q${i}`, [bounce('A@x.test')], START + i)).toMatchObject([{ failures }])
      }
      await sent(store, 'q4', ['a@x.test'])
      const other = { ...bounce('a@x.test'), isAddressFailure: false }
      expect(await record(store, 'q4', [other])).toMatchObject([{ isNew: true, failures: 0 }])
      await sent(store, 'q5', ['a@x.test'])
      expect(await record(store, 'q5', [bounce('a@x.test')], START + 9, START + 5)).toMatchObject([{ failures: 1 }])
    })
  })
}
