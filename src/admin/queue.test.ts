/** The queue over the admin API, on a store with mail that waits. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { ModelStore } from '../../test/model-store.js'
import { START } from '../../test/store/fixtures.js'
import { attempt, claim, deferred, delivered, send } from '../../test/store/outbound-contract.js'
import { FakeClock, systemClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import type { Store } from '../store/store.js'
import { adminApp } from './app.js'
import { DirectClient } from './client.js'
import { listQueue, queueStats, showQueued } from './queue.js'
import { controlQueue } from './queue-control.js'
import { listDestinations, pauseDestination, resumeDestination } from './queue-destinations.js'
import { listFinished, showTranscript } from './queue-history.js'
import { addHoldRule, listHoldRules, readPattern, removeHoldRule } from './queue-hold-rules.js'
import { listSuppressed, suppress, unsuppress } from './queue-suppressions.js'
import type { AdminServices } from './route.js'
import { Tokens } from './token-file.js'

let dir: string
let store: Store
let client: DirectClient
let app: ReturnType<typeof adminApp>
let log: ReturnType<typeof recordingLog>

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-admin-queue-'))
  store = new ModelStore(new FakeClock(START))
  const unused = {} as Pick<AdminServices, 'accounts' | 'sessions' | 'status'>
  const tokens = await Tokens.load(dir, { clock: systemClock, random: systemRandom })
  log = recordingLog()
  app = adminApp({ ...unused, store, tokens, logger: null }, { guarded: false, log })
  client = new DirectClient(app, async () => {})
  await send(store, 'q1', ['a@x.test', 'b@x.test', 'c/d e@y.test'])
  await send(store, 'q2', ['a@x.test'], { from: '', at: START + 60 })
})
afterEach(async () => {
  await client.close()
  await rm(dir, { recursive: true })
})

const problem = (status: number, detail: unknown = expect.anything()) => ({ status, message: detail })

describe('the listing', () => {
  test('comes in pages', async () => {
    const first = await client.call(listQueue, { limit: 3 })
    expect(first.entries.map(({ id, recipient }) => `${id} ${recipient}`)).toEqual([
      'q1 a@x.test',
      'q1 b@x.test',
      'q1 c/d e@y.test',
    ])
    expect(first.next).toBe('q1 c/d e@y.test')
    const second = await client.call(listQueue, { limit: 3, after: first.next ?? '' })
    expect(second).toMatchObject({ entries: [{ id: 'q2', from: '', destination: 'x.test' }], next: null })
    await expect(client.call(listQueue, { after: 'q1' })).rejects.toMatchObject(problem(400))
    await expect(client.call(listQueue, { limit: 501 })).rejects.toMatchObject(problem(400))
  })

  test('of what fits', async () => {
    const many = async (filter: Parameters<typeof client.call<object, unknown>>[1]): Promise<number> =>
      (await client.call(listQueue, filter)).entries.length
    expect(await many({ domain: 'X.TEST' })).toBe(3)
    expect(await many({ domain: 'bücher.test' })).toBe(0)
    expect(await many({ sender: '' })).toBe(1)
    expect(await many({ before: new Date(START + 59).toISOString() })).toBe(3)
    expect(await many({ before: '2100-01-01T00:00:00+02:00', recipient: 'A@' })).toBe(2)
    for (const wrong of [{ domain: 'no domain' }, { before: 'yesterday' }, { status: 'lost' }, { colour: 'red' }]) {
      const { statusCode } = await app.inject({ url: '/v1/queue', query: wrong as { [name: string]: string } })
      expect(statusCode, JSON.stringify(wrong)).toBe(400)
    }
  })

  test('of one message, with all that is known of its recipients', async () => {
    await claim(store, 'x.test', { messages: 1, recipients: 1 })
    await store.recordAttempt(attempt('q1', deferred('a@x.test')))
    const first = await client.call(showQueued, { id: 'q1', limit: 1 })
    expect(first).toMatchObject({ id: 'q1', from: 'eve@far.test', next: 'a@x.test' })
    expect(first.recipients).toMatchObject([
      { recipient: 'a@x.test', status: 'pending', retry_count: 1, last_reply: '450 4.2.0 Later', claimed: false },
    ])
    const second = await client.call(showQueued, { id: 'q1', after: 'a@x.test' })
    expect(second.recipients.map(({ recipient }) => recipient)).toEqual(['b@x.test', 'c/d e@y.test'])
    await expect(client.call(showQueued, { id: 'q9' })).rejects.toMatchObject(
      problem(404, 'nothing of a message q9 waits in the queue'),
    )
  })
})

test('figures are of all, and of each destination', async () => {
  await client.call(pauseDestination, { name: 'Y.test' })
  expect(await client.call(queueStats, {})).toEqual({
    ...{ messages: 2, pending: 4, held: 0, failed: 0, claimed: 0, paused: 1 },
    oldest: new Date(START).toISOString(),
  })
  const first = await client.call(listDestinations, { limit: 1 })
  expect(first).toMatchObject({ destinations: [{ destination: 'x.test', pending: 3, paused: false }], next: 'x.test' })
  const second = await client.call(listDestinations, { limit: 1, after: 'x.test' })
  expect(second).toMatchObject({ destinations: [{ destination: 'y.test', pending: 1, paused: true }], next: null })
  await client.call(resumeDestination, { name: 'y.TEST' })
  const again = client.call(resumeDestination, { name: 'y.test' })
  await expect(again).rejects.toMatchObject(problem(404))
  await expect(client.call(pauseDestination, { name: 'no domain' })).rejects.toMatchObject(problem(400))
  await client.call(pauseDestination, { name: '[IPv6:2001:DB8::1]' })
  expect(await store.listPaused()).toEqual(['[ipv6:2001:db8::1]'])
})

describe('actions', () => {
  test('are done to what fits, and tell whom they passed over', async () => {
    await claim(store, 'x.test', { messages: 1, recipients: 1 })
    const held = await client.call(controlQueue, { action: 'hold', domain: 'x.test' })
    expect(held).toEqual({ done: 2, claimed: 1, unsuited: 0 })
    const released = await client.call(controlQueue, { action: 'release', all: true })
    expect(released).toEqual({ done: 2, claimed: 1, unsuited: 1 })
    await expect(client.call(controlQueue, { action: 'drop', id: 'q9' })).resolves.toMatchObject({ done: 0 })
  })

  test('on the whole queue are asked for by name', async () => {
    await expect(client.call(controlQueue, { action: 'drop' })).rejects.toMatchObject(
      problem(400, 'all: must be true to mean the whole queue'),
    )
    const both = client.call(controlQueue, { action: 'drop', all: true, id: 'q1' })
    await expect(both).rejects.toMatchObject(problem(400, 'all: means nothing beside a filter'))
    const wrong = await app.inject({ method: 'POST', url: '/v1/queue/actions/explode', payload: { all: true } })
    expect(wrong.statusCode).toBe(400)
    expect(await client.call(queueStats, {})).toMatchObject({ pending: 4 })
  })
})

test('who is done is in the history, with what was said', async () => {
  await claim(store, 'x.test')
  await store.recordAttempt(attempt('q1', delivered('a@x.test')))
  await client.call(controlQueue, { action: 'drop', domain: 'y.test' })
  const first = await client.call(listFinished, { limit: 1 })
  expect(first.finished).toMatchObject([{ id: 'q1', recipient: 'c/d e@y.test', outcome: 'dropped', reply: null }])
  const second = await client.call(listFinished, { limit: 1, after: first.next ?? 0 })
  expect(second).toMatchObject({ finished: [{ recipient: 'a@x.test', outcome: 'delivered' }], next: null })
  expect((await client.call(listFinished, { outcome: 'failed' })).finished).toEqual([])
  expect(await client.call(showTranscript, { id: 'q1', recipient: 'a@x.test' })).toEqual({ transcript: 'S: 220' })
  const none = client.call(showTranscript, { id: 'q1', recipient: 'c/d e@y.test' })
  await expect(none).rejects.toMatchObject(problem(404))
})

test('hold rules are checked, listed and removed', async () => {
  const made = await client.call(addHoldRule, { name: 'new/shop', sender: 'Shop@Near.TEST', recipient: '*@*.Far.test' })
  expect(made).toMatchObject({ name: 'new/shop', sender: 'Shop@near.test', recipient: '*@*.far.test' })
  expect(await client.call(listHoldRules, {})).toEqual({ hold_rules: [made] })
  const bad = [{}, { sender: '*@*.far.test' }, { recipient: 'far.test' }, { recipient: '*' }]
  for (const wrong of bad)
    await expect(client.call(addHoldRule, { name: 'b', ...wrong })).rejects.toMatchObject(problem(400))
  const twice = client.call(addHoldRule, { name: 'new/shop', sender: 'a@b.test' })
  await expect(twice).rejects.toMatchObject(problem(409))
  await client.call(removeHoldRule, { name: 'new/shop' })
  await expect(client.call(removeHoldRule, { name: 'new/shop' })).rejects.toMatchObject(problem(404))
})

test.each([
  ['a@x.test', true, 'a@x.test'],
  ['A@X.test', false, 'A@x.test'],
  ['*@bücher.test', false, '*@xn--bcher-kva.test'],
  ['*@*.x.test', true, '*@*.x.test'],
  ['*@*.x.test', false, null],
  ['a@*.x.test', true, null],
  ['*@', true, null],
  ['*@*.', true, null],
  ['', true, null],
  ['x.test', true, null],
] as const)('the pattern %s (below: %s) is %s', (text, below, pattern) => {
  expect(readPattern(text, { below })).toBe(pattern)
})

test('addresses are suppressed until they are taken out', async () => {
  const added = await client.call(suppress, { address: 'Bob@X.test' })
  expect(added).toMatchObject({ address: 'bob@x.test', reason: 'Suppressed by the administrator' })
  await client.call(suppress, { address: 'ann@x.test', reason: 'asked for it' })
  const first = await client.call(listSuppressed, { limit: 1 })
  expect(first).toMatchObject({ suppressions: [{ address: 'ann@x.test', reason: 'asked for it' }], next: 'ann@x.test' })
  expect(await client.call(listSuppressed, { after: 'ann@x.test' })).toEqual({ suppressions: [added], next: null })
  await client.call(unsuppress, { address: 'BOB@x.test' })
  await expect(client.call(unsuppress, { address: 'bob@x.test' })).rejects.toMatchObject(problem(404))
  await expect(client.call(suppress, { address: 'nobody' })).rejects.toMatchObject(problem(400))
})

test('the log tells what operators do, and of nothing that was refused', async () => {
  await client.call(controlQueue, { action: 'hold', domain: 'x.test', sender: '' })
  await client.call(controlQueue, { action: 'retry', all: true })
  await client.call(pauseDestination, { name: 'x.test' })
  await client.call(resumeDestination, { name: 'x.test' })
  await expect(client.call(resumeDestination, { name: 'x.test' })).rejects.toMatchObject({ status: 404 })
  await client.call(addHoldRule, { name: 'r', sender: '*@x.test' })
  await client.call(removeHoldRule, { name: 'r' })
  await client.call(suppress, { address: 'a@x.test', reason: 'gone' })
  await client.call(unsuppress, { address: 'a@x.test' })
  await client.call(listQueue, {})
  const one = { done: 1, claimed: 0, unsuited: 0 }
  expect(log.lines.filter(({ message }) => message === 'Queue controlled')).toMatchObject(
    [
      { action: 'hold', filter: ['sender=', 'domain=x.test'], ...one },
      { action: 'retry', filter: [], done: 3, claimed: 0, unsuited: 1 },
      { action: 'pause', filter: ['domain=x.test'], ...one },
      { action: 'resume', filter: ['domain=x.test'], ...one },
      { action: 'add-hold-rule', filter: ['name=r', 'sender=*@x.test'], ...one },
      { action: 'remove-hold-rule', filter: ['name=r'], ...one },
      { action: 'suppress', filter: ['address=a@x.test', 'reason=gone'], ...one },
      { action: 'unsuppress', filter: ['address=a@x.test'], ...one },
    ].map((fields) => ({ level: 'info', fields })),
  )
})
