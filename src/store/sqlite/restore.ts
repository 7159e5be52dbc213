/**
 * `store restore`: makes a data folder from a backup. Everything is copied into DATA/restoring and held against its
 * hash on the way; then it is moved up, the database last. A folder with `restoring` in it is not served.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import Database from 'better-sqlite3'
import { CareError } from '../care.js'
import { StoreHalfRestored, StoreLocked } from '../errors.js'
import { Copier, isMissing } from './backup-copy.js'
import { blobRows } from './backup-database.js'
import { lockBackupForReading, MANIFEST, type Manifest, readManifest } from './backup-folder.js'
import { blobPath, syncFolder } from './blob-files.js'
import { databasePath, openReader } from './connection.js'
import { lockFolder } from './lock.js'
import { migrations } from './schema.js'
import { Statements } from './statements.js'

export interface RestoreRequest {
  /** The folder of the backup. */
  readonly backup: string
  /** The data folder: empty, or not there yet. */
  readonly dir: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /**
   * True: clients go on where they were. Only for a backup behind which nothing happened, as when a server moves.
   * Else UIDs that were given after the backup would be given again, so every mailbox gets a new UIDVALIDITY
   * (RFC 3501 §2.3.1.1).
   */
  readonly keepUidValidity: boolean
}

const STAGING = 'restoring'
/** UIDVALIDITYs and ids: more than can have been given between a backup and the loss of the data. */
const IDS_PASSED_OVER = 1_000_000
/** What a lock leaves behind, and what some file systems have in an empty folder. */
const NOTHING = ['lock.db', 'lock.db-journal', 'posthorn.pid', 'lost+found']

/** @returns what the backup says of itself. @throws CareError; errors of the file system */
export function restore(request: RestoreRequest): Manifest {
  const { backup, dir } = request
  const manifest = requireBackup(backup)
  if (`${resolve(dir)}${sep}`.startsWith(`${resolve(backup)}${sep}`))
    throw new CareError('unusable-folder', `${dir} is in the backup ${backup}: name another data folder`)
  requireEmpty(dir)
  const releaseBackup = lockBackupForReading(backup)
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const unlock = lockData(dir)
    try {
      fill(request, manifest)
    } finally {
      unlock()
    }
  } finally {
    releaseBackup()
  }
  return manifest
}

/** Call under the lock of the folder. @throws StoreHalfRestored */
export function requireRestored(dir: string): void {
  if (existsSync(join(dir, STAGING))) throw new StoreHalfRestored(dir)
}

function requireBackup(backup: string): Manifest {
  const manifest = existsSync(backup) ? readManifest(backup) : null
  if (manifest === null)
    throw new CareError('unusable-folder', `${backup} has no finished backup in it: there is no ${MANIFEST}`)
  if (manifest.schema > migrations.length)
    throw new CareError('unusable-folder', `${backup} was made by release ${manifest.release}: use that or a later one`)
  return manifest
}

function requireEmpty(dir: string): void {
  if (!existsSync(dir)) return
  const names = readdirSync(dir).filter((name) => !NOTHING.includes(name))
  if (names.length === 0 || names.every((name) => name === STAGING)) return
  if (existsSync(join(dir, 'lock.db'))) lockData(dir)()
  const why = names.includes(STAGING) ? 'has half of an interrupted restore in it' : 'is not empty'
  throw new CareError('unusable-folder', `${dir} ${why}: remove it, or move it away, and restore again`)
}

function lockData(dir: string): () => void {
  try {
    return lockFolder(dir)
  } catch (error) {
    if (error instanceof StoreLocked) throw new CareError('busy', `${error.message}: stop it before you restore`)
    throw error
  }
}

function fill(request: RestoreRequest, manifest: Manifest): void {
  const { backup, dir, at, keepUidValidity } = request
  const staging = join(dir, STAGING)
  rmSync(staging, { recursive: true, force: true })
  try {
    const copier = new Copier()
    copier.makeFolder(staging)
    const data = join(backup, manifest.data)
    for (const file of [manifest.database, ...manifest.files]) copyChecked(copier, data, staging, file)
    copyMessages(copier, backup, staging)
    if (!keepUidValidity) renewUidValidity(staging, at)
    copier.sync()
  } catch (error) {
    rmSync(staging, { recursive: true, force: true })
    throw error
  }
  moveUp(staging, dir)
}

function copyChecked(
  copier: Copier,
  data: string,
  staging: string,
  { path, octets, sha256 }: Manifest['database'],
): void {
  const from = join(data, path)
  const copied = orDamaged(from, () => copier.copy(from, join(staging, path)))
  if (copied.sha256 !== sha256 || copied.octets !== octets) throw damaged(from, 'is not what was backed up')
}

function copyMessages(copier: Copier, backup: string, staging: string): void {
  const sql = new Statements(openReader(staging))
  try {
    for (const { sha256 } of blobRows(sql)) {
      const from = blobPath(backup, sha256)
      const octets = orDamaged(from, () => copier.copyNamed(from, blobPath(staging, sha256), sha256))
      if (octets === null) throw damaged(from, 'is not what was backed up')
    }
  } finally {
    sql.db.close()
  }
}

function orDamaged<T>(path: string, copy: () => T): T {
  try {
    return copy()
  } catch (error) {
    if (isMissing(error)) throw damaged(path, 'is not there')
    throw error
  }
}

const damaged = (path: string, what: string): CareError =>
  new CareError('damaged', `the backup is damaged: ${path} ${what}`)

/** Greater than any that can have been given since; nor are ids given again, by which clients know mailboxes (RFC 8474). */
function renewUidValidity(staging: string, at: number): void {
  const gap = IDS_PASSED_OVER
  const db = new Database(databasePath(staging))
  try {
    db.transaction(() => {
      const last = db.prepare("SELECT coalesce(max(value), 0) FROM counter WHERE name = 'uid_validity'").pluck().get()
      const base = Math.max(Number(last), Math.floor(at / 1000)) + gap
      db.prepare(
        `UPDATE mailbox SET uid_validity = ? + n.position
         FROM (SELECT id, row_number() OVER (ORDER BY id) AS position FROM mailbox) n WHERE n.id = mailbox.id`,
      ).run(base)
      db.prepare(
        `INSERT INTO counter SELECT 'uid_validity', ? + count(*) FROM mailbox WHERE true
         ON CONFLICT DO UPDATE SET value = excluded.value`,
      ).run(base)
      db.prepare('UPDATE sqlite_sequence SET seq = seq + ?').run(gap)
    })()
  } finally {
    db.close()
  }
}

/** The database last: until it is there, there is nothing to serve, and until `restoring` is gone nobody serves it. */
function moveUp(staging: string, dir: string): void {
  const last = 'posthorn.db'
  for (const name of readdirSync(staging)) if (name !== last) renameSync(join(staging, name), join(dir, name))
  syncFolder(dir)
  renameSync(join(staging, last), join(dir, last))
  syncFolder(dir)
  rmdirSync(staging)
  syncFolder(dir)
  syncFolder(dirname(dir))
}
