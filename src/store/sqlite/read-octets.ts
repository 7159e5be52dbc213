/** The octets of a stored message for threads that may wait for the disk: the row, or pieces of the file. */
import { closeSync, openSync, readSync } from 'node:fs'
import type { PartIndex, Range } from '../../message/index-types.js'
import type { OctetsOf } from '../../message/part-walk.js'
import { StoreError } from '../errors.js'
import { blobPath } from './blob-files.js'
import { decodeParts } from './index-codec.js'
import type { Statements } from './statements.js'

const PIECE_OCTETS = 64 * 1024

interface BlobRow {
  readonly sha256: Buffer
  readonly size: number
  readonly octets: Buffer | null
  readonly parts: string
}

export interface StoredMessage {
  readonly size: number
  readonly root: PartIndex
  /** The same pieces at each reading. */
  readonly octets: OctetsOf
}

/** null when the blob is gone, or has no index: `store repair` makes one. */
export function readStored(dir: string, sql: Statements, blob: number): StoredMessage | null {
  const row = sql.get<BlobRow>(
    `SELECT b.sha256, b.size, c.octets, i.parts FROM blob b JOIN blob_index i ON i.blob = b.id
       LEFT JOIN blob_content c ON c.blob = b.id WHERE b.id = ?`,
    blob,
  )
  if (row === undefined) return null
  const { octets: inline } = row
  const path = blobPath(dir, row.sha256.toString('hex'))
  const octets: OctetsOf = inline === null ? (range) => filePieces(path, range) : (range) => rowPieces(inline, range)
  return { size: row.size, root: decodeParts(row.parts), octets }
}

function* rowPieces(octets: Buffer, { start, end }: Range): Generator<Buffer> {
  for (let at = start; at < end; at += PIECE_OCTETS) yield octets.subarray(at, Math.min(at + PIECE_OCTETS, end))
}

/** @throws StoreError 'unavailable', also for a file that is not there */
function* filePieces(path: string, { start, end }: Range): Generator<Buffer> {
  const fd = fromDisk(() => openSync(path, 'r'))
  try {
    for (let at = start; at < end; at += PIECE_OCTETS) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_OCTETS, end - at))
      if (fromDisk(() => readSync(fd, piece, 0, piece.length, at)) < piece.length)
        throw new StoreError('unavailable', `${path} ends before octet ${end}`)
      yield piece
    }
  } finally {
    closeSync(fd)
  }
}

function fromDisk<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new StoreError('unavailable', detail, { cause: error })
  }
}
