/** Reads the stored octets of one message: from its row, or from its file in pieces. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { BlobId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import type { Holds } from '../feed.js'
import type { BlobReader } from '../store.js'
import { blobPath } from './blob-files.js'
import type { Statements } from './statements.js'

const PIECE_OCTETS = 64 * 1024

interface BlobRow {
  readonly sha256: Buffer
  readonly size: number
  readonly octets: Buffer | null
}

/** `holds` keeps the content from being erased while a stream runs. @throws 'unavailable' when its file is not there */
export async function openBlob(dir: string, sql: Statements, blob: BlobId, holds: Holds): Promise<BlobReader | null> {
  const row = sql.get<BlobRow>(
    `SELECT b.sha256, b.size, c.octets FROM blob b LEFT JOIN blob_content c ON c.blob = b.id WHERE b.id = ?`,
    blob,
  )
  if (row === undefined) return null
  if (row.octets !== null) return new InlineBlob(row.octets)
  const path = blobPath(dir, row.sha256.toString('hex'))
  const found = await fromDisk(stat(path))
  if (found.size !== row.size) throw unavailable(`${path} has ${found.size} octets instead of ${row.size}`)
  return new FileBlob(path, row.size, blob, holds)
}

class InlineBlob implements BlobReader {
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get size(): number {
    return this.bytes.length
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    const last = Math.min(end, this.size)
    for (let at = start; at < last; at += PIECE_OCTETS) yield this.bytes.subarray(at, Math.min(at + PIECE_OCTETS, last))
  }
}

class FileBlob implements BlobReader {
  readonly bytes = null
  readonly size: number
  readonly #path: string
  readonly #blob: BlobId
  readonly #holds: Holds

  constructor(path: string, size: number, blob: BlobId, holds: Holds) {
    this.#path = path
    this.size = size
    this.#blob = blob
    this.#holds = holds
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    this.#holds.add(this.#blob)
    try {
      const file = await fromDisk(open(this.#path, 'r'))
      try {
        yield* this.#pieces(file, start, Math.min(end, this.size))
      } finally {
        await file.close()
      }
    } finally {
      this.#holds.release(this.#blob)
    }
  }

  async *#pieces(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_OCTETS, end - at))
      const { bytesRead } = await fromDisk(file.read(piece, 0, piece.length, at))
      if (bytesRead === 0) throw unavailable(`${this.#path} ends at octet ${at}`)
      yield piece.subarray(0, bytesRead)
      at += bytesRead
    }
  }
}

const unavailable = (detail: string): StoreError => new StoreError('unavailable', detail)

async function fromDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw unavailable(error instanceof Error ? error.message : String(error))
  }
}
