/** The runner with servers that do as they are told: retries to the end (requirement §1.2), hosts, pace, shares, and its end. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HOUR, MINUTE, QueueWorld, refused, SCHEDULE } from '../../test/queue-world.js'
import { queueLimits } from '../core/limits.js'
import type { OutboundMail } from './contracts.js'
import type { QueueRunner } from './runner.js'

let world: QueueWorld
let runner: QueueRunner

beforeEach(() => {
  world = new QueueWorld()
  runner = world.runner()
})

afterEach(async () => {
  await runner.stop()
  expect(world.clock.pending).toBe(0)
  expect([...world.open.values()].every((open) => open === 0)).toBe(true)
  expect(await world.store.releaseClaims()).toEqual([])
})

async function restart(): Promise<void> {
  await runner.stop()
  runner = world.runner()
  runner.start()
  await world.settle()
}

async function begin(): Promise<void> {
  runner.start()
  await world.settle()
}

const waiting = async () => (await world.store.queueStats()).pending
const retries = async () => world.store.rows.map((one) => one.retryCount)

describe('retries, as requirement §1.2 has them', () => {
  beforeEach(async () => {
    world.servers.set('mx.far.test', { judges: () => 'later' })
    await world.send('one', ['x@far.test'])
    await begin()
  })

  test('a first failure is followed by an attempt in 5 minutes', async () => {
    expect(world.said('Delivery failure with retry')).toEqual([
      {
        message_id: 'one',
        status: 'pending',
        recipients: ['x@far.test'],
        retry_count: 0,
        next_retry: new Date(world.clock.now() + 5 * MINUTE).toISOString(),
        error_msg: '451 4.7.1 Try again later',
        duration_ms: 0,
      },
    ])
    expect(world.said('Retry calculation')[0]).toMatchObject({ retry_count: 0, calculated_delay: 5 * MINUTE })
    await world.advance(5 * MINUTE - 1)
    expect(world.transactions).toHaveLength(1)
    await world.advance(1)
    expect(world.transactions).toHaveLength(2)
  })

  test.each([
    ['3 times', 3, 30 * MINUTE],
    ['9 times', 9, 24 * HOUR],
  ])('having failed %s, it waits as long as the schedule says', async (_, failures, wait) => {
    for (const delay of SCHEDULE.slice(0, failures - 1)) await world.advance(delay)
    expect(world.transactions).toHaveLength(failures)
    expect(world.said('Retry calculation').at(-1)).toMatchObject({
      retry_count: failures - 1,
      calculated_delay: wait,
    })
    await world.advance(wait - 1)
    expect(world.transactions).toHaveLength(failures)
    await world.advance(1)
    expect(world.transactions).toHaveLength(failures + 1)
  })

  test('the tenth failure is the last, and its sender is owed a report', async () => {
    for (const delay of SCHEDULE) await world.advance(delay)
    expect(world.transactions).toHaveLength(10)
    expect(world.said('Permanent delivery failure')).toEqual([
      {
        message_id: 'one',
        status: 'failed',
        sender: 'ann@example.test',
        recipients: ['x@far.test'],
        retry_count: 9,
        error_msg: '451 4.7.1 Try again later',
      },
    ])
    expect((await world.store.queueStats()).failed).toBe(1)
    await world.advance(48 * HOUR)
    expect(world.transactions).toHaveLength(10)
  })

  test('a restart at every step skips no retry and makes none twice', async () => {
    for (const [index, delay] of SCHEDULE.entries()) {
      await restart()
      expect(await retries()).toEqual([index + 1])
      await world.advance(delay - 1)
      await restart()
      expect(world.transactions).toHaveLength(index + 1)
      await world.advance(1)
    }
    expect(world.transactions).toHaveLength(10)
    expect(world.said('Permanent delivery failure')).toHaveLength(1)
  })

  test('the next recipient has a count of its own', async () => {
    await world.advance(5 * MINUTE)
    await world.send('two', ['y@far.test'])
    await world.settle()
    expect(await retries()).toEqual([2, 1])
  })
})

test('what comes is sent at once, and told', async () => {
  await begin()
  await world.send('one', ['x@far.test', 'y@far.test', 'z@away.test'])
  await world.settle()
  expect(world.taken.map(({ recipient }) => recipient).sort()).toEqual(['x@far.test', 'y@far.test', 'z@away.test'])
  // Those of one destination in one transaction.
  expect(world.transactions).toHaveLength(2)
  expect(world.said('Successful delivery')).toContainEqual({
    message_id: 'one',
    status: 'delivered',
    sender: 'ann@example.test',
    recipient: 'x@far.test',
    retry_count: 0,
    total_duration_ms: 0,
  })
  expect(world.said('Queue enqueue')).toEqual([
    { message_id: 'one', sender: 'ann@example.test', recipient_count: 3, queue_size: 3 },
  ])
  expect(world.said('Queue processing')[0]).toMatchObject({ items_pending: 0, items_processed: 3 })
  expect(await waiting()).toBe(0)
})

test('a refusal is final at once, and others of the message go their way', async () => {
  world.servers.set('mx.far.test', {
    judges: (recipient) => (recipient === 'x@far.test' ? 'refuse' : recipient === 'y@far.test' ? 'later' : 'accept'),
  })
  await world.send('one', ['x@far.test', 'y@far.test', 'z@far.test'])
  await begin()
  expect(world.said('Permanent delivery failure')).toMatchObject([{ recipients: ['x@far.test'], retry_count: 0 }])
  expect(world.said('Delivery failure with retry')).toMatchObject([{ recipients: ['y@far.test'] }])
  expect(world.taken).toMatchObject([{ recipient: 'z@far.test' }])
  await world.advance(5 * MINUTE)
  expect(world.transactions.at(-1)?.mail.recipients).toMatchObject([{ recipient: 'y@far.test' }])
})

test('suppressed addresses get nothing, and their sender is told why', async () => {
  await world.store.suppress('x@far.test', '550 5.1.1 No such user')
  await world.send('one', ['X@far.test', 'y@far.test'])
  await begin()
  expect(world.taken.map(({ recipient }) => recipient)).toEqual(['y@far.test'])
  expect(world.said('Permanent delivery failure')).toMatchObject([
    { error_msg: '550 5.7.1 Nothing is sent to this address: 550 5.1.1 No such user' },
  ])
})

describe('where it goes', () => {
  test('names that do not exist are final, those that cannot be asked for are tried again', async () => {
    world.plans.set('gone.test', () => ({ kind: 'failed', reply: '550 5.1.2 No such domain' }))
    world.plans.set('silent.test', () => ({ kind: 'later', reply: '451 4.4.3 No answer' }))
    await world.send('one', ['x@gone.test', 'y@silent.test'])
    await begin()
    expect(world.said('Permanent delivery failure')).toMatchObject([{ error_msg: '550 5.1.2 No such domain' }])
    expect(world.said('Delivery failure with retry')).toMatchObject([{ error_msg: '451 4.4.3 No answer' }])
    expect(world.opened).toBe(0)
  })

  test('what is to stay stays, without a mark on it, until the configuration lets it go', async () => {
    let stays = true
    world.plans.set('far.test', () =>
      stays ? { kind: 'kept', reply: '450 4.4.4 No route' } : world.hosts('mx far.test', ['mx.far.test']),
    )
    await world.send('one', ['x@far.test'])
    await begin()
    await world.advance(24 * HOUR)
    expect(await retries()).toEqual([0])
    stays = false
    runner.renew()
    await world.settle()
    expect(world.taken).toHaveLength(1)
  })

  test('the next host is tried within the same attempt', async () => {
    world.plans.set('far.test', () => world.hosts('mx far.test', ['a.test', 'b.test', 'c.test']))
    world.servers.set('a.test', { greets: () => refused() })
    world.servers.set('b.test', { judges: () => 'drop' })
    await world.send('one', ['x@far.test'])
    await begin()
    expect(world.taken).toMatchObject([{ host: 'c.test' }])
    expect(world.said('Delivery failure with retry')).toEqual([])
    expect(world.said('Host cannot be used').map(({ host }) => host)).toEqual(['a.test:25', 'b.test:25'])
    expect(world.store.transcriptOf('one', 'x@far.test')).toBe('refused\nMAIL one\nMAIL one\n')
  })

  test('hosts that refuse for good are final when all of them do', async () => {
    world.plans.set('far.test', () => world.hosts('mx far.test', ['a.test', 'b.test']))
    world.servers.set('a.test', { greets: () => refused(true) })
    world.servers.set('b.test', { greets: () => refused(true) })
    await world.send('one', ['x@far.test'])
    await begin()
    expect(world.said('Permanent delivery failure')).toMatchObject([{ error_msg: '554 5.3.2 No mail here' }])
  })

  test('a dead host is left alone, and that counts as no attempt', async () => {
    let greeted = 0
    const greets = () => {
      greeted++
      return refused()
    }
    world.servers.set('mx.far.test', { greets })
    await world.send('one', ['x@far.test'])
    await begin()
    expect(greeted).toBe(1)
    for (let i = 0; i < 500; i++) await world.send(`more${i}`, ['x@far.test'])
    await world.settle(100)
    expect(greeted).toBe(1)
    expect((await retries()).slice(1).every((n) => n === 0)).toBe(true)
  })

  test('a host that stays dead ends all mail for it, and none before its time', async () => {
    world.servers.set('mx.far.test', { greets: () => refused() })
    for (let i = 0; i < 30; i++) await world.send(`m${i}`, ['x@far.test'])
    await begin()
    const whole = SCHEDULE.reduce((a, b) => a + b)
    await world.advance(whole - 1)
    expect(await waiting()).toBe(30)
    // It is left alone for a while at most, before each attempt.
    await world.advance(24 * HOUR)
    expect(await waiting()).toBe(0)
    expect((await world.store.queueStats()).failed).toBe(30)
  })
})

describe('connections', () => {
  test('one is used again, and not for ever', async () => {
    world.settings = { ...world.settings, messagesPerConnection: 10, destinationConcurrency: 1 }
    for (let i = 0; i < 25; i++) await world.send(`m${i}`, ['x@far.test'])
    await begin()
    expect(world.taken).toHaveLength(25)
    expect(world.opened).toBe(3)
    await world.advance(queueLimits.idleConnection)
    expect(runner.connections).toBe(0)
  })

  test('one that was closed while it was idle costs nobody a retry', async () => {
    let drops = false
    world.servers.set('mx.far.test', { judges: () => (drops ? 'drop' : 'accept') })
    world.settings = { ...world.settings, destinationConcurrency: 1 }
    for (let i = 0; i < 3; i++) await world.send(`m${i}`, ['x@far.test'])
    await begin()
    drops = true
    world.servers.set('mx.far.test', {})
    await world.send('late', ['x@far.test'])
    await world.settle()
    expect(world.taken).toHaveLength(4)
    expect(world.said('Host cannot be used')).toEqual([])
  })

  test('what a server takes of one message at once, and of one connection, costs nobody a retry', async () => {
    const judges = (to: string, { recipients }: OutboundMail) =>
      recipients.slice(0, 2).some(({ recipient }) => recipient === to) ? 'accept' : 'again'
    world.servers.set('mx.far.test', { judges, transactions: 1 })
    const recipients = Array.from({ length: 9 }, (_, i) => `x${i}@far.test`)
    await world.send('one', recipients)
    await begin()
    expect(world.taken.map(({ recipient }) => recipient)).toEqual(recipients)
    expect(world.said('Delivery failure with retry')).toEqual([])
    expect(world.opened).toBe(5)
  })

  test('a destination begins with two, and gets more as they are of use', async () => {
    world.servers.set('mx.far.test', { takes: 1000 })
    for (let i = 0; i < 200; i++) await world.send(`m${i}`, ['x@far.test'])
    await begin()
    expect(world.open.get('mx.far.test')).toBe(2)
    await world.advance(30_000)
    expect(world.most.get('mx.far.test')).toBe(10)
    await world.advance(60_000)
    expect(world.taken).toHaveLength(200)
  })

  test('a huge destination keeps nobody waiting, nor does a slow one', async () => {
    world.settings = { ...world.settings, concurrency: 10, destinationConcurrency: 10 }
    world.servers.set('mx.huge.test', { takes: 1000 })
    world.servers.set('mx.slow.test', { takes: 10 * MINUTE })
    for (let i = 0; i < 700; i++) await world.send(`h${i}`, ['x@huge.test'])
    for (let i = 0; i < 20; i++) await world.send(`s${i}`, ['x@slow.test'])
    await begin()
    await world.advance(20_000)
    const at = world.clock.now()
    for (let i = 0; i < 20; i++) await world.send(`q${i}`, [`x@quick${i}.test`])
    await world.advance(60_000)
    const quick = world.taken.filter(({ id }) => id.startsWith('q'))
    expect(quick).toHaveLength(20)
    expect(Math.max(...quick.map((one) => one.at - at))).toBeLessThan(30_000)
    expect(world.mostAtOnce).toBeLessThanOrEqual(10)
    const stopped = runner.stop()
    await world.advance(10 * MINUTE)
    await stopped
  })

  test('slow ones that all have their share do not hand what is left to each other for ever', async () => {
    world.settings = { ...world.settings, concurrency: 5, destinationConcurrency: 3 }
    for (const name of ['a', 'b']) {
      world.servers.set(`mx.${name}.test`, { takes: 10 * MINUTE })
      for (let i = 0; i < 30; i++) await world.send(`${name}${i}`, [`x@${name}.test`])
    }
    world.servers.set('mx.c.test', { takes: 1000 })
    await world.send('c', ['x@c.test'])
    await begin()
    await world.advance(40 * MINUTE)
    expect(world.mostAtOnce).toBe(5)
    expect(world.taken.length).toBeGreaterThan(10)
    const stopped = runner.stop()
    await world.advance(10 * MINUTE)
    await stopped
  })

  test('routes share connections and keep to their pace', async () => {
    for (let i = 0; i < 30; i++)
      world.plans.set(`d${i}.test`, () => world.hosts('route', ['smart.test'], { perMinute: 6, connections: 2 }))
    for (let i = 0; i < 30; i++) await world.send(`m${i}`, [`x@d${i}.test`])
    await begin()
    await world.advance(MINUTE)
    expect(world.taken.length).toBeGreaterThanOrEqual(6)
    expect(world.taken.length).toBeLessThanOrEqual(7)
    await world.advance(4 * MINUTE)
    expect(world.taken).toHaveLength(30)
    expect(world.most.get('smart.test')).toBeLessThanOrEqual(2)
  })

  test('what is paused stays until it is resumed', async () => {
    world.store.pauses.add('far.test')
    await world.send('one', ['x@far.test'])
    await begin()
    await world.advance(HOUR)
    expect(world.taken).toHaveLength(0)
    world.store.pauses.delete('far.test')
    await world.advance(queueLimits.sweep)
    expect(world.taken).toHaveLength(1)
  })
})

test('a message to more than a transaction takes goes in several', async () => {
  const recipients = Array.from({ length: 250 }, (_, i) => `x${String(i)}@far.test`)
  await world.send('one', recipients)
  await begin()
  expect(world.taken.map(({ recipient }) => recipient).sort()).toEqual(recipients.toSorted())
  expect(world.transactions.map(({ mail }) => mail.recipients.length)).toEqual([100, 100, 50])
})

test('those who are to come again are sent to in the same attempt, and not for ever', async () => {
  world.servers.set('mx.far.test', { judges: (recipient) => (recipient === 'x@far.test' ? 'again' : 'accept') })
  await world.send('one', ['x@far.test', 'y@far.test'])
  await begin()
  expect(world.transactions.map(({ mail }) => mail.recipients.length)).toEqual([2, 1, 1])
  expect(world.said('Delivery failure with retry')).toMatchObject([{ recipients: ['x@far.test'] }])
})

describe('trouble of our own', () => {
  test('a fault costs an attempt and nothing more', async () => {
    let faults = 3
    await runner.stop()
    const open: typeof world.dialer.open = async (...args) => {
      if (faults-- > 0) throw new Error('a fault')
      return world.dialer.open(...args)
    }
    runner = world.runner({ dialer: { open } })
    await world.send('one', ['x@far.test'])
    await begin()
    expect(world.said('Delivery ended by a fault')).toMatchObject([{ message_id: 'one', error: 'a fault' }])
    expect(await retries()).toEqual([1])
    await world.advance(HOUR)
    expect(world.taken).toHaveLength(1)
  })

  test('a store that is not available is asked again, and nothing is sent twice', async () => {
    const record = world.store.recordAttempt.bind(world.store)
    let failures = 4
    world.store.recordAttempt = async (attempt) => {
      if (failures-- > 0) throw new Error('no space left')
      return record(attempt)
    }
    await world.send('one', ['x@far.test'])
    await begin()
    await world.advance(MINUTE)
    expect(world.taken).toHaveLength(1)
    expect(world.said('Queue could not use the store')).toHaveLength(4)
    expect(await waiting()).toBe(0)
  })

  test('a message that cannot be read waits', async () => {
    await runner.stop()
    runner = world.runner({ content: async () => null })
    await world.send('one', ['x@far.test'])
    await begin()
    expect(world.said('Delivery failure with retry')).toMatchObject([
      { error_msg: '451 4.3.0 The message cannot be read now' },
    ])
  })
})

describe('the end', () => {
  test('what is under way is completed, what was only claimed is free', async () => {
    world.servers.set('mx.far.test', { takes: 5_000 })
    for (let i = 0; i < 30; i++) await world.send(`m${i}`, ['x@far.test'])
    await begin()
    const stopped = runner.stop()
    await world.advance(10_000)
    await stopped
    expect(world.taken).toHaveLength(2)
    expect(await waiting()).toBe(28)
    expect((await world.store.queueStats()).claimed).toBe(0)
  })

  test('a transaction that takes too long is cut off', async () => {
    world.servers.set('mx.far.test', { takes: 30_000 })
    await world.send('one', ['x@far.test'])
    await begin()
    const stopped = runner.stop()
    await world.advance(queueLimits.queueShutdown)
    expect(world.open.get('mx.far.test')).toBe(0)
    await world.advance(queueLimits.queueCutOff)
    await stopped
    await world.advance(HOUR)
  })

  test('who was claimed when the server died is told of, and tried again with the count it had', async () => {
    await world.send('one', ['x@far.test'])
    await world.store.claimDue({ destination: 'far.test', now: world.clock.now(), messages: 1, recipients: 1 })
    await begin()
    expect(world.said('Delivery interrupted')).toEqual([{ message_id: 'one', recipient: 'x@far.test' }])
    expect(world.taken).toHaveLength(1)
  })
})
