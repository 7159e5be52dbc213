/** Sets of numbers as IMAP spells them, `1:3,5`, and dates: equal when they mean the same. Pure. */
import type { OctetString } from '../transcript.js'
import type { Match } from './imap-match.js'

type Range = readonly [number, number]

/** Longer lists than this are not written out. */
const MOST_NUMBERS = 10_000

/** Ranges in the order in which they are written; null for what is no set. */
function rangesOf(text: OctetString): readonly Range[] | null {
  if (!/^\d+(?::\d+)?(?:,\d+(?::\d+)?)*$/.test(text)) return null
  return text.split(',').map((part): Range => {
    const [from = 0, to = from] = part.split(':').map(Number)
    return from <= to ? [from, to] : [to, from]
  })
}

/** Sorted and joined, as text. */
function normal(ranges: readonly Range[]): string {
  const joined: [number, number][] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined.map(([from, to]) => `${from}:${to}`).join(',')
}

/** `1:3` and `3,1:2` are the same. With islands that are not known yet, the text must fit. */
export function sameNumbers(match: Match, written: OctetString, came: OctetString): boolean {
  const filled = match.filled(written)
  const [expected, said] = [filled === null ? null : rangesOf(filled), rangesOf(came)]
  if (expected === null || said === null) return said !== null && match.text(written, came)
  return normal(expected) === normal(said)
}

/** All numbers, in the order in which they are written (RFC 4315 §4); null for no set, or too long a one. */
export function numbersOf(text: OctetString): readonly number[] | null {
  const ranges = rangesOf(text)
  if (ranges === null || ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0) > MOST_NUMBERS) return null
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DATE = /^([ \d]\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/

/** ` 1-Jan-2026 12:00:00 +0000` as milliseconds since 1970; null for what is no date-time. */
function instantOf(text: OctetString): number | null {
  const [, day, month = '', year, hour, minute, second, sign, zoneHour, zoneMinute] = DATE.exec(text) ?? []
  const m = MONTHS.indexOf(month.toLowerCase())
  if (m === -1) return null
  const local = Date.UTC(Number(year), m, Number(day), Number(hour), Number(minute), Number(second))
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000
  return sign === '-' ? local + zone : local - zone
}

/** The same moment, in whatever zone. */
export function sameInstant(match: Match, written: OctetString, came: OctetString): boolean {
  const filled = match.filled(written)
  const [expected, said] = [filled === null ? null : instantOf(filled), instantOf(came)]
  if (said === null) return false
  return expected === null ? match.text(written, came) : expected === said
}
