/** What was found inside of messages, inside the writer's transactions. */
import type { AttachmentRow, Extraction } from '../ops.js'
import type { Statements } from './statements.js'
import type { Apply, WriteContext } from './write-context.js'

/** Rows of search_index that belong to a blob: its header fields, and its text. */
export const headerRow = (blob: number): number => 2 * blob
export const bodyRow = (blob: number): number => 2 * blob + 1

/** A blob that is gone by now is passed over; one that was taken apart before gets new rows. */
export const recordExtractions: Apply<'record-extractions'> = (cx, { extractions }) => {
  for (const extraction of extractions) {
    if (cx.sql.get('SELECT 1 FROM blob WHERE id = ?', extraction.blob) === undefined) continue
    forgetExtraction(cx.sql, extraction.blob)
    record(cx, extraction)
  }
  return null
}

function record({ sql }: WriteContext, { blob, failed, attachments, text }: Extraction): void {
  const indexed = text.kind === 'text' ? 1 : text.kind === 'too-long' ? 2 : 0
  sql.run('INSERT INTO extraction (blob, failed, indexed) VALUES (?, ?, ?)', blob, failed, indexed)
  attachments.forEach((attachment, position) => {
    insertAttachment(sql, blob, position, attachment)
  })
  if (text.kind !== 'text') return
  const insert = 'INSERT INTO search_index (rowid, text) VALUES (?, CAST(? AS TEXT))'
  sql.run(insert, headerRow(blob), text.header)
  sql.run(insert, bodyRow(blob), text.body)
}

function insertAttachment(sql: Statements, blob: number, position: number, row: AttachmentRow): void {
  sql.run(
    `INSERT INTO attachment
       (blob, position, part, name, type, disposition, content_id, size, sha256, encoding, start_at, end_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[blob, position, row.part, row.name, row.type, row.disposition, row.contentId, row.size],
    ...[Buffer.from(row.sha256, 'hex'), row.encoding, row.start, row.end],
  )
}

/**
 * Forgets all that was found inside of messages, however damaged the index is, so that every message is taken apart
 * again. Tables are emptied as a whole, which takes no longer for a million messages.
 */
export function forgetAllExtractions(sql: Statements): void {
  sql.run('DELETE FROM extraction')
  sql.run('DELETE FROM attachment')
  sql.run("INSERT INTO search_index (search_index) VALUES ('delete-all')")
}

/** Call in the transaction that erases the blob, too. */
export function forgetExtraction(sql: Statements, blob: number): void {
  const row = sql.get<{ indexed: number }>('DELETE FROM extraction WHERE blob = ? RETURNING indexed', blob)
  if (row === undefined) return
  sql.run('DELETE FROM attachment WHERE blob = ?', blob)
  if (row.indexed === 1) sql.run('DELETE FROM search_index WHERE rowid IN (?, ?)', headerRow(blob), bodyRow(blob))
}
