/** The part of `store check` that takes messages apart again: their attachments, and what the index knows of them. */
import { storeLimits } from '../../core/limits.js'
import type { AttachmentRow, Extraction, IndexText } from '../ops.js'
import type { Report } from './check.js'
import { extract } from './extract.js'
import { readAttachments } from './inside.js'
import { readStored } from './read-octets.js'
import { queryFor } from './search-job.js'
import type { Statements } from './statements.js'
import { bodyRow, headerRow } from './write-extraction.js'

interface Row {
  readonly blob: number
  readonly indexed: number
}

export function checkInside(dir: string, sql: Statements, report: Report): void {
  for (let after = 0; ; ) {
    const row = sql.get<Row>(
      'SELECT blob, indexed FROM extraction WHERE failed IS NULL AND blob > ? ORDER BY blob LIMIT 1',
      after,
    )
    if (row === undefined) return
    const made = takeApart(dir, sql, row.blob)
    if (made !== null) checkOne(sql, row, made, report)
    after = row.blob
  }
}

function checkOne(sql: Statements, { blob, indexed }: Row, made: Extraction, report: Report): void {
  const fix = { fix: 'extraction', blob } as const
  const kept = readAttachments(sql, blob)
  if (textOf(kept) !== textOf(made.attachments))
    report('attachments-stale', `blob ${blob} has ${made.attachments.length} attachments and others are listed`, fix)
  if (indexed === 2 && made.text.kind === 'text')
    report('search-index-stale', `the index should have blob ${blob}`, fix)
  if (indexed === 1 && !isIndexed(sql, blob, made.text))
    report('search-index-stale', `the index does not have the text of blob ${blob}`, fix)
}

/** null when it cannot be done: that has been reported already, or the message went meanwhile. */
function takeApart(dir: string, sql: Statements, blob: number): Extraction | null {
  try {
    const message = readStored(dir, sql, blob)
    return message === null ? null : extract(blob, message, true, storeLimits)
  } catch {
    return null
  }
}

const textOf = (rows: readonly AttachmentRow[]): string =>
  JSON.stringify(rows.map((row) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))

/** Some groups of characters from all over the text are looked up. */
function isIndexed(sql: Statements, blob: number, text: IndexText): boolean {
  if (text.kind !== 'text') return false
  const regions = [
    [headerRow(blob), text.header],
    [bodyRow(blob), text.body],
  ] as const
  return regions.every(([row, octets]) => {
    const query = queryFor(Buffer.from(octets).toString())
    const sought = 'SELECT 1 FROM search_index WHERE search_index MATCH ? AND rowid = ?'
    return query === null || sql.get(sought, query, row) !== undefined
  })
}
