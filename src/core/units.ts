/** Durations and sizes as people write them: "30s", "5m", "500ms"; "1MiB", "50MB", "1024". */

const DURATIONS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const SIZES = {
  '': 1,
  B: 1,
  kB: 1000,
  KB: 1000,
  KiB: 1024,
  MB: 1e6,
  MiB: 1024 ** 2,
  GB: 1e9,
  GiB: 1024 ** 3,
  TB: 1e12,
  TiB: 1024 ** 4,
} as const

type Units = { readonly [unit: string]: number }

/** A whole number and a unit of `units`, multiplied; null when it is something else or too large to be exact. */
function parse(text: string, units: Units): number | null {
  const [, digits, unit] = /^(\d{1,16}) ?([A-Za-z]*)$/.exec(text) ?? []
  if (digits === undefined || unit === undefined || !Object.hasOwn(units, unit)) return null
  const value = Number(digits) * (units[unit] ?? Number.NaN)
  return Number.isSafeInteger(value) ? value : null
}

/** In the unit that leaves the smallest whole number. */
function format(value: number, units: Units, smallest: string): string {
  let [best, factor] = [smallest, 1]
  for (const [unit, size] of Object.entries(units))
    if (size > factor && value % size === 0) [best, factor] = [unit, size]
  return `${value / factor}${best}`
}

/** Milliseconds, or null. A number without a unit is no duration: seconds and milliseconds are too easily confused. */
export const parseDuration = (text: string): number | null => parse(text, DURATIONS)

/** `ms` is a whole number of milliseconds. parseDuration gives it back. */
export const formatDuration = (ms: number): string => (ms === 0 ? '0s' : format(ms, DURATIONS, 'ms'))

/** Octets, or null. */
export const parseSize = (text: string): number | null => parse(text, SIZES)

/** `octets` is a whole number. parseSize gives it back. */
export const formatSize = (octets: number): string => (octets === 0 ? '0' : format(octets, SIZES, ''))
