/** What `store repair` does about contents that lost their rows, inside the writer's transactions. */
import { createHash } from 'node:crypto'
import type { FixOf } from '../fixes.js'
import type { WriteContext } from './write-context.js'
import { forgetExtraction } from './write-extraction.js'

/** From the content that lies in the database. References are counted by the next round. */
export function makeBlobRow(cx: WriteContext, { blob }: FixOf<'blob-row'>): string | null {
  const row = cx.sql.get<{ octets: Buffer }>(
    `SELECT octets FROM blob_content c WHERE blob = ? AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.id = c.blob)`,
    blob,
  )
  if (row === undefined) return null
  const sha256 = createHash('sha256').update(row.octets).digest()
  const twin = cx.sql.get<{ id: number }>('SELECT id FROM blob WHERE sha256 = ?', sha256)
  if (twin !== undefined) return joinTwin(cx, blob, twin.id)
  cx.sql.run('INSERT INTO blob (id, sha256, size, refs, file) VALUES (?, ?, ?, 0, 0)', blob, sha256, row.octets.length)
  return `blob ${blob}: row made again from its octets`
}

/** The same content has come again since its row was lost. */
function joinTwin(cx: WriteContext, lost: number, twin: number): string {
  for (const table of ['message', 'queue_message']) {
    const moved = cx.sql.run(`UPDATE ${table} SET blob = ? WHERE blob = ?`, twin, lost)
    cx.sql.run('UPDATE blob SET refs = refs + ? WHERE id = ?', moved, twin)
  }
  cx.sql.run('DELETE FROM blob_content WHERE blob = ?', lost)
  cx.sql.run('DELETE FROM blob_index WHERE blob = ?', lost)
  cx.sql.run('DELETE FROM blob_keys WHERE blob = ?', lost)
  forgetExtraction(cx.sql, lost)
  return `blob ${lost}: the same as blob ${twin}, joined with it`
}
