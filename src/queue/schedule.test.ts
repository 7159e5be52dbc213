/** The scenarios of Q-003, word for word. */
import { describe, expect, test } from 'vitest'
import { localConfig } from '../core/config-local.js'
import { retryDelay } from './schedule.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const { retrySchedule } = localConfig({ dataDir: 'data' }).queue

describe('Q-003', () => {
  test('the schedule is 5m, 15m, 30m, 1h, 2h, 4h, 8h, 16h, 24h', () => {
    expect(retrySchedule).toEqual([...[5, 15, 30].map((n) => n * MINUTE), ...[1, 2, 4, 8, 16, 24].map((n) => n * HOUR)])
  })

  test.each([
    ['a message fails delivery for the first time: next attempt is in 5 minutes (retry count 0)', 0, 5 * MINUTE],
    ['a message has failed 3 times (retry count 2): next attempt is in 30 minutes', 2, 30 * MINUTE],
    ['a message has failed 9 times (retry count 8): next attempt is in 24 hours (maximum delay)', 8, 24 * HOUR],
    ['a message has failed 10 times (retry count 9): delivery is abandoned', 9, null],
    ['a retry count beyond a schedule that was shortened: delivery is abandoned', 40, null],
  ])('%s', (_, retryCount, delay) => {
    expect(retryDelay(retryCount, retrySchedule)).toBe(delay)
  })

  test('maximum 9 retry attempts before permanent failure', () => {
    let attempts = 1
    while (retryDelay(attempts - 1, retrySchedule) !== null) attempts++
    expect(attempts).toBe(1 + 9)
  })
})
