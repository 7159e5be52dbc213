/** The bouncer on a store: what it sends to whom and when, what it drops, and that nothing is lost or told twice. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Line, recordingLog } from '../../test/log-recorder.js'
import { ModelStore } from '../../test/model-store.js'
import { entriesOf, newInbox, octets, read, START, seal, waiting } from '../../test/store/fixtures.js'
import { FakeClock } from '../core/clock.js'
import { queueLimits, storeLimits } from '../core/limits.js'
import { StoreError } from '../store/errors.js'
import type { Acceptance, Delivery, Notify, RecipientResult, Store } from '../store/store.js'
import { Bouncer } from './bouncer.js'

type Local = Extract<Delivery, { kind: 'local' }>

const MINUTE = 60_000
const DELAY_WARNING = 240 * MINUTE
const POSTMASTER = 'postmaster@mx.example.test'

let store: Store
let clock: FakeClock
let log: Line[]
let ids: number
let bouncer: Bouncer
let ann: Local
let eve: Local
let boss: Local
/** Where mail for the sender, and for the postmaster, goes. */
let destinations: readonly Delivery[] | null
let postmasters: readonly Delivery[] | null

beforeEach(async () => {
  clock = new FakeClock(START)
  store = new ModelStore(clock)
  log = []
  ids = 0
  const at = async (address: string) => {
    const { user, inbox } = await newInbox(store, address)
    return { user, delivery: { kind: 'local', mailbox: inbox, recipient: address } as const }
  }
  const full = await at('ann@example.test')
  await store.setQuota(full.user.id, { octets: 1 })
  ann = full.delivery
  eve = (await at('eve@example.test')).delivery
  boss = (await at('boss@example.test')).delivery
  destinations = [eve]
  postmasters = [boss]
  bouncer = newBouncer(store)
})

afterEach(async () => {
  await bouncer.stop()
  expect(clock.pending).toBe(0)
})

const newBouncer = (on: Store): Bouncer =>
  new Bouncer({
    store: on,
    destinations: async (address) => (address === POSTMASTER ? postmasters : destinations),
    hostname: 'mx.example.test',
    retrySchedule: [5 * MINUTE, 24 * 60 * MINUTE],
    delayWarning: DELAY_WARNING,
    clock,
    random: (n) => Buffer.from(Uint8Array.from({ length: n }, (_, i) => (++ids * 37 + i) % 256)),
    log: recordingLog(log),
  })

/** Ann has no room for it; somebody far away gets it. */
async function fail(id: string, content: Uint8Array = octets(id), returned: 'full' | null = null): Promise<void> {
  await store.accept({
    id,
    from: 'eve@example.test',
    envelope: { body: null, utf8: false, returned, envelopeId: null },
    deliveries: [ann, { kind: 'local', mailbox: boss.mailbox, recipient: 'boss@example.test' }],
    blob: await seal(store, content),
    receivedAt: clock.now(),
    partial: true,
    diagnostic: '552 5.2.2 Mailbox full',
  })
}

/** Mail of Eve's for others: `x@far.test`, or with what she wants to be told. */
async function send(
  id: string,
  recipients: readonly (string | readonly [string, readonly Notify[]])[],
  more: Partial<Acceptance> = {},
): Promise<void> {
  const deliveries = recipients.map((one): Delivery => {
    const [recipient, notify] = typeof one === 'string' ? [one, null] : one
    return { kind: 'remote', recipient, dsn: { notify, originalRecipient: null } }
  })
  const blob = await seal(store, octets(id))
  await store.accept({ id, from: 'eve@example.test', deliveries, blob, receivedAt: clock.now(), ...more })
}

const HOST = 'mx.far.test [192.0.2.1]'
const RESULTS = {
  failed: { kind: 'failed', reply: '550 5.1.1 No such user' },
  relayed: { kind: 'delivered', reply: '250 2.0.0 OK', reports: false },
  passed: { kind: 'delivered', reply: '250 2.0.0 OK', reports: true },
} as const

/** All that is due at the domain of `recipient` is tried; it alone gets the result, others none. */
async function attempt(id: string, recipient: string, result: keyof typeof RESULTS | 'deferred'): Promise<void> {
  const destination = recipient.slice(recipient.indexOf('@') + 1)
  await store.claimDue({ destination, now: clock.now(), messages: 100, recipients: 100 })
  const later = { kind: 'deferred', reply: '450 4.4.1 No answer', retryCount: 1, nextRetry: clock.now() } as const
  const outcome: RecipientResult = { recipient, ...(result === 'deferred' ? later : RESULTS[result]) }
  await store.recordAttempt({ message: id, at: clock.now(), host: HOST, transcript: null, results: [outcome] })
}

async function settled(): Promise<void> {
  for (let i = 0; i < 60; i++) await new Promise((turn) => setImmediate(turn))
}

async function work(): Promise<void> {
  bouncer.wake()
  await settled()
}

/** Lets time go on, and the bouncer with it. */
async function pass(ms: number): Promise<void> {
  await clock.advance(ms)
  await settled()
}

async function reports(to: Local = eve): Promise<string[]> {
  const entries = await entriesOf(store, to.mailbox)
  const texts = await Promise.all(entries.map(async ({ blob }) => String(await read(store, blob))))
  return texts.filter((text) => text.includes('report-type=delivery-status'))
}

/** `x@far.test failed`, of each group of a report. */
const told = (report: string | undefined): string[] =>
  [...(report ?? '').matchAll(/^Final-Recipient: \S+ (\S+)\r\nAction: (\S+)/gm)].map(
    ([, who, what]) => `${who} ${what}`,
  )

const said = (): unknown[] => log.map(({ message, fields }) => [message, (fields as { reason?: string }).reason])
const owed = () => store.listReports(Number.MAX_SAFE_INTEGER, null, 99)

test('the sender gets one report on each message', async () => {
  for (const id of ['q1', 'q2']) await fail(id)
  await work()
  await work()
  const [first = '', ...others] = await reports()
  expect(others.length).toBe(1)
  expect(first).toContain('Status: 5.2.2')
  expect(first).toContain('Subject: q1')
  expect(await owed()).toEqual([])
})

test('more messages than are read at once are all reported on', async () => {
  for (let i = 0; i < queueLimits.bouncesPerLook + 1; i++) await fail(`q${i}`)
  await work()
  expect((await reports()).length).toBe(queueLimits.bouncesPerLook + 1)
})

test('a sender elsewhere gets it through the queue, with no sender of its own', async () => {
  destinations = [{ kind: 'remote', recipient: 'eve@far.test' }]
  await fail('q1')
  await work()
  const entry = (await waiting(store)).find(({ recipient }) => recipient === 'eve@far.test')
  expect(entry).toMatchObject({ from: '', envelope: { body: '7BIT', utf8: false } })
})

test('RET=FULL gives back what is not too long', async () => {
  await fail('q1', octets('short', 100), 'full')
  await fail('q2', octets('long', queueLimits.returnedOctets), 'full')
  await work()
  const [short, long] = await reports()
  expect(short).toContain('message/rfc822')
  expect(short).toContain('xxx')
  expect(long).toContain('text/rfc822-headers')
  expect(long).not.toContain('xxx')
})

describe('one report covers a message', () => {
  test('and waits for what becomes of the others', async () => {
    await send('q1', ['a@x.test', 'b@y.test'])
    await attempt('q1', 'a@x.test', 'failed')
    await work()
    expect(await reports()).toEqual([])
    await attempt('q1', 'b@y.test', 'failed')
    await work()
    expect((await reports()).map(told)).toEqual([['a@x.test failed', 'b@y.test failed']])
  })

  test('for a while, by itself: what fails later gets another', async () => {
    await send('q1', ['a@x.test', 'b@y.test'])
    await attempt('q1', 'a@x.test', 'failed')
    await work()
    await pass(storeLimits.reportWait - 1)
    expect(await reports()).toEqual([])
    await pass(1)
    expect((await reports()).map(told)).toEqual([['a@x.test failed']])
    await attempt('q1', 'b@y.test', 'failed')
    await work()
    expect((await reports()).map(told)).toEqual([['a@x.test failed'], ['b@y.test failed']])
  })

  test('and not for who was tried and waits', async () => {
    await send('q1', ['a@x.test', 'b@y.test'])
    await attempt('q1', 'b@y.test', 'deferred')
    await attempt('q1', 'a@x.test', 'failed')
    await work()
    expect((await reports()).map(told)).toEqual([['a@x.test failed']])
  })

  test('with all that RFC 3464 §2.3 has of an attempt', async () => {
    await send('q1', ['a@x.test'])
    await attempt('q1', 'a@x.test', 'failed')
    await work()
    const [report] = await reports()
    expect(report).toContain(
      'Status: 5.1.1\r\nRemote-MTA: dns; mx.far.test\r\nDiagnostic-Code: smtp; 550 5.1.1 No such user\r\n' +
        'Last-Attempt-Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nFinal-Log-ID: q1\r\n',
    )
  })
})

describe('what the sender asked for (RFC 3461 §5.2)', () => {
  const ALL = ['success', 'failure', 'delay'] as const

  test.each([
    ['relayed', ALL, ['a@x.test relayed']],
    ['passed', ALL, []],
    ['relayed', ['failure'], []],
    ['failed', ['success', 'delay'], []],
    ['failed', [], []],
    ['failed', ['failure'], ['a@x.test failed']],
  ] as const)('%s, NOTIFY=%s', async (result, notify, expected) => {
    await send('q1', [['a@x.test', notify]])
    await attempt('q1', 'a@x.test', result)
    await work()
    expect((await reports()).flatMap(told)).toEqual(expected)
    expect(await owed()).toEqual([])
  })

  test('a mailbox of ours, and an alias', async () => {
    const dsn = { notify: ALL, originalRecipient: 'rfc822;Team@example.test' }
    await send('q1', [], { deliveries: [{ ...boss, dsn }], expanded: [{ recipient: 'team@example.test', dsn }] })
    await work()
    const [report] = await reports()
    expect(told(report)).toEqual(['boss@example.test delivered', 'team@example.test expanded'])
    expect(report).toContain('Original-Recipient: rfc822; Team@example.test\r\n')
    expect(report).toContain('Status: 2.0.0\r\n')
    expect(report).not.toContain('Diagnostic-Code')
  })

  test('a success returns the header alone', async () => {
    const envelope = { body: null, utf8: false, returned: 'full', envelopeId: 'e1' } as const
    await send('q1', [['a@x.test', ALL]], { envelope })
    await attempt('q1', 'a@x.test', 'relayed')
    await work()
    const [report] = await reports()
    expect(report).toContain('Content-Type: text/rfc822-headers')
    expect(report).toContain('Original-Envelope-Id: e1\r\n')
  })
})

describe('mail that waits for long', () => {
  test('is told of once, with the time until which it is tried', async () => {
    await send('q1', ['a@x.test', ['b@x.test', ['failure']], ['c@x.test', ['delay']]])
    for (const to of ['a@x.test', 'b@x.test', 'c@x.test']) await attempt('q1', to, 'deferred')
    await work()
    await pass(DELAY_WARNING - 1)
    expect(await reports()).toEqual([])
    await pass(1)
    await pass(10 * DELAY_WARNING)
    const [report, ...others] = await reports()
    expect(others).toEqual([])
    expect(told(report)).toEqual(['a@x.test delayed', 'c@x.test delayed'])
    expect(report).toContain('Subject: Your message is delayed\r\n')
    expect(report).toContain('Will-Retry-Until: Wed, 15 Nov 2023 22:18:20 +0000\r\n')
  })

  test('and fails at last, is told of again', async () => {
    await send('q1', ['a@x.test'])
    await attempt('q1', 'a@x.test', 'deferred')
    await work()
    await pass(DELAY_WARNING)
    await attempt('q1', 'a@x.test', 'failed')
    await work()
    expect((await reports()).map(told)).toEqual([['a@x.test delayed'], ['a@x.test failed']])
    expect(await owed()).toEqual([])
  })

  test('and comes to its end before, is not', async () => {
    await send('q1', ['a@x.test'])
    await attempt('q1', 'a@x.test', 'deferred')
    await work()
    await attempt('q1', 'a@x.test', 'passed')
    await pass(2 * DELAY_WARNING)
    expect(await reports()).toEqual([])
  })
})

describe('UTF-8', () => {
  const envelope = { body: '8BITMIME', utf8: true, returned: null, envelopeId: null } as const

  test('goes to a mailbox of ours', async () => {
    await send('q1', ['\u00fc@x.test'], { envelope })
    await attempt('q1', '\u00fc@x.test', 'failed')
    await work()
    expect((await reports())[0]).toContain('Final-Recipient: utf-8; \u00fc@x.test')
  })

  test('is encoded for a sender elsewhere, whose servers may not take it', async () => {
    destinations = [{ kind: 'remote', recipient: 'eve@far.test' }]
    await send('q1', ['\u00fc@x.test'], { envelope, from: 'eve@far.test' })
    await attempt('q1', '\u00fc@x.test', 'failed')
    await work()
    const entry = (await waiting(store)).find(({ recipient }) => recipient === 'eve@far.test')
    expect(entry).toMatchObject({ from: '', envelope: { body: '7BIT', utf8: false } })
  })
})

describe('a sender that cannot be told', () => {
  test('is told of to the postmaster', async () => {
    await fail('q1')
    destinations = null
    await work()
    await fail('q2')
    destinations = [ann]
    await work()
    expect(said()).toEqual([
      ['Double bounce', 'the sender has no mailbox'],
      ['Double bounce', "the sender's mailbox is full"],
    ])
    expect(await owed()).toEqual([])
    const [report] = await reports(boss)
    expect(report).toContain('Subject: Double bounce: a sender could not be told\r\n')
    expect(report).toContain('Sender: eve@example.test')
  })

  test('because the report fails, too, and what it was about comes with it', async () => {
    destinations = [{ kind: 'remote', recipient: 'eve@far.test' }]
    await send('q1', ['a@x.test'], { from: 'eve@far.test' })
    await attempt('q1', 'a@x.test', 'failed')
    await work()
    const [report] = await waiting(store)
    await attempt(report?.id ?? '', 'eve@far.test', 'failed')
    await work()
    const [double, ...others] = await reports(boss)
    expect(others).toEqual([])
    expect(double).toContain('Content-Type: message/rfc822\r\n')
    expect(told(double)).toEqual(['eve@far.test failed', 'a@x.test failed'])
  })

  test('never more than once', async () => {
    destinations = [{ kind: 'remote', recipient: 'eve@far.test' }]
    postmasters = [{ kind: 'remote', recipient: 'boss@far.test' }]
    await send('q1', ['a@x.test'], { from: 'eve@far.test' })
    await attempt('q1', 'a@x.test', 'failed')
    await work()
    for (const to of ['eve@far.test', 'boss@far.test']) {
      const [report] = await waiting(store)
      expect(report?.recipient).toBe(to)
      await attempt(report?.id ?? '', to, 'failed')
      await work()
    }
    expect(await waiting(store)).toEqual([])
    expect(await owed()).toEqual([])
  })

  test('is of no interest where nothing failed', async () => {
    destinations = null
    await send('q1', [['a@x.test', ['success']]])
    await attempt('q1', 'a@x.test', 'relayed')
    await work()
    expect(said()).toEqual([['Bounce dropped', 'the sender has no mailbox']])
  })

  test('is not told of where the postmaster cannot be either', async () => {
    destinations = null
    await fail('q1')
    postmasters = null
    await work()
    await fail('q2')
    postmasters = [ann]
    await work()
    expect(said()).toEqual([
      ['Bounce dropped', 'the sender has no mailbox, and there is no postmaster'],
      ['Bounce dropped', "the sender has no mailbox, and the postmaster's mailbox is full"],
    ])
    expect(await owed()).toEqual([])
  })

  test('is told of so often in an hour, and no more', async () => {
    destinations = null
    const most = queueLimits.doubleBouncesPerHour
    for (let i = 0; i <= most; i++) await fail(`q${i}`)
    await work()
    await settled()
    expect((await reports(boss)).length).toBe(most)
    expect(said().at(-1)).toEqual([
      'Bounce dropped',
      'the sender has no mailbox, and too many double bounces in an hour',
    ])
    await pass(61 * MINUTE)
    await fail('r1')
    await work()
    expect((await reports(boss)).length).toBe(most + 1)
  })
})

test('what the store refuses now is told later, and does not stand in the way of others', async () => {
  await fail('q1')
  await fail('q2')
  const accept = store.accept.bind(store)
  store.accept = (message) =>
    message.settles?.message === 'q1' ? Promise.reject(new StoreError('unavailable', 'no disk')) : accept(message)
  await work()
  expect((await reports()).length).toBe(1)
  store.accept = accept
  await clock.advance(queueLimits.bounceRetry)
  for (let i = 0; i < 50; i++) await new Promise((turn) => setImmediate(turn))
  expect((await reports()).length).toBe(2)
  expect(log.map(({ message }) => message)).toEqual(['Bounce failed', 'Bounce generated', 'Bounce generated'].sort())
})

test('a message that cannot be read is reported on without it', async () => {
  await fail('q1')
  const openBlob = store.openBlob.bind(store)
  store.openBlob = () => Promise.reject(new StoreError('unavailable', 'no file'))
  await work()
  store.openBlob = openBlob
  const [report] = await reports()
  expect(report).toContain('Status: 5.2.2')
  expect(report).not.toContain('text/rfc822-headers')
})

test('two who work on the same tell it once', async () => {
  await fail('q1')
  const other = newBouncer(store)
  other.wake()
  await work()
  await other.stop()
  expect((await reports()).length).toBe(1)
})

/** RFC 3461 §5.2, as a table: what the sender of a recipient is told, in any order. */
function expectedOf(notify: readonly Notify[] | null, course: readonly string[]): readonly string[] {
  const wants = (what: Notify): boolean => notify?.includes(what) ?? what !== 'success'
  return course.flatMap((step) => {
    if (step === 'failed') return wants('failure') ? ['failed'] : []
    if (step === 'relayed') return wants('success') ? ['relayed'] : []
    return step === 'late' && wants('delay') ? ['delayed'] : []
  })
}

test('whatever becomes of recipients, in whatever order, each sender is told once what it asked for', async () => {
  const notify = fc.option(fc.subarray<Notify>(['success', 'failure', 'delay']))
  const end = fc.constantFrom('failed', 'relayed', 'passed')
  const recipient = fc.record({ notify, late: fc.boolean(), end, order: fc.integer() })
  let round = 0
  await fc.assert(
    fc.asyncProperty(fc.array(recipient, { minLength: 1, maxLength: 6 }), async (all) => {
      const id = `m${round++}`
      const before = (await reports()).length
      const named = all.map((one, i) => ({ ...one, to: `r${i}@${id}d${i}.test` }))
      const first = named.toSorted((a, b) => a.order - b.order)
      await send(
        id,
        named.map((one) => (one.notify === null ? one.to : [one.to, one.notify])),
      )
      for (const one of first) await attempt(id, one.to, one.late ? 'deferred' : one.end)
      await work()
      await pass(DELAY_WARNING)
      for (const one of first.filter(({ late }) => late)) await attempt(id, one.to, one.end)
      await work()
      await pass(storeLimits.reportWait)
      const found = (await reports()).slice(before).flatMap(told)
      const expected = named.flatMap(({ to, notify, late, end }) =>
        expectedOf(notify, late ? ['late', end] : [end]).map((what) => `${to} ${what}`),
      )
      expect(found.toSorted()).toEqual(expected.toSorted())
      expect(await owed()).toEqual([])
    }),
    { numRuns: 40 },
  )
})
