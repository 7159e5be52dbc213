import { expect, test } from 'vitest'
import { latency, percentile } from './statistics.js'

test('percentiles are the nearest rank', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1)
  expect([0.5, 0.9, 0.99, 1].map((p) => percentile(hundred, p))).toEqual([50, 90, 99, 100])
  expect(percentile(Float64Array.of(7), 0.5)).toBe(7)
  expect(percentile(new Float64Array(), 0.5)).toBeNaN()
})

test('latency sorts by value', () => {
  expect(latency([10, 9, 100])).toEqual({ p50: 10, p90: 100, p99: 100, max: 100 })
})
