/** date-time and date of IMAP: RFC 3501 §9. Not the dates of message headers, which are RFC 5322's. */
import { formatInternalDate, parseDay as parseDayText, parseInternalDate } from '../message/date.js'
import type { Scanner } from './scanner.js'

const DATE_TIME = /"[ \d]\d-[a-z]{3}-\d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}"/iy
const DAY_MINUTES = 24 * 60

export interface DateTime {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Minutes east of UTC. */
  readonly zone: number
}

/** With its quotes, in the zone given. */
export const formatDateTime = (at: number, zone: number): string => `"${formatInternalDate(at, zone)}"`

/** date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE. A day that does not exist is none. */
export function parseDateTime(s: Scanner): DateTime {
  const found = s.match(DATE_TIME)
  if (found === null) return s.fail('a date and time as "17-Jul-1996 02:44:25 -0700"')
  const time = parseInternalDate(found[0])
  if (time === null || Math.abs(time.zone) >= DAY_MINUTES) return s.fail('a date and time that exists')
  return { at: time.ms, zone: time.zone }
}

const DATE = /(?:"(\d{1,2}-[a-z]{3}-\d{4})"|(\d{1,2}-[a-z]{3}-\d{4}))(?=[ )]|$)/iy

/** date = date-text / DQUOTE date-text DQUOTE, in days since 1970-01-01. A day that does not exist is none. */
export function parseDay(s: Scanner): number {
  const [, quoted, bare = quoted] = s.match(DATE) ?? s.fail('a date as 1-Feb-1994')
  return parseDayText(bare ?? '') ?? s.fail('a date that exists')
}
