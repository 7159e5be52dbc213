/** OutboundStore: who is due, who is tried by whom, and what becomes of it. */
import { describe, expect } from 'vitest'
import type { Attempt, Claim, Delivery, RecipientResult, Store } from '../../src/store/store.js'
import { type NewStore, newInbox, octets, read, START, seal, waiting } from './fixtures.js'
import { ruleOf } from './rule.js'

export const EVE = 'eve@far.test'
const LATER = START + 1_000

export async function send(
  store: Store,
  id: string,
  recipients: readonly (string | Delivery)[],
  options: { readonly from?: string; readonly at?: number } = {},
): Promise<void> {
  const { from = EVE, at = START } = options
  const deliveries = recipients.map((to) =>
    typeof to === 'string' ? ({ kind: 'remote', recipient: to } as const) : to,
  )
  await store.accept({ id, from, deliveries, blob: await seal(store, octets(id)), receivedAt: at })
}

export const claim = (store: Store, destination: string, limits: { messages?: number; recipients?: number } = {}) =>
  store.claimDue({ destination, now: LATER, messages: 100, recipients: 100, ...limits })

/** `q1: a b, q2: c` */
const shown = (claims: readonly Claim[]): string =>
  claims.map(({ id, recipients }) => `${id}: ${recipients.map((r) => r.recipient.split('@')[0]).join(' ')}`).join(', ')

export const attempt = (message: string, ...results: readonly RecipientResult[]): Attempt => ({
  message,
  at: LATER,
  host: 'mx.x.test [192.0.2.1]',
  transcript: 'S: 220',
  results,
})

export const delivered = (recipient: string, reports = false): RecipientResult => ({
  recipient,
  kind: 'delivered',
  reply: '250 2.0.0 OK',
  reports,
})
export const failed = (recipient: string): RecipientResult => ({ recipient, kind: 'failed', reply: '550 5.1.1 No' })
export const deferred = (recipient: string, retryCount = 1, nextRetry = LATER + 60_000): RecipientResult => ({
  recipient,
  kind: 'deferred',
  reply: '450 4.2.0 Later',
  retryCount,
  nextRetry,
})

export function outboundContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('what is due', () => {
    rule('is known by destination, the canonical form of the domain, earliest first', async (store) => {
      await newInbox(store)
      await send(store, 'q1', ['a@Y.test', 'b@[192.0.2.1]'], { at: START + 5 })
      await send(store, 'q2', ['c@y.test', 'd@bücher.test'], { at: START + 7 })
      expect(await store.dueDestinations(START + 7, 9)).toEqual([
        { destination: '[192.0.2.1]', due: START + 5 },
        { destination: 'y.test', due: START + 5 },
        { destination: 'xn--bcher-kva.test', due: START + 7 },
      ])
      expect(await store.dueDestinations(START + 6, 9)).toHaveLength(2)
      const [first, second, third] = await store.dueDestinations(START + 7, 9)
      expect(await store.dueDestinations(START + 7, 1)).toEqual([first])
      expect(await store.dueDestinations(START + 7, 1, first)).toEqual([second])
      expect(await store.dueDestinations(START + 7, 9, second)).toEqual([third])
      expect(await store.dueDestinations(START + 7, 9, third)).toEqual([])
      expect(await store.dueDestinations(START + 4, 9)).toEqual([])
      expect(await store.nextDue(START + 4)).toBe(START + 5)
      expect(await store.nextDue(START + 5)).toBe(START + 7)
      expect(await store.nextDue(START + 7)).toBe(null)
    })

    rule('somebody hears of new mail for others, and of no other mail', async (store) => {
      const { inbox } = await newInbox(store)
      let heard = 0
      store.onQueued(() => heard++)
      await send(store, 'q1', [{ kind: 'local', mailbox: inbox, recipient: 'ann@example.test' }])
      expect(heard).toBe(0)
      await send(store, 'q2', ['a@x.test'])
      expect(heard).toBe(1)
      store.onQueued(null)
      await send(store, 'q3', ['a@x.test'])
      expect(heard).toBe(1)
    })
  })

  describe('claims', () => {
    rule('are exclusive', async (store) => {
      await newInbox(store)
      for (let i = 0; i < 9; i++) await send(store, `q${i}`, ['a@x.test', 'b@x.test'])
      const all = await Promise.all(Array.from({ length: 6 }, () => claim(store, 'x.test', { messages: 2 })))
      expect(all.map((claims) => claims.length)).toEqual([2, 2, 2, 2, 1, 0])
      expect(new Set(all.flat().map(({ id }) => id)).size).toBe(9)
      expect(await store.dueDestinations(LATER, 9)).toEqual([])
      expect(await store.nextDue(0)).toBe(null)
    })

    rule('give a message with all that is to be sent of it', async (store) => {
      await newInbox(store)
      const envelope = { body: '8BITMIME', utf8: true, returned: 'full', envelopeId: 'e1' } as const
      const dsn = { notify: ['success', 'failure'], originalRecipient: 'rfc822;A@x.test' } as const
      const blob = await seal(store, octets('q1'))
      const deliveries = [{ kind: 'remote', recipient: 'a@x.test', dsn } as const]
      await store.accept({ id: 'q1', from: EVE, envelope, deliveries, blob, receivedAt: START })
      const [given, ...others] = await claim(store, 'x.test')
      expect(others).toEqual([])
      const { blob: content, ...rest } = given as Claim
      expect(await read(store, content)).toEqual(octets('q1'))
      expect(rest).toEqual({
        ...{ id: 'q1', from: EVE, envelope, size: octets('q1').length, enqueuedAt: START, destination: 'x.test' },
        recipients: [{ recipient: 'a@x.test', dsn, retryCount: 0 }],
      })
    })

    rule('are earliest first, of those that are due, at most so many', async (store) => {
      await newInbox(store)
      await send(store, 'q3', ['a@x.test', 'b@x.test', 'c@x.test', 'd@y.test'], { at: START + 1 })
      await send(store, 'q1', ['a@x.test'], { at: START + 2 })
      await send(store, 'q2', ['a@x.test'], { at: START + 2 })
      await send(store, 'q0', ['a@x.test'], { at: LATER + 1 })
      expect(shown(await claim(store, 'x.test', { messages: 2, recipients: 2 }))).toBe('q3: a b, q1: a')
      expect(shown(await claim(store, 'x.test', { messages: 1 }))).toBe('q3: c')
      expect(shown(await claim(store, 'x.test'))).toBe('q2: a')
      expect(await store.nextDue(0)).toBe(START + 1)
      expect(await store.nextDue(START + 1)).toBe(LATER + 1)
    })

    rule('recipients of one message may be due at different times', async (store) => {
      await newInbox(store)
      await send(store, 'q1', ['a@x.test', 'b@x.test', 'c@x.test'])
      await claim(store, 'x.test')
      const [a, b, c] = [START + 30, START + 10, START + 20]
      const results = [deferred('a@x.test', 1, a), deferred('b@x.test', 1, b), deferred('c@x.test', 1, c)]
      await store.recordAttempt(attempt('q1', ...results))
      await send(store, 'q2', ['a@x.test'], { at: START + 15 })
      expect(shown(await claim(store, 'x.test', { recipients: 2 }))).toBe('q1: b c, q2: a')
      expect(await store.dueDestinations(LATER, 9)).toEqual([{ destination: 'x.test', due: a }])
    })

    rule('those of a server that is gone are due again, as they were, and it is known which', async (store) => {
      await newInbox(store)
      await send(store, 'q2', ['b@x.test', 'a@x.test'])
      await send(store, 'q1', ['c@y.test'])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q2', deferred('a@x.test', 3, START + 9)))
      await claim(store, 'x.test')
      expect(await store.releaseClaims()).toEqual([
        { id: 'q2', recipient: 'a@x.test' },
        { id: 'q2', recipient: 'b@x.test' },
      ])
      expect(await store.releaseClaims()).toEqual([])
      const [again] = await claim(store, 'x.test')
      expect(again?.recipients.map((r) => r.retryCount)).toEqual([3, 0])
    })
  })

  describe('the end of an attempt', () => {
    rule('who is done leaves the queue, and the message goes with the last', async (store) => {
      await newInbox(store)
      await send(store, 'q1', ['a@x.test', 'b@y.test'])
      const [first] = await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', delivered('a@x.test')))
      expect((await waiting(store)).map((q) => q.recipient)).toEqual(['b@y.test'])
      expect(await store.dueDestinations(LATER, 9)).toEqual([{ destination: 'y.test', due: START }])
      expect(first && (await read(store, first.blob))).toEqual(octets('q1'))
      await claim(store, 'y.test')
      await store.recordAttempt(attempt('q1', delivered('b@y.test')))
      expect(await waiting(store)).toEqual([])
      expect(await store.dueDestinations(LATER, 9)).toEqual([])
    })

    rule('who is put off waits with the new count', async (store) => {
      await newInbox(store)
      await send(store, 'q1', ['a@x.test'])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', deferred('a@x.test', 1, LATER + 9)))
      expect(await waiting(store)).toMatchObject([{ retryCount: 1, nextRetry: LATER + 9 }])
      expect(await claim(store, 'x.test')).toEqual([])
      expect(await store.nextDue(LATER)).toBe(LATER + 9)
    })

    rule('who is released waits with the count of before', async (store) => {
      await newInbox(store)
      await send(store, 'q1', ['a@x.test'])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', { recipient: 'a@x.test', kind: 'released', nextRetry: LATER + 5 }))
      expect(await waiting(store)).toMatchObject([{ retryCount: 0, nextRetry: LATER + 5 }])
      expect(await store.dueDestinations(LATER + 5, 9)).toHaveLength(1)
    })

    rule('who failed stays as long as somebody is to be told, with what the server said', async (store) => {
      await newInbox(store)
      const never = { notify: [], originalRecipient: null }
      await send(store, 'q1', ['a@x.test', { kind: 'remote', recipient: 'b@x.test', dsn: never }])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', failed('a@x.test'), failed('b@x.test')))
      expect(await waiting(store)).toEqual([])
      const said = { reply: '550 5.1.1 No', host: 'mx.x.test [192.0.2.1]', lastAttempt: LATER }
      const recipients = [{ recipient: 'a@x.test', kind: 'failed', ...said }]
      expect(await store.listReports(LATER, null, 9)).toMatchObject([{ id: 'q1', from: EVE, due: LATER, recipients }])
      await store.dropReports({ message: 'q1', recipients: [{ recipient: 'a@x.test', kind: 'failed' }] })
      expect(await store.listReports(LATER, null, 9)).toEqual([])
    })

    rule('who is not claimed any more is passed over, and so is what is said twice', async (store) => {
      await newInbox(store)
      await send(store, 'q1', ['a@x.test', 'b@x.test'])
      await store.recordAttempt(attempt('q1', delivered('a@x.test'), delivered('nobody@x.test')))
      await store.recordAttempt(attempt('q9', delivered('a@x.test')))
      expect(await waiting(store)).toHaveLength(2)
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', deferred('a@x.test'), delivered('a@x.test'), delivered('b@x.test')))
      await store.recordAttempt(attempt('q1', delivered('a@x.test')))
      expect(await waiting(store)).toMatchObject([{ recipient: 'a@x.test', retryCount: 1 }])
    })
  })
}
