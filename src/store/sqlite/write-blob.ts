/** Blobs and their references, inside the writer's transactions. */
import { readFileSync, statSync } from 'node:fs'
import type { BlobId } from '../../core/ids.js'
import type { DerivedIndex } from '../fixes.js'
import type { BlobData, Effects } from '../ops.js'
import { blobPath } from './blob-files.js'
import { writeKeys } from './message-keys.js'
import type { Apply, WriteContext } from './write-context.js'
import { forgetExtraction } from './write-extraction.js'

/** Stores content once and adds `refs` references to it. One that waits to be erased is simply taken again. */
export function storeBlob(cx: WriteContext, blob: BlobData, refs: number): BlobId {
  const sha256 = Buffer.from(blob.sha256, 'hex')
  return insertBlob(cx, blob, sha256, refs) ?? takeKnown(cx, blob, sha256, refs)
}

function takeKnown(cx: WriteContext, blob: BlobData, sha256: Buffer, refs: number): BlobId {
  const known = cx.sql.get<{ id: BlobId; file: number }>(
    'UPDATE blob SET refs = refs + ? WHERE sha256 = ? RETURNING id, file',
    refs,
    sha256,
  )
  if (known === undefined) throw new Error(`blob ${blob.sha256} is neither there nor new`)
  if (known.file === 1) replaceLost(cx, blob)
  else replaceDamaged(cx, known.id, blob)
  return known.id
}

/** What arrives now is not lost because an earlier copy was: its file takes the place of one that is gone or cut short. */
function replaceLost({ files }: WriteContext, { content, sha256, size }: BlobData): void {
  if (content.kind !== 'file') return
  const kept = statSync(blobPath(files.dir, sha256), { throwIfNoEntry: false })
  if (kept?.size !== size) files.place(content.path, sha256)
}

/** Likewise in the database, where they are held against each other. */
const replaceDamaged = ({ sql }: WriteContext, id: BlobId, blob: BlobData): number =>
  sql.run(
    `INSERT INTO blob_content (blob, octets) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET octets = excluded.octets WHERE octets <> excluded.octets`,
    id,
    octetsOf(blob),
  )

/** A small message is in a file when the memory for arriving mail was used up. */
const octetsOf = ({ content }: BlobData): Uint8Array =>
  content.kind === 'memory' ? content.bytes : readFileSync(content.path)

/** null: it is there already, which is rare enough not to be looked for first. */
function insertBlob(cx: WriteContext, blob: BlobData, sha256: Buffer, refs: number): BlobId | null {
  const asFile = blob.content.kind === 'file' && blob.size >= cx.limits.inlineBlobOctets
  const id = cx.sql.insertNew(
    'INSERT INTO blob (sha256, size, refs, file) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING',
    sha256,
    blob.size,
    refs,
    Number(asFile),
  )
  if (id === null) return null
  if (blob.content.kind === 'file' && asFile) cx.files.place(blob.content.path, blob.sha256)
  else {
    cx.sql.run('INSERT INTO blob_content (blob, octets) VALUES (?, ?)', id, octetsOf(blob))
  }
  insertIndex(cx, id, blob)
  writeKeys(cx.sql, id, blob.keys)
  return id as BlobId
}

export function insertIndex(cx: WriteContext, id: number, index: DerivedIndex): void {
  cx.sql.run(
    `INSERT INTO blob_index (blob, envelope, body, body_structure, message_id, received_fields, parts)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    id,
    Buffer.from(index.envelope, 'latin1'),
    Buffer.from(index.body, 'latin1'),
    Buffer.from(index.bodyStructure, 'latin1'),
    index.messageId,
    index.receivedFields,
    index.parts,
  )
}

/** Takes one reference away. The content stays until an 'erase' finds that nobody needs it any more. */
export function releaseBlob(cx: WriteContext, id: BlobId, effects: Effects): void {
  const row = cx.sql.get<{ refs: number }>('UPDATE blob SET refs = refs - 1 WHERE id = ? RETURNING refs', id)
  if (row?.refs === 0) effects.unreferenced.push(id)
}

/**
 * Of a row of blob. The count alone is not trusted, for what is erased is lost: where it is wrong, `store check` tells and
 * the content is what a repair needs.
 */
export const UNREFERENCED = `refs = 0 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.blob = blob.id)
  AND NOT EXISTS (SELECT 1 FROM queue_message q WHERE q.blob = blob.id)`

/** Whether a blob has no references is decided here alone, so a new reference can never be overtaken. */
export const erase: Apply<'erase'> = (cx, { blobs }) => {
  let count = 0
  let octets = 0
  for (const id of blobs) {
    const row = cx.sql.get<{ sha256: Buffer; size: number; file: number }>(
      `DELETE FROM blob WHERE id = ? AND ${UNREFERENCED} RETURNING sha256, size, file`,
      id,
    )
    if (row === undefined) continue
    cx.sql.run('DELETE FROM blob_content WHERE blob = ?', id)
    cx.sql.run('DELETE FROM blob_index WHERE blob = ?', id)
    forgetExtraction(cx.sql, id)
    cx.sql.run('DELETE FROM blob_keys WHERE blob = ?', id)
    if (row.file === 1) cx.files.doubt(row.sha256.toString('hex'))
    count++
    octets += row.size
  }
  return { count, octets }
}

/** They go when no transaction is open, by `BlobFiles.sweep`, unless they have a row by then. */
export const dropFiles: Apply<'drop-files'> = (cx, { names }) => {
  let count = 0
  let octets = 0
  for (const name of names) {
    const found = statSync(blobPath(cx.files.dir, name), { throwIfNoEntry: false })
    if (found === undefined || hasBlob(cx, name)) continue
    cx.files.doubt(name)
    count++
    octets += found.size
  }
  return { count, octets }
}

export const hasBlob = (cx: WriteContext, sha256: string): boolean =>
  cx.sql.get('SELECT 1 FROM blob WHERE sha256 = ?', Buffer.from(sha256, 'hex')) !== undefined
