/** Who waits for whom in the runner: slow mail, much mail, mail that is to stay, and a configuration that changes on the way. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MINUTE, QueueWorld, refused } from '../../test/queue-world.js'
import { queueLimits } from '../core/limits.js'
import type { Plan } from './contracts.js'
import type { QueueRunner } from './runner.js'

let world: QueueWorld
let runner: QueueRunner

beforeEach(() => {
  world = new QueueWorld()
  runner = world.runner()
})

afterEach(async () => {
  const stopped = runner.stop()
  await world.advance(10 * MINUTE)
  await stopped
})

async function begin(): Promise<void> {
  runner.start()
  await world.settle()
}

/** How many attempts are written down at once, at most. */
function recordingTogether(): () => number {
  const record = world.store.recordAttempt.bind(world.store)
  let now = 0
  let most = 0
  world.store.recordAttempt = async (attempt) => {
    most = Math.max(most, ++now)
    await new Promise((turn) => setImmediate(turn))
    await record(attempt)
    now--
  }
  return () => most
}

test('a message that takes long does not hold up the next one to the same destination', async () => {
  world.servers.set('mx.far.test', { takes: 5 * MINUTE })
  await world.send('slow', ['x@far.test'])
  await begin()
  world.servers.set('mx.far.test', {})
  await world.send('quick', ['y@far.test'])
  await world.settle()
  expect(world.taken).toMatchObject([{ id: 'quick' }])
})

test('those who wait for a dead host are put off together', async () => {
  const together = recordingTogether()
  world.servers.set('mx.far.test', { greets: () => refused() })
  for (let i = 0; i < 50; i++) await world.send(`m${i}`, ['x@far.test'])
  await begin()
  await world.settle(100)
  expect(together()).toBeGreaterThan(20)
  expect(world.store.rows.every(({ claimed }) => !claimed)).toBe(true)
})

test('a suppressed address of those who wait for a dead host is settled all the same', async () => {
  world.servers.set('mx.far.test', { greets: () => refused() })
  await world.send('one', ['x@far.test'])
  await begin()
  await world.store.suppress('y@far.test', 'by hand')
  await world.send('two', ['y@far.test', 'z@far.test'])
  await world.settle()
  expect(world.said('Permanent delivery failure')).toMatchObject([{ recipients: ['y@far.test'] }])
})

test('those of a name that does not exist are settled together', async () => {
  const together = recordingTogether()
  world.plans.set('gone.test', () => ({ kind: 'failed', reply: '550 5.1.2 No such domain' }))
  for (let i = 0; i < 50; i++) await world.send(`m${i}`, ['x@gone.test'])
  await begin()
  await world.settle(100)
  expect(together()).toBe(50)
  expect((await world.store.queueStats()).failed).toBe(50)
})

test('others get their turn between the pages of what is due', async () => {
  const names = Array.from({ length: 5 * queueLimits.duePage }, (_, i) => `d${String(i).padStart(5, '0')}.test`)
  const turns: number[] = []
  let turn = 0
  let isOver = false
  const count = (): void => {
    turn++
    if (!isOver) setImmediate(count)
  }
  world.store.dueDestinations = async (_until, limit, after) => {
    turns.push(turn)
    const from = after === undefined ? 0 : names.indexOf(after.destination) + 1
    return names.slice(from, from + limit).map((destination) => ({ destination, due: 0 }))
  }
  count()
  await begin()
  isOver = true
  expect(new Set(turns.slice(0, 5)).size).toBe(5)
})

test.each(Array.from({ length: 12 }, (_, i) => i))('a call %i steps behind a look is not lost', async (steps) => {
  await begin()
  const nextDue = world.store.nextDue.bind(world.store)
  let looks = 0
  world.store.nextDue = async (after) => {
    if (++looks === 1)
      void (async () => {
        for (let i = 0; i < steps; i++) await null
        runner.wake()
      })()
    return nextDue(after)
  }
  runner.wake()
  await world.settle()
  expect(looks).toBe(2)
})

test('mail that is to stay holds up no other, however much there is', async () => {
  const kept = Array.from({ length: queueLimits.keptDestinations + 2_000 }, (_, i) => `k${i}.test`)
  const due = world.store.dueDestinations.bind(world.store)
  const places = new Map(kept.map((destination, i) => [destination, i]))
  world.store.dueDestinations = async (until, limit, after) => {
    const from = after === undefined ? 0 : (places.get(after.destination) ?? kept.length) + 1
    const page = kept.slice(from, from + limit).map((destination) => ({ destination, due: 0 }))
    return page.length > 0 ? page : due(until, limit)
  }
  await runner.stop()
  const stays: Plan = { kind: 'kept', reply: '450 4.4.4 No route' }
  runner = world.runner({
    planner: { plan: async (name) => (places.has(name) ? stays : world.hosts('mx far.test', ['mx.far.test'])) },
  })
  await world.send('one', ['x@far.test'])
  await begin()
  await world.settle(200)
  expect(world.taken).toHaveLength(1)
  const told = world.said('Mail stays in the queue')
  expect(told).toHaveLength(queueLimits.keptTold)
  expect(told[0]).toEqual({ destination: 'k0.test', reason: '450 4.4.4 No route' })
})

test('the operator is told once of a destination where mail stays, and again by a new configuration', async () => {
  world.plans.set('far.test', () => ({ kind: 'kept', reply: '450 4.4.4 No route' }))
  await world.send('one', ['x@far.test'])
  await begin()
  await world.send('two', ['x@far.test'])
  await world.advance(10 * MINUTE)
  expect(world.said('Mail stays in the queue')).toHaveLength(1)
  runner.renew()
  await world.settle()
  expect(world.said('Mail stays in the queue')).toHaveLength(2)
})

test('what was asked for under the configuration of before is asked for anew', async () => {
  await runner.stop()
  const answers: ((plan: Plan) => void)[] = []
  runner = world.runner({ planner: { plan: () => new Promise((resolve) => answers.push(resolve)) } })
  await world.send('one', ['x@far.test'])
  await begin()
  runner.renew()
  answers[0]?.({ kind: 'failed', reply: '550 5.1.2 No such domain' })
  await world.settle()
  answers[1]?.(world.hosts('route', ['smart.test']))
  await world.settle()
  expect(world.taken).toMatchObject([{ host: 'smart.test' }])
})

test('a new configuration reaches those who are being settled', async () => {
  let isRouted = false
  world.plans.set('gone.test', () =>
    isRouted ? world.hosts('route', ['smart.test']) : { kind: 'failed', reply: '550 5.1.2 No such domain' },
  )
  const claim = world.store.claimDue.bind(world.store)
  world.store.claimDue = async (request) => {
    const claims = await claim(request)
    if (!isRouted) {
      isRouted = true
      runner.renew()
    }
    return claims
  }
  for (let i = 0; i < 3 * queueLimits.settledMessages; i++) await world.send(`m${i}`, ['x@gone.test'])
  await begin()
  await world.settle(300)
  expect(world.said('Permanent delivery failure')).toHaveLength(queueLimits.settledMessages)
  expect(world.taken).toHaveLength(2 * queueLimits.settledMessages)
})

test('others get their turn while those are told of whom the server that died had claimed', async () => {
  world.store.releaseClaims = async () =>
    Array.from({ length: 1000 }, (_, i) => ({ id: 'one', recipient: `${i}@x.test` }))
  runner.start()
  await world.settle(2)
  const { length } = world.said('Delivery interrupted')
  expect(length).toBeGreaterThan(0)
  expect(length).toBeLessThan(1000)
  await world.settle()
  expect(world.said('Delivery interrupted')).toHaveLength(1000)
})
