/** SEARCH in a reader thread: the index says which messages may hold the text, and each is looked at. */
import { systemClock } from '../../core/clock.js'
import { collated, foldCase, SubstringFinder } from '../../message/case-fold.js'
import { dayOf, isDay } from '../../message/date.js'
import { fieldTexts, searchableText, sentDay } from '../../message/searchable-text.js'
import type { SearchDate, SearchText } from '../search-store.js'
import type { StorageFault } from '../storage-health.js'
import { faultOf, isDamage } from './disk-refusal.js'
import { readStored, type StoredMessage } from './read-octets.js'
import type { ReadContext } from './reader-jobs.js'
import type { Found, JobOf } from './reader-messages.js'
import type { Statements } from './statements.js'
import { bodyRow, headerRow } from './write-extraction.js'

interface Row {
  readonly uid: number
  readonly blob: number
  /** 1: the index knows all of its text. */
  readonly indexed: number
}

/** Rows of which one in so many is asked for are read in one go, which is faster than one by one. */
const DENSE = 4
/** Characters of a text that the index can be asked for. */
const SHORTEST = 3
/** Groups of three characters that are asked for: more of them rule out hardly anything more. */
const MOST_GROUPS = 24

const COLUMNS = `SELECT m.uid, m.blob, coalesce(e.indexed, 0) AS indexed
  FROM message m LEFT JOIN extraction e ON e.blob = m.blob WHERE m.mailbox = ?`

/** Ends its turn after some time, but not before one message. */
export function search(cx: ReadContext, { mailbox, wanted, after, uids }: JobOf<'search'>): Found {
  const until = systemClock.now() + cx.limits.searchTurn
  const rows = rowsOf(cx, mailbox, after, uids)
  const { candidates, damage } = wanted.where === 'date' ? NO_INDEX : askIndex(cx, rows, wanted)
  const found: number[] = []
  for (const row of rows) {
    if ((row.indexed !== 1 || candidates === null || candidates.has(row.blob)) && holds(cx, row.blob, wanted))
      found.push(row.uid)
    if (systemClock.now() > until) return { uids: found, upTo: row.uid, damage }
  }
  const isAll = uids !== null || rows.length < cx.limits.rowsPerSlice
  return { uids: found, upTo: isAll ? null : (rows.at(-1)?.uid ?? null), damage }
}

function rowsOf({ sql, limits }: ReadContext, mailbox: number, after: number, uids: readonly number[] | null): Row[] {
  if (uids === null)
    return sql.all<Row>(`${COLUMNS} AND m.uid > ? ORDER BY m.uid LIMIT ?`, mailbox, after, limits.rowsPerSlice)
  const wanted = uids.filter((uid) => uid > after)
  const [first] = wanted
  const last = wanted.at(-1)
  if (first === undefined || last === undefined) return []
  if (last - first >= DENSE * wanted.length)
    return wanted.flatMap((uid) => sql.get<Row>(`${COLUMNS} AND m.uid = ?`, mailbox, uid) ?? [])
  const among = new Set(wanted)
  const range = sql.all<Row>(`${COLUMNS} AND m.uid BETWEEN ? AND ? ORDER BY m.uid`, mailbox, first, last)
  return range.filter(({ uid }) => among.has(uid))
}

interface Answer {
  /** null: it said nothing. */
  readonly candidates: ReadonlySet<number> | null
  readonly damage: StorageFault | null
}

const NO_INDEX: Answer = { candidates: null, damage: null }

/** Without the index every message is looked at, so an index that is damaged costs time alone. */
function askIndex({ dir, sql }: ReadContext, rows: readonly Row[], text: SearchText): Answer {
  try {
    return { candidates: candidatesAmong(sql, rows, text), damage: null }
  } catch (error) {
    if (!isDamage(error)) throw error
    return { candidates: null, damage: faultOf(error, 'read', dir) }
  }
}

/** Blobs of `rows` that hold all groups of the text somewhere; null when the index cannot be asked. */
function candidatesAmong(sql: Statements, rows: readonly Row[], { where, value }: SearchText): Set<number> | null {
  const query = queryFor(value)
  const indexed = rows.filter((row) => row.indexed === 1).map((row) => row.blob)
  if (query === null || indexed.length === 0) return null
  const least = indexed.reduce((a, b) => Math.min(a, b))
  const most = indexed.reduce((a, b) => Math.max(a, b))
  const candidates = new Set<number>()
  const hits = sql.iterate<{ rowid: number }>(
    'SELECT rowid FROM search_index WHERE search_index MATCH ? AND rowid BETWEEN ? AND ?',
    query,
    headerRow(least),
    bodyRow(most),
  )
  const wanted = new Set(indexed)
  for (const { rowid } of hits) {
    const blob = Math.floor(rowid / 2)
    const region = rowid === headerRow(blob) ? 'header' : 'body'
    if ((where === 'text' || where === region) && wanted.has(blob)) candidates.add(blob)
  }
  return candidates
}

/**
 * Where texts that are the same for SEARCH may be folded in another way: U+0345, the iota below, is a mark behind all
 * other marks in the index, and a letter before them in i;unicode-casemap.
 */
const IOTAS = /^\p{M}+|\p{M}*\u0399(?:\p{M}+|$)/u

/** A query for groups of three characters, as the index has them; null where there are none. */
export function queryFor(value: string): string | null {
  const groups = foldCase(collated(value))
    .split(IOTAS)
    .flatMap((part) => {
      const characters = [...part]
      return characters.slice(SHORTEST - 1).map((_, i) => characters.slice(i, i + SHORTEST).join(''))
    })
  if (groups.length === 0) return null
  const step = Math.ceil(groups.length / MOST_GROUPS)
  const asked = new Set(groups.filter((_, i) => i % step === 0))
  return [...asked].map((group) => `"${group.replaceAll('"', '""')}"`).join(' AND ')
}

/** A message that is gone by now holds nothing. */
function holds({ dir, sql }: ReadContext, blob: number, wanted: SearchText | SearchDate): boolean {
  const known = wanted.where === 'date' ? keptDate(sql, blob, wanted) : null
  if (known !== null) return known
  const message = readStored(dir, sql, blob)
  if (message === null) return false
  return wanted.where === 'date' ? messageIsOf(message, wanted) : messageHolds(message, wanted)
}

/** Days between the day in the zone of the Date field and the day in UTC: a zone has less than 100 hours. */
const FARTHEST = 5

/** The moment is kept for sorting, and decides where the zone cannot matter; null: the field must be read. */
function keptDate(sql: Statements, blob: number, { is, day }: SearchDate): boolean | null {
  const row = sql.get<{ ms: number | null }>('SELECT sent_date AS ms FROM blob_keys WHERE blob = ?', blob)
  if (row === undefined) return null
  if (row.ms === null) return false
  const utc = dayOf({ ms: row.ms, zone: 0 })
  return Math.abs(utc - day) > FARTHEST ? isDay(utc, is, day) : null
}

function messageIsOf({ root, octets }: StoredMessage, { is, day }: SearchDate): boolean {
  const sent = sentDay(root, octets)
  return sent !== null && isDay(sent, is, day)
}

function messageHolds({ root, octets }: StoredMessage, text: SearchText): boolean {
  const { where, value } = text
  if (where === 'header') {
    const needle = collated(value)
    return fieldTexts(root, octets, text.field).some((field) => collated(field).includes(needle))
  }
  if (value === '') return true
  const finder = new SubstringFinder(value)
  for (const piece of searchableText(root, octets, where === 'body' ? 'body' : null)) {
    if (finder.push(piece.text) || (piece.ends && finder.end())) return true
  }
  return false
}
