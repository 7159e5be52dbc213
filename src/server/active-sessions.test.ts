import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { ActiveSessions } from './active-sessions.js'

/** A session that ends when told, or when its stream is destroyed unless it is `stuck`. */
function session({ stuck = false } = {}) {
  const stream = new PassThrough()
  let end: () => void = () => {}
  const done = new Promise<void>((resolve) => {
    end = resolve
    if (!stuck) stream.once('close', () => resolve())
  })
  return { stream, done, end }
}

test('sessions that end in time are completed; the others are cut off', async () => {
  const clock = new FakeClock()
  const sessions = new ActiveSessions(clock)
  const [quick, slow] = [session(), session()]
  sessions.track('smtp', quick.stream, quick.done)
  sessions.track('smtp', slow.stream, slow.done)
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
  const imap = session()
  sessions.track('imap', imap.stream, imap.done)
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
  const stuck = session({ stuck: true })
  sessions.track('smtp', stuck.stream, stuck.done)
  const drained = sessions.drain('smtp', 30_000)
  await clock.advance(30_000)
  await clock.advance(5_000)
  expect(await drained).toEqual({ completed: 0, destroyed: 1 })
})
