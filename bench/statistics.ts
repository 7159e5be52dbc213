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

export interface RankTest {
  /** Standard deviations that the ranks are off what they would be if both samples came from one source. */
  readonly z: number
  /** Of all pairs, the share in which the one of `a` is the greater; a half if nothing tells them apart. */
  readonly slower: number
}

/** Mann-Whitney U in its normal approximation: for samples of 20 and more. Equal values share their ranks. */
export function mannWhitney(a: readonly number[], b: readonly number[]): RankTest {
  const all = [...a.map((value) => ({ value, ofA: true })), ...b.map((value) => ({ value, ofA: false }))]
  all.sort((x, y) => x.value - y.value)
  let ranks = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    while (all[to + 1]?.value === all[from]?.value) to++
    const rank = (from + to) / 2 + 1
    for (; from <= to; from++) if (all[from]?.ofA) ranks += rank
  }
  const pairs = a.length * b.length
  const u = ranks - (a.length * (a.length + 1)) / 2
  return { z: (u - pairs / 2) / Math.sqrt((pairs * (all.length + 1)) / 12), slower: u / pairs }
}
