/** Copies files for backup and restore: hashed on the way, on disk when it is done, for their owner alone. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder } from './blob-files.js'

const PIECE_OCTETS = 1024 * 1024
/** Written and not yet synced: with more, the sync of a commit to the same disk would wait for us. */
const UNSYNCED_OCTETS = 16 * 1024 * 1024

export interface Copied {
  readonly octets: number
  /** Lower-case hex. */
  readonly sha256: string
}

/** One pass of copying: remembers which folders have new names in them. */
export class Copier {
  readonly #unsynced = new Set<string>()

  /** Makes missing folders as well. What is at `to` is overwritten. */
  copy(from: string, to: string): Copied {
    this.makeFolder(dirname(to))
    const source = openSync(from, 'r')
    try {
      const target = openSync(to, 'w', 0o600)
      try {
        return pump(source, target)
      } finally {
        closeSync(target)
      }
    } finally {
      closeSync(source)
    }
  }

  /**
   * Copies a file whose name is its hash: at `to` is all of it or nothing.
   * @returns octets, or null when it is not what its name says; then nothing is at `to`
   */
  copyNamed(from: string, to: string, sha256: string): number | null {
    const temporary = `${to}.part`
    const copied = this.copy(from, temporary)
    if (copied.sha256 !== sha256) {
      rmSync(temporary)
      return null
    }
    renameSync(temporary, to)
    return copied.octets
  }

  /** Copies the file or folder `name` of `from`. Links are followed; what goes meanwhile, or leads nowhere, is left out. */
  copyTree(from: string, name: string, to: string): (Copied & { readonly path: string })[] {
    return filesBelow(from, name).flatMap((path) => {
      try {
        return [{ path, ...this.copy(join(from, path), join(to, path)) }]
      } catch (error) {
        if (isMissing(error)) return []
        throw error
      }
    })
  }

  makeFolder(folder: string): void {
    this.#unsynced.add(folder)
    if (existsSync(folder)) return
    this.makeFolder(dirname(folder))
    mkdirSync(folder, { mode: 0o700 })
  }

  /** Makes the names of all that was copied survive a power cut. */
  sync(): void {
    for (const folder of this.#unsynced) syncFolder(folder)
    this.#unsynced.clear()
  }
}

function pump(source: number, target: number): Copied {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(PIECE_OCTETS)
  let octets = 0
  let unsynced = 0
  for (;;) {
    const n = readSync(source, piece)
    if (n === 0) break
    const read = piece.subarray(0, n)
    hash.update(read)
    writeAll(target, read)
    octets += n
    unsynced += n
    if (unsynced >= UNSYNCED_OCTETS) {
      fsyncSync(target)
      unsynced = 0
    }
  }
  fsyncSync(target)
  return { octets, sha256: hash.digest('hex') }
}

function writeAll(fd: number, octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) at += writeSync(fd, octets, at)
}

/** `name` itself, or all files below it, as paths from `folder`. */
function filesBelow(folder: string, name: string): string[] {
  const found = statSync(join(folder, name), { throwIfNoEntry: false })
  if (found?.isFile()) return [name]
  if (!found?.isDirectory()) return []
  return readdirSync(join(folder, name)).flatMap((inner) => filesBelow(folder, join(name, inner)))
}

/** A small file, whole and on disk. Its name is the caller's to sync. */
export function writeSynced(path: string, octets: Uint8Array): void {
  const fd = openSync(path, 'w', 0o600)
  try {
    writeAll(fd, octets)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

export function hashFile(path: string): Copied {
  const fd = openSync(path, 'r')
  try {
    const hash = createHash('sha256')
    const piece = Buffer.allocUnsafe(PIECE_OCTETS)
    let octets = 0
    for (let n = readSync(fd, piece); n > 0; n = readSync(fd, piece)) {
      hash.update(piece.subarray(0, n))
      octets += n
    }
    return { octets, sha256: hash.digest('hex') }
  } finally {
    closeSync(fd)
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
