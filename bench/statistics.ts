/** What a set of measurements says. */

/** The value below which the share `p` (0 to 1) of `sorted` lies: nearest rank. NaN of nothing. */
export const percentile = (sorted: Float64Array, p: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN

export interface Latency {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Of durations in milliseconds, in any order. */
export function latency(durations: readonly number[]): Latency {
  const sorted = Float64Array.from(durations).sort()
  return {
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
  }
}
