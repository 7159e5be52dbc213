import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Ending } from '../accounts/presence.js'
import { FakeClock } from '../core/clock.js'
import type { AppPasswordId } from '../core/ids.js'
import { serverLimits } from '../core/limits.js'
import { type ActiveSession, ActiveSessions } from './active-sessions.js'
import type { MailService } from './services.js'

/** A session that ends when told, or when its stream is destroyed unless it is `stuck`; `polite`: or when it is asked. */
function begin(sessions: ActiveSessions, id: string, service: MailService, { stuck = false, polite = false } = {}) {
  const stream = new PassThrough()
  const { promise: done, end } = settled()
  let session: ActiveSession | null = null
  const asked: Ending[] = []
  const over = sessions.run({ id, service, clientIp: '192.0.2.1', stream }, (mine) => {
    session = mine
    mine.signal.addEventListener('abort', () => {
      asked.push(mine.signal.reason)
      if (polite) end()
    })
    if (!stuck) stream.once('close', end)
    return done
  })
  const enter = (user: string, appPassword?: number): void => session?.enter(user, appPassword as AppPasswordId)
  const count = (user: string): number | undefined => session?.count(user)
  return { stream, end, over, enter, count, asked }
}

function settled() {
  let end: () => void = () => {}
  const promise = new Promise<void>((resolve) => {
    end = resolve
  })
  return { promise, end: () => end() }
}

test('sessions that end in time are completed; the others are cut off', async () => {
  const clock = new FakeClock()
  const sessions = new ActiveSessions(clock)
  const quick = begin(sessions, 'a', 'smtp')
  const slow = begin(sessions, 'b', 'smtp')
  const drained = sessions.drain('smtp', 30_000)
  quick.end()
  await clock.advance(29_999)
  expect(slow.stream.destroyed).toBe(false)
  await clock.advance(1)
  expect(await drained).toEqual({ completed: 1, destroyed: 1 })
  expect(slow.stream.destroyed).toBe(true)
  expect(clock.pending).toBe(0)
})

test('families wait for their own sessions', async () => {
  const clock = new FakeClock()
  const sessions = new ActiveSessions(clock)
  const imap = begin(sessions, 'a', 'imaps')
  expect(await sessions.drain('smtp', 30_000)).toEqual({ completed: 0, destroyed: 0 })
  expect(sessions.count).toBe(1)
  const drained = sessions.drain('imap', 60_000)
  imap.end()
  expect(await drained).toEqual({ completed: 1, destroyed: 0 })
  expect(sessions.count).toBe(0)
  expect(clock.pending).toBe(0)
})

test('a session that does not even notice its closed connection does not keep the server', async () => {
  const clock = new FakeClock()
  const sessions = new ActiveSessions(clock)
  begin(sessions, 'a', 'smtp', { stuck: true })
  const drained = sessions.drain('smtp', 30_000)
  await clock.advance(30_000)
  await clock.advance(5_000)
  expect(await drained).toEqual({ completed: 0, destroyed: 1 })
})

test('a stop asks those that run and those that come', () => {
  const sessions = new ActiveSessions(new FakeClock())
  const before = begin(sessions, 'a', 'imap')
  sessions.stop()
  expect(before.asked).toEqual(['shutdown'])
  const stopped = sessions.run({ id: 'b', service: 'imap', clientIp: '', stream: new PassThrough() }, async (mine) => {
    expect(mine.signal.reason).toBe('shutdown')
  })
  return stopped
})

test('sessions are listed, and leave the list when they are over', async () => {
  const clock = new FakeClock(5_000)
  const sessions = new ActiveSessions(clock)
  const one = begin(sessions, 'a', 'imaps')
  one.enter('alice@example.org')
  await clock.advance(10)
  begin(sessions, 'b', 'smtp')
  expect(sessions.list()).toEqual([
    { id: 'a', service: 'imaps', clientIp: '192.0.2.1', since: 5_000, user: 'alice@example.org' },
    { id: 'b', service: 'smtp', clientIp: '192.0.2.1', since: 5_010, user: null },
  ])
  one.end()
  await one.over
  expect(sessions.list().map(({ id }) => id)).toEqual(['b'])
})

test("all sessions of a user are asked to end, and nobody else's", async () => {
  const clock = new FakeClock()
  const sessions = new ActiveSessions(clock)
  const all = ['a', 'b', 'c'].map((id) => begin(sessions, id, 'imaps', { polite: true }))
  for (const session of all.slice(0, 2)) session.enter('alice@example.org')
  all[2]?.enter('bob@example.org')
  expect(sessions.endUser('alice@example.org', 'revoked')).toBe(2)
  expect(all.map(({ asked }) => asked)).toEqual([['revoked'], ['revoked'], []])
  await Promise.all(all.slice(0, 2).map(({ over }) => over))
  expect(sessions.list().map(({ id }) => id)).toEqual(['c'])
  expect(clock.pending).toBe(0)
})

test('one that does not leave is cut off', async () => {
  const clock = new FakeClock()
  const sessions = new ActiveSessions(clock)
  const deaf = begin(sessions, 'a', 'imaps')
  expect(sessions.end('b', 'kicked')).toBe(false)
  expect(sessions.end('a', 'kicked')).toBe(true)
  expect(deaf.asked).toEqual(['kicked'])
  await clock.advance(serverLimits.endingGrace - 1)
  expect(deaf.stream.destroyed).toBe(false)
  await clock.advance(1)
  expect(deaf.stream.destroyed).toBe(true)
  await deaf.over
  expect(sessions.count).toBe(0)
})

test('of a user, those of one protocol or of one app password', () => {
  const sessions = new ActiveSessions(new FakeClock())
  const all = (['imap', 'imaps', 'submission', 'imap'] as const).map((service, i) => begin(sessions, `${i}`, service))
  all[0]?.enter('alice@example.org')
  all[1]?.enter('alice@example.org', 7)
  all[2]?.enter('alice@example.org', 8)
  all[3]?.enter('bob@example.org', 7)
  const asked = () => all.map((one) => one.asked.length)
  expect([0, 1, 2, 3].map((i) => all[i]?.count('alice@example.org'))).toEqual([2, 2, 1, 2])
  expect(sessions.endUser('alice@example.org', 'revoked', { appPassword: 7 as AppPasswordId })).toBe(1)
  expect(asked()).toEqual([0, 1, 0, 0])
  expect(sessions.endUser('alice@example.org', 'revoked', { protocol: 'smtp' })).toBe(1)
  expect(asked()).toEqual([0, 1, 1, 0])
  expect(sessions.endUser('alice@example.org', 'revoked', { protocol: 'imap' })).toBe(2)
  expect(asked()[3]).toBe(0)
})
