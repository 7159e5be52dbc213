/** The pool with threads that die, hang and answer as the test wants. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recordingLog } from '../../../test/log-recorder.js'
import { refusal } from '../../../test/store/fixtures.js'
import { FakeClock } from '../../core/clock.js'
import { storeLimits } from '../../core/limits.js'
import { DeadlyRead } from '../errors.js'
import { StorageWatch } from '../storage-watch.js'
import type { JobOf } from './reader-messages.js'
import { ReaderPool } from './reader-pool.js'

/** A job's text says what becomes of its thread. */
const SCRIPT = `
import { parentPort, workerData } from 'node:worker_threads'
import { existsSync, writeFileSync } from 'node:fs'
if (workerData.dir.endsWith('broken')) throw new Error('no such folder')
parentPort.postMessage({ kind: 'ready' })
parentPort.on('message', ({ kind, job }) => {
  if (kind === 'close') return parentPort.close()
  const { field, value } = job.wanted
  if (value === 'die' || (value === 'die once' && !existsSync(field))) {
    writeFileSync(field, '')
    process.exit(7)
  }
  if (value === 'hang') {
    writeFileSync(field, '')
    return
  }
  if (value === 'refuse') return parentPort.postMessage({ kind: 'refused', detail: 'no disk', disk: null })
  if (value === 'fault') return parentPort.postMessage({ kind: 'fault', message: 'a bug', stack: 'at a place' })
  parentPort.postMessage({ kind: 'done', value: { uids: [Number(value)], upTo: null } })
})
`

let dir: string
let clock: FakeClock
let pool: ReaderPool
let log: ReturnType<typeof recordingLog>

const open = (readerThreads = 1, waitingReads = 100): ReaderPool => {
  const url = new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`)
  const limits = { ...storeLimits, readerThreads, waitingReads }
  const watch = new StorageWatch({ clock, limits, log: undefined })
  pool = new ReaderPool({ dir, clock, url, limits, watch, log })
  return pool
}

const job = (value: string): JobOf<'search'> => ({
  kind: 'search',
  mailbox: 1,
  wanted: { where: 'header', field: join(dir, 'flag'), value },
  after: 0,
  uids: null,
})
type Urgency = 'first' | 'usual' | 'background'
const answer = async (value: string, urgency: Urgency = 'usual'): Promise<readonly number[]> =>
  (await pool.run(job(value), { urgency })).uids

/** Until the thread has taken a job that hangs. */
async function hanging(): Promise<void> {
  while (!existsSync(join(dir, 'flag'))) await new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'posthorn-pool-'))
  clock = new FakeClock()
  log = recordingLog()
})
afterEach(async () => {
  await pool.close()
  expect(clock.pending).toBe(0)
  rmSync(dir, { recursive: true })
})

test('threads start when there is work, and no more than there may be', async () => {
  open(2)
  expect(pool.size).toBe(0)
  expect(await answer('1')).toEqual([1])
  expect(pool.size).toBe(1)
  expect(await Promise.all(['1', '2', '3', '4', '5'].map((n) => answer(n)))).toEqual([[1], [2], [3], [4], [5]])
  expect(pool.size).toBe(2)
})

test('what is urgent comes before what somebody waits for, and that before the background', async () => {
  open()
  const order: string[] = []
  const note = (name: string, urgency: Urgency) => answer('1', urgency).then(() => order.push(name))
  await Promise.all([note('one', 'usual'), note('four', 'background'), note('three', 'usual'), note('two', 'first')])
  expect(order).toEqual(['one', 'two', 'three', 'four'])
  expect(pool.size).toBe(1)
})

test('nobody waits for the background: there is a thread more while it has all others', async () => {
  open()
  const hangs = refusal(answer('hang', 'background'))
  await hanging()
  const behind = answer('3', 'background')
  expect(await Promise.all([answer('1'), answer('2', 'first')])).toEqual([[1], [2]])
  expect(pool.size).toBe(2)
  rmSync(join(dir, 'flag'))
  await clock.advance(storeLimits.longestRead)
  expect([await hangs, await behind]).toEqual(['unavailable', [3]])
})

test('a thread that dies is replaced, and its job done by the next', async () => {
  open()
  expect(await Promise.all([answer('die once'), answer('2')])).toEqual([[Number('die once')], [2]])
  expect(pool.size).toBe(1)
})

test('a job that kills its thread twice is given up, and the others are done', async () => {
  open()
  const [killer, other] = await Promise.all([refusal(answer('die')), answer('2')])
  expect([killer, other]).toEqual(['unavailable', [2]])
  await expect(answer('die')).rejects.toThrow(DeadlyRead)
  const died = { message: 'Reader thread died', fields: { job: 'search', error: 'it ended' } }
  expect(log.lines).toMatchObject(Array(4).fill(died))
})

test('a job is not to blame when no thread can be started', async () => {
  const whole = dir
  dir = join(dir, 'broken')
  open()
  dir = whole
  const error = await pool.run(job('1')).catch((e: unknown) => e)
  expect(error).toMatchObject({ refusal: 'unavailable', message: 'no reader thread can start: no such folder' })
  expect(error).not.toBeInstanceOf(DeadlyRead)
})

test('a job that takes too long is ended, and not tried again', async () => {
  open()
  const hangs = refusal(answer('hang'))
  const other = answer('2')
  await hanging()
  rmSync(join(dir, 'flag'))
  await clock.advance(storeLimits.longestRead)
  expect(await hangs).toBe('unavailable')
  expect(await other).toEqual([2])
  expect(existsSync(join(dir, 'flag'))).toBe(false)
})

test('too many that wait are refused', async () => {
  open(1, 2)
  const waiting = [answer('1'), answer('2'), answer('3')]
  expect(await refusal(answer('4'))).toBe('unavailable')
  expect(await Promise.all(waiting)).toEqual([[1], [2], [3]])
  expect(await answer('5')).toEqual([5])
})

test('what the disk refuses is unavailable, and a fault is a fault', async () => {
  open()
  expect(await refusal(answer('refuse'))).toBe('unavailable')
  await expect(answer('fault')).rejects.toThrow('a bug')
  expect(await answer('1')).toEqual([1])
})

test('at the end what waits fails, and what runs completes', async () => {
  open()
  const running = answer('1')
  const waiting = answer('2').catch((error: Error) => error.message)
  await pool.close()
  expect(log.lines).toEqual([])
  expect(await running).toEqual([1])
  expect(await waiting).toBe('the store is closed')
  await expect(answer('3')).rejects.toThrow('closed')
  expect(pool.size).toBe(0)
})

test('a dead pool goes on with new threads', async () => {
  open()
  await answer('1')
  await pool.terminate()
  expect(await answer('2')).toEqual([2])
})
