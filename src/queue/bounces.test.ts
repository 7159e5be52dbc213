/** The runner and the bouncer together: from the first attempt to what its sender reads, through restarts, on a clock. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HOUR, MINUTE, QueueWorld, SCHEDULE } from '../../test/queue-world.js'
import { entriesOf, newInbox, octets, read, seal } from '../../test/store/fixtures.js'
import { storeLimits } from '../core/limits.js'
import type { Delivery, Notify } from '../store/store.js'
import { Bouncer } from './bouncer.js'
import type { QueueRunner } from './runner.js'

type Local = Extract<Delivery, { kind: 'local' }>

let world: QueueWorld
let runner: QueueRunner
let bouncer: Bouncer
let ann: Local
let boss: Local
let ids = 0

beforeEach(async () => {
  world = new QueueWorld()
  const at = async (recipient: string): Promise<Local> => {
    const { inbox } = await newInbox(world.store, recipient)
    return { kind: 'local', mailbox: inbox, recipient }
  }
  ann = await at('ann@example.test')
  boss = await at('boss@example.test')
  await begin()
})

afterEach(async () => {
  await end()
  expect(world.clock.pending).toBe(0)
})

async function begin(): Promise<void> {
  bouncer = new Bouncer({
    store: world.store,
    destinations: async (address) =>
      address.startsWith('postmaster@')
        ? [boss]
        : address === ann.recipient
          ? [ann]
          : [{ kind: 'remote', recipient: address }],
    hostname: 'mx.example.test',
    retrySchedule: SCHEDULE,
    delayWarning: 4 * HOUR,
    clock: world.clock,
    random: (n) => Buffer.from(Uint8Array.from({ length: n }, (_, i) => (++ids * 37 + i) % 256)),
    log: world.log,
  })
  world.store.onDuty(() => bouncer.wake())
  runner = world.runner()
  runner.start()
  await world.settle()
}

async function end(): Promise<void> {
  world.store.onDuty(null)
  await runner.stop()
  await bouncer.stop()
}

async function restart(): Promise<void> {
  await end()
  await begin()
}

async function send(from: string, recipients: readonly (readonly [string, readonly Notify[] | null])[]): Promise<void> {
  const deliveries = recipients.map(([recipient, notify]): Delivery => {
    return { kind: 'remote', recipient, dsn: { notify, originalRecipient: null } }
  })
  const blob = await seal(world.store, octets('q1'))
  await world.store.accept({ id: 'q1', from, deliveries, blob, receivedAt: world.clock.now() })
  await world.settle()
}

/** `x@far.test failed 5.1.1`, for each report. */
async function told({ mailbox }: Local): Promise<readonly (readonly string[])[]> {
  const texts = (await entriesOf(world.store, mailbox)).map(async ({ blob }) => String(await read(world.store, blob)))
  return (await Promise.all(texts)).map((text) =>
    [...text.matchAll(/^Final-Recipient: \S+ (\S+)\r\nAction: (\S+)\r\nStatus: (\S+)/gm)].map(([, ...all]) =>
      all.join(' '),
    ),
  )
}

const left = async () => [world.store.rows, await world.store.listReports(Number.MAX_SAFE_INTEGER, null, 9)]

test.each([false, true])(
  'a server that never takes it: one warning, and one report at the end; restarts: %s',
  async (restarts) => {
    world.servers.set('mx.far.test', { judges: () => 'later' })
    await send('ann@example.test', [['x@far.test', null]])
    await world.advance(4 * HOUR - 1)
    expect(await told(ann)).toEqual([])
    if (restarts) await restart()
    await world.advance(1)
    expect(await told(ann)).toEqual([['x@far.test delayed 4.7.1']])
    for (let passed = 4 * HOUR; passed < SCHEDULE.reduce((a, b) => a + b); passed += 2 * HOUR) {
      if (restarts) await restart()
      await world.advance(2 * HOUR)
    }
    expect(await told(ann)).toEqual([['x@far.test delayed 4.7.1'], ['x@far.test failed 4.7.1']])
    expect(await left()).toEqual([[], []])
  },
)

test('what is known at once is in one report, and what comes later in another', async () => {
  world.servers.set('mx.a.test', { judges: () => 'refuse', takes: 20_000 })
  world.servers.set('mx.c.test', { judges: () => (world.clock.now() > start + HOUR ? 'refuse' : 'later') })
  const start = world.clock.now()
  const to = ['a', 'b', 'c'].map((one) => [`x@${one}.test`, ['success', 'failure']] as const)
  await send('ann@example.test', to)
  await world.advance(19_999)
  expect(await told(ann)).toEqual([])
  await world.advance(1)
  expect(await told(ann)).toEqual([['x@a.test failed 5.1.1', 'x@b.test relayed 2.0.0']])
  await world.advance(24 * HOUR)
  expect((await told(ann)).slice(1)).toEqual([['x@c.test failed 5.1.1']])
  expect(await left()).toEqual([[], []])
})

test('a server that takes its time keeps a sender waiting for a while only', async () => {
  world.servers.set('mx.a.test', { judges: () => 'refuse' })
  world.servers.set('mx.b.test', { judges: () => 'refuse', takes: 10 * MINUTE })
  await send('ann@example.test', [
    ['x@a.test', null],
    ['x@b.test', null],
  ])
  await world.advance(storeLimits.reportWait)
  expect(await told(ann)).toEqual([['x@a.test failed 5.1.1']])
  await world.advance(10 * MINUTE)
  expect((await told(ann)).slice(1)).toEqual([['x@b.test failed 5.1.1']])
})

test("a report that is refused is the postmaster's, once, and nothing is left", async () => {
  for (const host of ['mx.a.test', 'mx.far.test']) world.servers.set(host, { judges: () => 'refuse' })
  await send('eve@far.test', [['x@a.test', null]])
  await world.advance(48 * HOUR)
  expect(await told(boss)).toEqual([['eve@far.test failed 5.1.1', 'x@a.test failed 5.1.1']])
  expect(world.said('Double bounce')).toHaveLength(1)
  expect(await left()).toEqual([[], []])
})
