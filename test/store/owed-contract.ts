/** ReportStore: what senders come to be owed, when it is due, and that a report settles just what it tells. */
import { describe, expect } from 'vitest'
import { storeLimits } from '../../src/core/limits.js'
import type { Acceptance, Delivery, Notify, OwedReport, ReportKind, Store } from '../../src/store/store.js'
import { type NewStore, newInbox, octets, refusal, START, seal, waiting } from './fixtures.js'
import { attempt, claim, deferred, delivered, EVE, failed } from './outbound-contract.js'
import { ruleOf } from './rule.js'

const LATER = START + 1_000
const WAIT = storeLimits.reportWait

const asking = (...notify: Notify[]) => ({ notify, originalRecipient: null })
const remote = (recipient: string, ...notify: Notify[]): Delivery =>
  notify.length === 0 ? { kind: 'remote', recipient } : { kind: 'remote', recipient, dsn: asking(...notify) }

async function send(
  store: Store,
  id: string,
  deliveries: readonly Delivery[],
  more: Partial<Acceptance> = {},
): Promise<void> {
  await store.accept({ id, from: EVE, deliveries, blob: await seal(store, octets(id)), receivedAt: START, ...more })
}

const owed = (store: Store, until = Number.MAX_SAFE_INTEGER): Promise<readonly OwedReport[]> =>
  store.listReports(until, null, 9)

/** `q1: a failed, b delayed` of each */
const shown = (reports: readonly OwedReport[]): string[] =>
  reports.map(({ id, recipients }) => {
    const those = recipients.map(({ recipient, kind }) => `${recipient.split('@')[0]} ${kind}`)
    return `${id}: ${those.join(', ')}`
  })

const settled = (message: string, ...recipients: (readonly [string, ReportKind])[]) => ({
  message,
  recipients: recipients.map(([recipient, kind]) => ({ recipient, kind })),
})

export function owedContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('what is owed', () => {
    rule('a copy in a mailbox, to senders who ask for it', async (store) => {
      const { inbox } = await newInbox(store)
      const local = { kind: 'local', mailbox: inbox, recipient: 'ann@example.test' } as const
      await send(store, 'q1', [{ ...local, dsn: asking('success') }])
      await send(store, 'q2', [{ ...local, dsn: asking('failure', 'delay') }])
      await send(store, 'q3', [local])
      await send(store, 'q4', [{ ...local, dsn: asking('success') }], { from: '' })
      expect(shown(await owed(store))).toEqual(['q1: ann delivered'])
      const [report] = await owed(store, START)
      const recipient = { recipient: 'ann@example.test', dsn: asking('success'), kind: 'delivered' }
      expect(report?.recipients).toEqual([{ ...recipient, reply: null, host: null, lastAttempt: null }])
      await store.dropReports(settled('q1', ['ann@example.test', 'delivered']))
      expect(await owed(store)).toEqual([])
    })

    rule('an alias that led to several, and a mailbox behind two addresses for each of them', async (store) => {
      const { inbox } = await newInbox(store)
      const to = (recipient: string): Delivery => ({
        kind: 'local',
        mailbox: inbox,
        recipient,
        dsn: asking('success'),
      })
      const expanded = [{ recipient: 'list@example.test', dsn: asking('success') }]
      await send(store, 'q1', [to('ann@example.test'), to('a.n@example.test'), remote('x@far.test')], { expanded })
      await send(store, 'q2', [remote('x@far.test')], { expanded, from: '' })
      expect(shown(await owed(store))).toEqual(['q1: a.n delivered, ann delivered, list expanded'])
    })

    rule('a copy that a duplicate did not need', async (store) => {
      const { inbox } = await newInbox(store)
      const local = { kind: 'local', mailbox: inbox, recipient: 'ann@example.test', dsn: asking('success') } as const
      for (const id of ['q1', 'q2']) {
        const spool = store.newSpool()
        spool.mark()
        await spool.write(octets('same'))
        await send(store, id, [local], { blob: await spool.seal() })
      }
      expect(shown(await owed(store))).toEqual(['q1: ann delivered', 'q2: ann delivered'])
    })

    rule('success beyond a server that tells of none', async (store) => {
      await newInbox(store)
      const all = [remote('a@x.test', 'success'), remote('b@x.test', 'success'), remote('c@x.test')]
      await send(store, 'q1', all)
      await claim(store, 'x.test')
      const results = [delivered('a@x.test'), delivered('b@x.test', true), delivered('c@x.test')]
      await store.recordAttempt(attempt('q1', ...results))
      expect(shown(await owed(store))).toEqual(['q1: a relayed'])
    })

    rule('a failure of mail without a sender, unless nobody wants it', async (store) => {
      await newInbox(store)
      const never = { kind: 'remote', recipient: 'b@x.test', dsn: asking() } as const
      await send(store, 'q1', [remote('a@x.test'), never], { from: '' })
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', failed('a@x.test'), failed('b@x.test')))
      expect(shown(await owed(store))).toEqual(['q1: a failed'])
    })
  })

  describe('a delay', () => {
    const late = async (store: Store): Promise<void> => {
      const to = [
        remote('a@x.test'),
        remote('b@x.test', 'delay', 'failure'),
        remote('c@x.test', 'failure'),
        remote('d@y.test'),
      ]
      await newInbox(store)
      await send(store, 'q1', to)
      await claim(store, 'x.test')
      const results = ['a@x.test', 'b@x.test', 'c@x.test'].map((recipient) => deferred(recipient, 1, LATER))
      await store.recordAttempt(attempt('q1', ...results))
    }

    rule('is told once, of who was tried and wants to know, and the recipient goes on waiting', async (store) => {
      await late(store)
      expect(await store.oldestUnwarned()).toBe(START)
      expect(await store.warnDelayed(START - 1, LATER, 9)).toBe(0)
      expect(await store.warnDelayed(START, LATER, 1)).toBe(1)
      expect(await store.warnDelayed(START, LATER, 9)).toBe(1)
      expect(shown(await owed(store))).toEqual(['q1: a delayed, b delayed'])
      expect(await store.oldestUnwarned()).toBe(null)
      const settles = settled('q1', ['a@x.test', 'delayed'], ['b@x.test', 'delayed'])
      await send(store, 'r1', [remote('eve@far.test')], { from: '', settles })
      expect(await owed(store)).toEqual([])
      expect(await store.warnDelayed(LATER, LATER, 9)).toBe(0)
      expect((await waiting(store)).filter(({ id }) => id === 'q1')).toHaveLength(4)
    })

    rule('is no matter any more once it was delivered, and becomes a failure', async (store) => {
      await late(store)
      await store.warnDelayed(START, LATER, 9)
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', delivered('a@x.test'), failed('b@x.test')))
      expect(shown(await owed(store))).toEqual(['q1: b failed'])
      const told = settled('q1', ['b@x.test', 'delayed'])
      await store.dropReports(told)
      const blob = await seal(store, octets('r1'))
      const report = { id: 'r1', from: '', deliveries: [remote('eve@far.test')], blob, receivedAt: LATER }
      expect(await refusal(store.accept({ ...report, settles: told }))).toBe('no-such-message')
      expect(shown(await owed(store))).toEqual(['q1: b failed'])
    })

    rule('is not told to nobody', async (store) => {
      await newInbox(store)
      await send(store, 'q1', [remote('a@x.test')], { from: '' })
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', deferred('a@x.test')))
      expect(await store.oldestUnwarned()).toBe(null)
      expect(await store.warnDelayed(LATER, LATER, 9)).toBe(0)
    })

    rule('somebody hears of the first time that mail is put off', async (store) => {
      const heard: string[] = []
      await newInbox(store)
      await send(store, 'q1', [remote('a@x.test')])
      await claim(store, 'x.test')
      store.onDuty((duty) => heard.push(duty))
      heard.length = 0
      await store.recordAttempt(attempt('q1', deferred('a@x.test', 1, LATER)))
      expect(heard).toEqual(['bounce'])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', deferred('a@x.test', 2, LATER)))
      expect(heard).toEqual(['bounce'])
      store.onDuty(null)
    })
  })

  describe('when a report is due', () => {
    rule('at once, unless another recipient may soon be told of as well', async (store) => {
      await newInbox(store)
      await send(store, 'q1', [remote('a@x.test'), remote('b@y.test'), remote('c@z.test')])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', failed('a@x.test')))
      expect(await store.listReports(LATER, null, 9)).toEqual([])
      expect(await store.nextReport(LATER)).toBe(LATER + WAIT)
      await claim(store, 'y.test')
      await store.recordAttempt(attempt('q1', failed('b@y.test')))
      expect(await store.nextReport(LATER)).toBe(LATER + WAIT)
      await claim(store, 'z.test')
      await store.recordAttempt(attempt('q1', deferred('c@z.test')))
      expect(await store.nextReport(LATER)).toBe(null)
      expect(shown(await owed(store, LATER))).toEqual(['q1: a failed, b failed'])
    })

    rule('later while somebody tries another recipient again', async (store) => {
      await newInbox(store)
      await send(store, 'q1', [remote('a@x.test'), remote('b@y.test')])
      await claim(store, 'x.test')
      await store.recordAttempt(attempt('q1', deferred('a@x.test', 1, LATER)))
      await claim(store, 'x.test')
      await claim(store, 'y.test')
      await store.recordAttempt(attempt('q1', failed('b@y.test')))
      expect(await store.nextReport(0)).toBe(LATER + WAIT)
      await store.recordAttempt(attempt('q1', deferred('a@x.test')))
      expect(await store.nextReport(0)).toBe(LATER)
    })

    rule('in the order of when, a few at a time', async (store) => {
      await newInbox(store)
      for (const [id, at] of [
        ['q3', 1],
        ['q2', 2],
        ['q1', 1],
      ] as const) {
        await send(store, id, [remote('a@x.test')])
        await claim(store, 'x.test')
        await store.recordAttempt({ ...attempt(id, failed('a@x.test')), at: START + at })
      }
      const first = await store.listReports(START + 2, null, 2)
      expect(shown(first)).toEqual(['q1: a failed', 'q3: a failed'])
      expect(shown(await store.listReports(START + 2, first[1] ?? null, 2))).toEqual(['q2: a failed'])
      expect(shown(await store.listReports(START + 1, null, 9))).toHaveLength(2)
      expect(await store.nextReport(START + 1)).toBe(START + 2)
    })
  })
}
