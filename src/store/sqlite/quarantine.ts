/**
 * DATA/quarantine: what `store repair` takes out of the data. Octets lie under the SHA-256 that their row names
 * (which those of a damaged message do not have), records are JSON, one file each. Everything is synced before the
 * commit that takes it out of the data, and written again without harm when that commit is undone.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from './blob-files.js'

export const quarantineFolder = (dir: string): string => join(dir, 'quarantine')

/** @returns the path. `name` has no folders in it. */
export function quarantineOctets(dir: string, name: string, octets: Uint8Array): string {
  return write(dir, `${name}.eml`, octets)
}

/** @returns the path */
export function quarantineRecord(dir: string, name: string, record: object): string {
  return write(dir, `${name}.json`, Buffer.from(`${JSON.stringify(record, asText, 2)}\n`))
}

/** Keeps the file `from` under the name `to`; `from` stays. @returns the path, or null when there is no such file */
export function quarantineCopy(dir: string, from: string, to: string): string | null {
  if (!existsSync(from)) return null
  const folder = make(dir)
  const path = join(folder, to)
  rmSync(path, { force: true })
  try {
    linkSync(from, path)
  } catch {
    // A file system without hard links.
    copyFileSync(from, path)
  }
  syncFile(path)
  syncFolder(folder)
  return path
}

/** Moves a file that belongs to nothing. @returns the path, or null when it has gone */
export function quarantineFile(dir: string, from: string): string | null {
  if (!existsSync(from)) return null
  const folder = make(dir)
  const path = join(folder, `orphan-${basename(from)}`)
  renameSync(from, path)
  syncFolder(folder)
  syncFolder(dirname(from))
  return path
}

function write(dir: string, name: string, octets: Uint8Array): string {
  const folder = make(dir)
  const path = join(folder, name)
  const fd = openSync(path, 'w', 0o600)
  try {
    for (let at = 0; at < octets.length; ) at += writeSync(fd, octets, at)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  syncFolder(folder)
  return path
}

function make(dir: string): string {
  const folder = quarantineFolder(dir)
  if (existsSync(folder)) return folder
  mkdirSync(folder, { mode: 0o700 })
  syncFolder(dir)
  return folder
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Octets of a row as hex: JSON has none. */
const asText = (_name: string, value: unknown): unknown =>
  value instanceof Object && 'type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data)
    ? Buffer.from(value.data).toString('hex')
    : value
