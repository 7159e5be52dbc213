/** Reads the stored octets of one message: from its row, or from its file in pieces. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { BlobId } from '../../core/ids.js'
import type { StoreError } from '../errors.js'
import type { Holds } from '../feed.js'
import type { StorageTrouble } from '../storage-health.js'
import type { StorageWatch } from '../storage-watch.js'
import type { BlobReader } from '../store.js'
import { blobPath } from './blob-files.js'
import { unavailable } from './disk-refusal.js'
import type { Statements } from './statements.js'

const PIECE_OCTETS = 64 * 1024

interface BlobRow {
  readonly sha256: Buffer
  readonly size: number
  readonly octets: Buffer | null
}

interface BlobParts {
  readonly dir: string
  readonly sql: Statements
  /** Keeps the content from being erased while a stream runs. */
  readonly holds: Holds
  readonly watch: StorageWatch
}

/** @throws 'unavailable' when its file is not there */
export async function openBlob({ dir, sql, holds, watch }: BlobParts, blob: BlobId): Promise<BlobReader | null> {
  const row = sql.get<BlobRow>(
    `SELECT b.sha256, b.size, c.octets FROM blob b LEFT JOIN blob_content c ON c.blob = b.id WHERE b.id = ?`,
    blob,
  )
  if (row === undefined) return null
  if (row.octets !== null) return new InlineBlob(row.octets)
  const file = new BlobFile(blobPath(dir, row.sha256.toString('hex')), watch)
  const found = await file.try(stat(file.path))
  if (found.size !== row.size) throw file.damaged(`${file.path} has ${found.size} octets instead of ${row.size}`)
  watch.readable(file.path)
  return new FileBlob(file, row.size, blob, holds)
}

/** One file, and what is told of it. */
class BlobFile {
  readonly path: string
  readonly #watch: StorageWatch

  constructor(path: string, watch: StorageWatch) {
    this.path = path
    this.#watch = watch
  }

  async try<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work
      this.#watch.worked('read', 'blobs')
      return result
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      throw this.#failed(code === 'ENOENT' || code === 'ENOTDIR' ? 'damaged' : 'refused', message)
    }
  }

  /** To be thrown. */
  damaged(detail: string): StoreError {
    return this.#failed('damaged', detail)
  }

  #failed(trouble: StorageTrouble, error: string): StoreError {
    this.#watch.failed({ trouble, operation: 'read', place: 'blobs', path: this.path, error })
    return unavailable(error)
  }
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
  readonly #file: BlobFile
  readonly #blob: BlobId
  readonly #holds: Holds

  constructor(file: BlobFile, size: number, blob: BlobId, holds: Holds) {
    this.#file = file
    this.size = size
    this.#blob = blob
    this.#holds = holds
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    this.#holds.add(this.#blob)
    try {
      const file = await this.#file.try(open(this.#file.path, 'r'))
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
      const { bytesRead } = await this.#file.try(file.read(piece, 0, piece.length, at))
      if (bytesRead === 0) throw this.#file.damaged(`${this.#file.path} ends at octet ${at}`)
      yield piece.subarray(0, bytesRead)
      at += bytesRead
    }
  }
}
