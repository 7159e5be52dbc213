/** Dates as mail and IMAP write them: in the zone they were given in. */
import { Lexer } from './lexer.js'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MINUTE = 60_000

export interface ZonedTime {
  /** Milliseconds since the epoch. */
  readonly ms: number
  /** Minutes east of UTC. */
  readonly zone: number
}

const two = (n: number): string => String(n).padStart(2, '0')
const four = (n: number): string => String(n).padStart(4, '0')

function zoneText(zone: number): string {
  const minutes = Math.abs(zone)
  return `${zone < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}

const timeText = (local: Date): string =>
  `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`

/** Its UTC fields are what a clock in `zone` shows at `ms`. */
const localDate = (ms: number, zone: number): Date => new Date(ms + zone * MINUTE)

/** date-time of RFC 5322 §3.3, as `Wed, 17 Jul 1996 02:23:25 -0700`. `zone` in minutes east of UTC. */
export function formatDate(ms: number, zone: number): string {
  const local = localDate(ms, zone)
  const date = `${two(local.getUTCDate())} ${MONTHS[local.getUTCMonth()]} ${four(local.getUTCFullYear())}`
  return `${DAYS[local.getUTCDay()]}, ${date} ${timeText(local)} ${zoneText(zone)}`
}

/** date-time of RFC 3501 §9 without its quotes, as `17-Jul-1996 02:44:25 -0700`. */
export function formatInternalDate(ms: number, zone: number): string {
  const local = localDate(ms, zone)
  const day = String(local.getUTCDate()).padStart(2, ' ')
  return `${day}-${MONTHS[local.getUTCMonth()]}-${four(local.getUTCFullYear())} ${timeText(local)} ${zoneText(zone)}`
}

interface Parts {
  readonly day: number
  readonly month: number
  readonly year: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** null for a day or an hour that there is not. A leap second is the second after it. */
function toTime(parts: Parts, zone: number): ZonedTime | null {
  const { day, month, year, hour, minute, second } = parts
  if (hour > 23 || minute > 59 || second > 60 || month < 0) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return null
  date.setUTCHours(hour, minute, second)
  return { ms: date.getTime() - zone * MINUTE, zone }
}

const monthOf = (name: string): number => MONTHS.findIndex((month) => month.toLowerCase() === name.toLowerCase())

/** `+hhmm`; null for minutes beyond 59. */
function numericZone(text: string): number | null {
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(3, 5))
  if (minutes > 59) return null
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) || 0
}

const INTERNAL = /^"?([ \d]?\d)-([a-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})"?$/i

/** date-time of RFC 3501 §9, with or without its quotes; null if it is none. */
export function parseInternalDate(text: string): ZonedTime | null {
  const found = INTERNAL.exec(text)
  if (found === null) return null
  const [, day, month = '', year, hour, minute, second, zoneName = ''] = found
  const zone = numericZone(zoneName)
  if (zone === null) return null
  return toTime(
    {
      day: Number(day),
      month: monthOf(month),
      year: Number(year),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
    },
    zone,
  )
}

const DAY = 24 * 60 * MINUTE
const CALENDAR_DAY = /^(\d{1,2})-([a-z]{3})-(\d{4})$/i

/** The day that a calendar in `zone` shows at `ms`, in days since 1970-01-01. */
export const dayOf = ({ ms, zone }: ZonedTime): number => Math.floor((ms + zone * MINUTE) / DAY)

export type DayRelation = 'before' | 'on' | 'since'

/** How SEARCH asks of days: BEFORE, ON and SINCE (RFC 3501 §6.4.4). */
export function isDay(day: number, is: DayRelation, wanted: number): boolean {
  if (is === 'on') return day === wanted
  return is === 'before' ? day < wanted : day >= wanted
}

/** date-text of RFC 3501 §9, in days since 1970-01-01; null if there is no such day. */
export function parseDay(text: string): number | null {
  const [, day, month = '', year] = CALENDAR_DAY.exec(text) ?? []
  const parts = { day: Number(day), month: monthOf(month), year: Number(year), hour: 0, minute: 0, second: 0 }
  const time = toTime(parts, 0)
  return time === null ? null : dayOf(time)
}

/** obs-zone of RFC 5322 §4.3. The military letters are as good as -0000, because they were defined wrong. */
const ZONES: Readonly<Record<string, number>> = {
  UT: 0,
  UTC: 0,
  GMT: 0,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
}

/** RFC 5322 §4.3 */
function fullYear(digits: string): number {
  const year = Number(digits)
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year
  return digits.length === 3 ? 1900 + year : year
}

/** The field without its comments, one space between words. A date longer than this is none. */
const LONGEST_DATE = 1000

function withoutComments(text: string): string {
  const lexer = new Lexer(text.slice(0, LONGEST_DATE))
  let plain = ''
  while (!lexer.done) {
    if (lexer.skipSpace()) plain += ' '
    else plain += lexer.text[lexer.at++] ?? ''
  }
  return plain.trim()
}

const DATE =
  /^(?:[a-z]+ ?[,.]? ?)?(\d{1,2})[ -]([a-z]{3})[a-z]*[ ,-]+(\d{2,4}),? (\d{1,2}) ?[:.] ?(\d\d)(?: ?[:.] ?(\d\d))?(?:\.\d+)?(?: ?([+-]\d{4})| ?([a-z]+))?/i

/**
 * The value of a Date field (RFC 5322 §3.3, §4.3), obsolete zones, two-digit years, comments and some
 * habits of mailers included; without a zone it is UTC. null when it cannot be read.
 */
export function parseDate(value: string): ZonedTime | null {
  const found = DATE.exec(withoutComments(value))
  if (found === null) return null
  const [, day, month = '', year = '', hour, minute, second, numeric, named = ''] = found
  const zone = numeric === undefined ? (ZONES[named.toUpperCase()] ?? 0) : numericZone(numeric)
  if (zone === null) return null
  return toTime(
    {
      day: Number(day),
      month: monthOf(month),
      year: fullYear(year),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second ?? 0),
    },
    zone,
  )
}
