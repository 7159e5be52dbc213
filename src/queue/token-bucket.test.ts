import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { TokenBucket } from './token-bucket.js'

const MINUTE = 60_000

test('whatever is asked for and when, no minute has more than it may, but for the second that goes at once', async () => {
  const step = fc.record({ wanted: fc.integer({ min: 1, max: 50 }), ms: fc.nat(20_000), back: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.array(step, { maxLength: 60 }), async (rate, steps) => {
      const clock = new FakeClock()
      const bucket = new TokenBucket(clock, rate)
      const taken: number[] = []
      for (const { wanted, ms, back } of steps) {
        const got = bucket.take(wanted)
        if (back) bucket.giveBack(got)
        else taken.push(...Array<number>(got).fill(clock.now()))
        await clock.advance(ms)
      }
      const most = rate + Math.max(1, Math.floor(rate / 60))
      for (const from of taken)
        expect(taken.filter((at) => at >= from && at < from + MINUTE).length).toBeLessThanOrEqual(most)
    }),
    { numRuns: 100 },
  )
})

test('it says how long to wait for the next one', async () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket(clock, 6)
  expect([bucket.wait(), bucket.take(5), bucket.wait()]).toEqual([0, 1, 10_000])
  await clock.advance(9_999)
  expect(bucket.take(1)).toBe(0)
  await clock.advance(1)
  expect(bucket.take(1)).toBe(1)
})

test('another rate counts from now on', async () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket(clock, 1)
  bucket.take(1)
  bucket.perMinute = 60
  expect(bucket.wait()).toBe(1_000)
})
