/** The part of `store check` that reads every message: hash, size, and the index made again. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { MessageKeys } from '../../message/message-keys.js'
import { MessageIndexer } from '../../message/structure.js'
import { blobPath } from './blob-files.js'
import type { Report } from './check.js'
import { openReader } from './connection.js'
import { encodeParts } from './index-codec.js'
import { readKeys } from './message-keys.js'
import type { Statements } from './statements.js'

const PIECE_OCTETS = 256 * 1024

interface BlobRow {
  readonly id: number
  readonly sha256: Buffer
  readonly size: number
  readonly file: number
}

interface IndexRow {
  readonly envelope: Buffer
  readonly body: Buffer
  readonly bodyStructure: Buffer
  readonly messageId: string | null
  readonly receivedFields: number
  readonly parts: string
}

export function checkContents(dir: string, sql: Statements, report: Report): void {
  for (let after = 0; ; ) {
    const blob = sql.get<BlobRow>('SELECT id, sha256, size, file FROM blob WHERE id > ? ORDER BY id LIMIT 1', after)
    if (blob === undefined) return
    checkContent(dir, sql, blob, report)
    after = blob.id
  }
}

function checkContent(dir: string, sql: Statements, blob: BlobRow, report: Report): void {
  const hash = createHash('sha256')
  const indexer = new MessageIndexer()
  let size = 0
  try {
    for (const octets of contentOf(dir, sql, blob)) {
      hash.update(octets)
      indexer.push(octets)
      size += octets.length
    }
  } catch (error) {
    if (stillThere(dir, blob))
      report('blob-missing', `blob ${blob.id}: ${error instanceof Error ? error.message : error}`)
    return
  }
  if (size !== blob.size) report('blob-size', `blob ${blob.id} says ${blob.size} octets and has ${size}`)
  const digest = hash.digest()
  if (!digest.equals(blob.sha256)) {
    report('blob-content', `blob ${blob.id} has SHA-256 ${digest.toString('hex')}, not ${blob.sha256.toString('hex')}`)
    return
  }
  checkIndex(sql, blob.id, indexer, report)
  checkKeys(sql, blob.id, indexer.keys, report)
}

function* contentOf(dir: string, sql: Statements, blob: BlobRow): Generator<Uint8Array> {
  if (blob.file === 1) {
    yield* fileContent(blobPath(dir, blob.sha256.toString('hex')))
    return
  }
  const row = sql.get<{ octets: Buffer }>('SELECT octets FROM blob_content WHERE blob = ?', blob.id)
  if (row === undefined) throw new Error('it has no content')
  yield row.octets
}

function* fileContent(path: string): Generator<Uint8Array> {
  const fd = openSync(path, 'r')
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_OCTETS)
      const n = readSync(fd, piece)
      if (n === 0) return
      yield piece.subarray(0, n)
    }
  } finally {
    closeSync(fd)
  }
}

/** False when the blob was erased after our snapshot, which takes its file away too. */
function stillThere(dir: string, blob: BlobRow): boolean {
  const now = openReader(dir)
  try {
    return now.prepare('SELECT 1 FROM blob WHERE id = ?').get(blob.id) !== undefined
  } finally {
    now.close()
  }
}

function checkIndex(sql: Statements, blob: number, indexer: MessageIndexer, report: Report): void {
  const row = sql.get<IndexRow>(
    `SELECT envelope, body, body_structure AS bodyStructure, message_id AS messageId,
       received_fields AS receivedFields, parts
     FROM blob_index WHERE blob = ?`,
    blob,
  )
  if (row === undefined) {
    report('index-missing', `blob ${blob} has no index`)
    return
  }
  const index = indexer.end()
  const differs = [
    row.envelope.toString('latin1') !== index.envelope && 'ENVELOPE',
    row.body.toString('latin1') !== index.body && 'BODY',
    row.bodyStructure.toString('latin1') !== index.bodyStructure && 'BODYSTRUCTURE',
    row.messageId !== index.messageId && 'Message-ID',
    row.receivedFields !== index.receivedFields && 'Received fields',
    row.parts !== encodeParts(index.root) && 'part ranges',
  ].filter((what) => what !== false)
  if (differs.length > 0) report('index-stale', `the index of blob ${blob} has another ${differs.join(', ')}`)
}

function checkKeys(sql: Statements, blob: number, keys: MessageKeys, report: Report): void {
  const kept = readKeys(sql, blob)
  if (kept === null) report('keys-missing', `blob ${blob} has no sort keys`)
  else if (!isDeepStrictEqual(kept, keys)) report('keys-stale', `blob ${blob} has other sort keys`)
}
