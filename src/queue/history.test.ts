import { expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { FakeClock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import { History } from './history.js'

const DAY = 24 * 60 * 60_000
const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

test('what is older than it is kept goes, slice by slice, at the start and again every hour', async () => {
  const clock = new FakeClock(100 * DAY)
  const log = recordingLog()
  const asked: number[] = []
  let slices = [2, 2, 1, 0]
  const forgetFinished = async (until: number): Promise<number> => {
    asked.push(until)
    return slices.shift() ?? 0
  }
  const history = new History({ store: { forgetFinished }, keep: 30 * DAY, clock, log })
  history.wake()
  await turn()
  expect(asked).toEqual([70, 70, 70, 70].map((days) => days * DAY))
  asked.length = 0
  slices = [1, 0]
  await clock.advance(queueLimits.historyLook)
  await turn()
  const now = 100 * DAY + queueLimits.historyLook
  expect(asked).toEqual([now - 30 * DAY, now - 30 * DAY])
  await history.stop()
  await clock.advance(10 * queueLimits.historyLook)
  await turn()
  expect(asked.length).toBe(2)
})

test('a disk that refuses is told of, and tried again', async () => {
  const clock = new FakeClock(0)
  const log = recordingLog()
  let calls = 0
  const forgetFinished = async (): Promise<number> => {
    if (calls++ === 0) throw new Error('disk full')
    return 0
  }
  const history = new History({ store: { forgetFinished }, keep: 0, clock, log })
  history.wake()
  await turn()
  expect(log.lines).toMatchObject([{ message: 'Queue history stays', fields: { error: 'Error: disk full' } }])
  await clock.advance(queueLimits.historyLook)
  await turn()
  expect(calls).toBe(2)
  await history.stop()
})
