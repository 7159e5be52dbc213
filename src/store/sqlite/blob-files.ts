/**
 * Messages of 1 MiB and more, as files DATA/blobs/ab/cd/<sha256>. Only the writer places and removes them.
 *
 * A file is renamed into place and its folders are synced before the commit that refers to it; a file is
 * removed after the commit that erased its row. What a crash or a rollback leaves in between has no row,
 * and is removed by `sweep` then, or at the next start.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const blobFolder = (dir: string): string => join(dir, 'blobs')
export const spoolFolder = (dir: string): string => join(dir, 'spool')

export const blobPath = (dir: string, sha256: string): string =>
  join(blobFolder(dir), sha256.slice(0, 2), sha256.slice(2, 4), sha256)

export class BlobFiles {
  readonly dir: string
  /** Renamed into place, folder entries not yet known to be on disk. */
  readonly #unsynced = new Set<string>()
  /** Contents whose file may by now have no row. */
  readonly #doubtful = new Set<string>()

  constructor(dir: string) {
    this.dir = dir
  }

  /** Moves a synced file into place. Also fine when an attempt that was undone has done so before. */
  place(temporary: string, sha256: string): void {
    const path = blobPath(this.dir, sha256)
    this.#doubtful.add(sha256)
    this.#makeFolder(dirname(path))
    if (existsSync(temporary) || !existsSync(path)) renameSync(temporary, path)
    this.#unsynced.add(dirname(path))
  }

  /** Call once the row of `sha256` is about to go. */
  doubt(sha256: string): void {
    this.#doubtful.add(sha256)
  }

  /** Makes what `place` did survive a power cut. Call before the commit. */
  sync(): void {
    for (const folder of this.#unsynced) syncFolder(folder)
    this.#unsynced.clear()
  }

  /** Removes the doubtful files that have no row. Call when no transaction is open. It never throws. */
  sweep(hasRow: (sha256: string) => boolean): void {
    for (const sha256 of this.#doubtful) {
      try {
        if (!hasRow(sha256)) rmSync(blobPath(this.dir, sha256), { force: true })
        this.#doubtful.delete(sha256)
      } catch {
        // The disk refuses: tried again after the next batch, and at the next start.
      }
    }
  }

  /** Makes each missing folder and leaves its parent to `sync`. */
  #makeFolder(folder: string): void {
    if (existsSync(folder)) return
    this.#makeFolder(dirname(folder))
    mkdirSync(folder, { mode: 0o700 })
    this.#unsynced.add(dirname(folder))
  }
}

/** All files below DATA/blobs, whatever their names. */
export function* listBlobFiles(dir: string): Generator<{ readonly name: string; readonly path: string }> {
  for (const entry of readdirSync(blobFolder(dir), { recursive: true, withFileTypes: true })) {
    if (!entry.isDirectory()) yield { name: entry.name, path: join(entry.parentPath, entry.name) }
  }
}

/** Makes names in `folder` survive a power cut: fsync of a file does not cover its name. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
