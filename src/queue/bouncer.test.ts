/** The bouncer on a real store: what it sends, what it drops, and that nothing is lost or told twice. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Line, recordingLog } from '../../test/log-recorder.js'
import { ModelStore } from '../../test/model-store.js'
import { entriesOf, newInbox, octets, read, START, seal } from '../../test/store/fixtures.js'
import { FakeClock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import { StoreError } from '../store/errors.js'
import type { Delivery, Store } from '../store/store.js'
import { Bouncer } from './bouncer.js'

let store: Store
let clock: FakeClock
let log: Line[]
let ids: number
let bouncer: Bouncer
let ann: Extract<Delivery, { kind: 'local' }>
let eve: Extract<Delivery, { kind: 'local' }>
/** Where mail for the sender goes. */
let destinations: readonly Delivery[] | null

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
  destinations = [eve]
  bouncer = newBouncer(store)
})

afterEach(async () => {
  await bouncer.stop()
  expect(clock.pending).toBe(0)
})

const newBouncer = (on: Store): Bouncer =>
  new Bouncer({
    store: on,
    destinations: async () => destinations,
    hostname: 'mx.example.test',
    clock,
    random: (n) => Buffer.alloc(n, ++ids),
    log: recordingLog(log),
  })

/** Ann has no room for it; somebody far away gets it. */
async function fail(id: string, content: Uint8Array = octets(id), returned: 'full' | null = null): Promise<void> {
  await store.accept({
    id,
    from: 'eve@example.test',
    envelope: { body: null, utf8: false, returned, envelopeId: null },
    deliveries: [ann, { kind: 'remote', recipient: 'x@far.test' }],
    blob: await seal(store, content),
    receivedAt: START,
    partial: true,
    diagnostic: '552 5.2.2 Mailbox full',
  })
}

async function work(): Promise<void> {
  bouncer.wake()
  for (let i = 0; i < 50; i++) await new Promise((turn) => setImmediate(turn))
}

async function reports(): Promise<string[]> {
  const entries = await entriesOf(store, eve.mailbox)
  return Promise.all(entries.map(async ({ blob }) => String(await read(store, blob))))
}

const said = (): unknown[] => log.map(({ message, fields }) => [message, (fields as { reason?: string }).reason])

test('the sender gets one report on each message', async () => {
  for (const id of ['q1', 'q2']) await fail(id)
  await work()
  await work()
  const [first = '', ...others] = await reports()
  expect(others.length).toBe(1)
  expect(first).toContain('Status: 5.2.2')
  expect(first).toContain('Subject: q1')
  expect(await store.listReports(START, null, 9)).toEqual([])
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
  const entry = (await store.listQueue(9)).find(({ recipient }) => recipient === 'eve@far.test')
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

test('a sender that is not there, or has no room, is not told, and it is noted', async () => {
  await fail('q1')
  destinations = null
  await work()
  await fail('q2')
  destinations = [ann]
  await work()
  expect(said()).toEqual([
    ['Bounce dropped', 'the sender has no mailbox'],
    ['Bounce dropped', "the sender's mailbox is full"],
  ])
  expect(await store.listReports(START, null, 9)).toEqual([])
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
