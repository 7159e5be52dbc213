/** The part of `store check` that reads every message: hash, size, and the index made again. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { MailboxId, Uid } from '../../core/ids.js'
import type { MessageKeys } from '../../message/message-keys.js'
import { MessageIndexer } from '../../message/structure.js'
import type { Fix } from '../fixes.js'
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

interface Damage {
  readonly kind: string
  readonly detail: string
}

export function checkContents(dir: string, sql: Statements, report: Report): void {
  const damaged = new Map<number, Damage>()
  for (let after = 0; ; ) {
    const blob = sql.get<BlobRow>('SELECT id, sha256, size, file FROM blob WHERE id > ? ORDER BY id LIMIT 1', after)
    if (blob === undefined) break
    const damage = checkContent(dir, sql, blob, report)
    if (damage !== null) damaged.set(blob.id, damage)
    after = blob.id
  }
  if (damaged.size > 0) reportDamaged(sql, damaged, report)
}

/** One search for all messages with a damaged content. */
function reportDamaged(sql: Statements, damaged: ReadonlyMap<number, Damage>, report: Report): void {
  const fixes = new Map<number, Fix[]>([...damaged.keys()].map((blob) => [blob, []]))
  const ids = JSON.stringify([...damaged.keys()])
  const reason = (blob: number): string => damaged.get(blob)?.detail ?? ''
  const filed = sql.all<{ blob: number; mailbox: MailboxId; uid: Uid }>(
    'SELECT blob, mailbox, uid FROM message WHERE blob IN (SELECT value FROM json_each(?)) ORDER BY mailbox, uid',
    ids,
  )
  for (const { blob, mailbox, uid } of filed)
    fixes.get(blob)?.push({ fix: 'quarantine-message', mailbox, uid, reason: reason(blob) })
  const queued = sql.all<{ blob: number; id: string }>(
    'SELECT blob, id FROM queue_message WHERE blob IN (SELECT value FROM json_each(?))',
    ids,
  )
  for (const { blob, id } of queued) fixes.get(blob)?.push({ fix: 'quarantine-queued', id, reason: reason(blob) })
  for (const [blob, { kind, detail }] of damaged)
    report(kind, detail, ...(fixes.get(blob) ?? []), { fix: 'quarantine-blob', blob, reason: detail })
}

/** @returns what is wrong with the octets; anything else is reported at once */
function checkContent(dir: string, sql: Statements, blob: BlobRow, report: Report): Damage | null {
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
    const detail = `blob ${blob.id}: ${error instanceof Error ? error.message : error}`
    return stillThere(dir, blob) ? { kind: 'blob-missing', detail } : null
  }
  const digest = hash.digest()
  if (!digest.equals(blob.sha256)) {
    const had = `${size} octets with SHA-256 ${digest.toString('hex')}`
    const detail = `blob ${blob.id} has ${had}, not ${blob.size} with ${blob.sha256.toString('hex')}`
    return { kind: 'blob-content', detail }
  }
  if (size !== blob.size) {
    const detail = `blob ${blob.id} says ${blob.size} octets and has ${size}`
    report('blob-size', detail, { fix: 'blob-size', blob: blob.id, size })
  }
  checkIndex(sql, blob.id, indexer, report)
  checkKeys(sql, blob.id, indexer.keys, report)
  return null
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
  const { root, ...index } = indexer.end()
  const derived = { ...index, parts: encodeParts(root) }
  const fix = { fix: 'index', blob, index: derived } as const
  if (row === undefined) {
    report('index-missing', `blob ${blob} has no index`, fix)
    return
  }
  const differs = [
    row.envelope.toString('latin1') !== derived.envelope && 'ENVELOPE',
    row.body.toString('latin1') !== derived.body && 'BODY',
    row.bodyStructure.toString('latin1') !== derived.bodyStructure && 'BODYSTRUCTURE',
    row.messageId !== derived.messageId && 'Message-ID',
    row.receivedFields !== derived.receivedFields && 'Received fields',
    row.parts !== derived.parts && 'part ranges',
  ].filter((what) => what !== false)
  if (differs.length > 0) report('index-stale', `the index of blob ${blob} has another ${differs.join(', ')}`, fix)
}

function checkKeys(sql: Statements, blob: number, keys: MessageKeys, report: Report): void {
  const kept = readKeys(sql, blob)
  const fix = { fix: 'keys', blob, keys } as const
  if (kept === null && isUnkeyed(sql, blob)) return
  if (kept === null) report('keys-missing', `blob ${blob} has no sort keys`, fix)
  else if (!isDeepStrictEqual(kept, keys)) report('keys-stale', `blob ${blob} has other sort keys`, fix)
}

/** Its keys are still to be made: it came before there were any. */
const isUnkeyed = (sql: Statements, blob: number): boolean =>
  sql.get('SELECT 1 FROM unkeyed WHERE blob = ?', blob) !== undefined
