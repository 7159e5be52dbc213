/** date-time of IMAP: RFC 3501 §9. Not the dates of message headers, which are RFC 5322's. */
import type { Scanner } from './scanner.js'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DATE_TIME = /"([ \d]\d)-([a-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})"/iy
const MINUTE = 60_000

export interface DateTime {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Minutes east of UTC. */
  readonly zone: number
}

const two = (n: number): string => String(n).padStart(2, '0')

/** With its quotes, in the zone given. */
export function formatDateTime(at: number, zone: number): string {
  const local = new Date(at + zone * MINUTE)
  const day = String(local.getUTCDate()).padStart(2, ' ')
  const year = String(local.getUTCFullYear()).padStart(4, '0')
  const time = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(two).join(':')
  const east = Math.abs(zone)
  const offset = `${zone < 0 ? '-' : '+'}${two(Math.floor(east / 60))}${two(east % 60)}`
  return `"${day}-${MONTHS[local.getUTCMonth()]}-${year} ${time} ${offset}"`
}

/** date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE. A day that does not exist is none. */
export function parseDateTime(s: Scanner): DateTime {
  const found = s.match(DATE_TIME)
  if (found === null) return s.fail('a date and time as "17-Jul-1996 02:44:25 -0700"')
  const [, day = '', monthName = '', ...rest] = found
  const month = MONTHS.findIndex((m) => m.toLowerCase() === monthName.toLowerCase())
  const [year, hour, minute, second] = rest.slice(0, 4).map(Number) as [number, number, number, number]
  const [zoneHour, zoneMinute] = rest.slice(5).map(Number) as [number, number]
  const local = new Date(0)
  local.setUTCFullYear(year, month, Number(day))
  // Date carries over what is too large: a day that does not come back as it went in does not exist.
  const exists = month !== -1 && local.getUTCDate() === Number(day)
  // A second of 60 is a leap second.
  if (!exists || hour > 23 || minute > 59 || second > 60 || zoneHour > 23 || zoneMinute > 59)
    s.fail('a date and time that exists')
  local.setUTCHours(hour, minute, second)
  const zone = (rest[4] === '-' ? -1 : 1) * (zoneHour * 60 + zoneMinute)
  return { at: local.getTime() - zone * MINUTE, zone }
}
