import { expect, test } from 'vitest'
import { latency, mannWhitney, percentile } from './statistics.js'

test('percentiles are the nearest rank', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1)
  expect([0.5, 0.9, 0.99, 1].map((p) => percentile(hundred, p))).toEqual([50, 90, 99, 100])
  expect(percentile(Float64Array.of(7), 0.5)).toBe(7)
  expect(percentile(new Float64Array(), 0.5)).toBeNaN()
})

test('latency sorts by value', () => {
  expect(latency([10, 9, 100])).toEqual({ p50: 10, p90: 100, p99: 100, max: 100 })
})

test('samples of one source are not told apart, and others are', () => {
  const even = Array.from({ length: 50 }, (_, i) => i * 2)
  const odd = even.map((n) => n + 1)
  expect(mannWhitney(even, even)).toEqual({ z: 0, slower: 0.5 })
  expect(Math.abs(mannWhitney(odd, even).z)).toBeLessThan(1)
  const later = even.map((n) => n + 100)
  expect(mannWhitney(later, even)).toMatchObject({ slower: 1 })
  expect(mannWhitney(later, even).z).toBeGreaterThan(8)
  expect(mannWhitney(even, later).z).toBeLessThan(-8)
})

test('the figure of a small sample is that of the books', () => {
  // Ranks 3, 4.5, 6, 8, 9 (two are equal): U = 15.5 of 20.
  const { z, slower } = mannWhitney([3, 4, 5, 8, 9], [1, 2, 4, 7])
  expect(slower).toBe(15.5 / 20)
  expect(z).toBeCloseTo((15.5 - 10) / Math.sqrt(200 / 12), 10)
})
