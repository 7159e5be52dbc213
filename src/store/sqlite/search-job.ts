/** SEARCH in a reader thread: the index says which messages may hold the text, and each is looked at. */
import { systemClock } from '../../core/clock.js'
import { collated, foldCase, SubstringFinder } from '../../message/case-fold.js'
import { fieldTexts, searchableText } from '../../message/searchable-text.js'
import type { SearchText } from '../search-store.js'
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

/** Characters of a text that the index can be asked for. */
const SHORTEST = 3
/** Groups of three characters that are asked for: more of them rule out hardly anything more. */
const MOST_GROUPS = 24

const COLUMNS = `SELECT m.uid, m.blob, coalesce(e.indexed, 0) AS indexed
  FROM message m LEFT JOIN extraction e ON e.blob = m.blob WHERE m.mailbox = ?`

/** Ends its turn after some time, but not before one message. */
export function search(cx: ReadContext, { mailbox, text, after, uids }: JobOf<'search'>): Found {
  const until = systemClock.now() + cx.limits.searchTurn
  const rows = rowsOf(cx, mailbox, after, uids)
  const { candidates, damage } = askIndex(cx, rows, text)
  const found: number[] = []
  for (const row of rows) {
    if ((row.indexed !== 1 || candidates === null || candidates.has(row.blob)) && holds(cx, row.blob, text))
      found.push(row.uid)
    if (systemClock.now() > until) return { uids: found, upTo: row.uid, damage }
  }
  const isAll = uids !== null || rows.length < cx.limits.rowsPerSlice
  return { uids: found, upTo: isAll ? null : (rows.at(-1)?.uid ?? null), damage }
}

function rowsOf({ sql, limits }: ReadContext, mailbox: number, after: number, uids: readonly number[] | null): Row[] {
  if (uids === null)
    return sql.all<Row>(`${COLUMNS} AND m.uid > ? ORDER BY m.uid LIMIT ?`, mailbox, after, limits.rowsPerSlice)
  return uids.flatMap((uid) => (uid > after ? (sql.get<Row>(`${COLUMNS} AND m.uid = ?`, mailbox, uid) ?? []) : []))
}

/** Without the index every message is looked at, so an index that is damaged costs time alone. */
function askIndex(
  { dir, sql }: ReadContext,
  rows: readonly Row[],
  text: SearchText,
): { readonly candidates: ReadonlySet<number> | null; readonly damage: StorageFault | null } {
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
function holds({ dir, sql }: ReadContext, blob: number, text: SearchText): boolean {
  const message = readStored(dir, sql, blob)
  return message !== null && messageHolds(message, text)
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
