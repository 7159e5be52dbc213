/**
 * What a backup looks like on disk:
 *
 *   manifest.json       which of the data folders counts; replaced by a rename, which is the moment a backup is done
 *   data-<time>/        posthorn.db and the other files of that backup
 *   blobs/ab/cd/<sha256>  files of large messages; they never change, so one backup after the other uses them
 *   backup.lock         held while somebody writes; it says that the folder is ours before there is a manifest
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { CareError } from '../care.js'
import { writeSynced } from './backup-copy.js'
import { syncFolder } from './blob-files.js'

/** Changed when a release of before could no longer restore what is written. */
export const BACKUP_FORMAT = 1
export const MANIFEST = 'manifest.json'
const LOCK = 'backup.lock'

/** A path that stays in its folder: a manifest may come from anywhere. */
const inside = z
  .string()
  .refine((path) => !path.startsWith('/') && path.split('/').every((name) => !/^\.{0,2}$/.test(name)))
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()

const manifest = z.object({
  format: z.literal(BACKUP_FORMAT),
  release: z.string(),
  schema: count,
  taken_at: z.iso.datetime(),
  /** The folder that counts. */
  data: z.string().regex(/^data-[\w.-]+$/),
  database: z.object({ path: inside, octets: count, sha256 }),
  counts: z.object({ domains: count, users: count, mailboxes: count, messages: count, queued: count }),
  message_files: z.object({ count, octets: count }),
  files: z.array(z.object({ path: inside, octets: count, sha256 })),
  not_included: z.array(z.string()),
})
export type Manifest = z.infer<typeof manifest>

/** @returns null when there is none. @throws CareError when it is damaged, or of a later release */
export function readManifest(folder: string): Manifest | null {
  const path = join(folder, MANIFEST)
  if (!existsSync(path)) return null
  const raw = readJson(path)
  const format = z.object({ format: z.number(), release: z.string() }).safeParse(raw)
  if (format.success && format.data.format > BACKUP_FORMAT)
    throw new CareError(
      'unusable-folder',
      `${path} was written by release ${format.data.release}: use that or a later one`,
    )
  const read = manifest.safeParse(raw)
  if (!read.success) throw new CareError('damaged', `${path} is damaged, or is not the manifest of a backup`)
  return read.data
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** The moment at which a backup takes the place of the one before. */
export function switchManifest(folder: string, next: Manifest): void {
  const path = join(folder, MANIFEST)
  writeSynced(`${path}.new`, Buffer.from(`${JSON.stringify(next, null, 2)}\n`))
  renameSync(`${path}.new`, path)
  syncFolder(folder)
}

/** Whether a backup may be written there: nothing is in it, or a backup is. @throws CareError */
export function requireUsable(folder: string): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory()) throw new CareError('unusable-folder', `${folder} is not a folder`)
  const names = readdirSync(folder).filter((name) => name !== 'lost+found')
  if (names.length === 0 || names.includes(LOCK)) return
  const stranger = `${folder} is not empty and has no backup in it: name an empty folder, or one that is not there yet`
  try {
    if (readManifest(folder) !== null) return
  } catch (error) {
    if (!(error instanceof CareError && error.refusal === 'damaged')) throw error
  }
  throw new CareError('unusable-folder', stranger)
}

/** Keeps a second backup off the folder. @returns what lets it go. @throws CareError */
export function lockBackup(folder: string): () => void {
  closeSync(openSync(join(folder, LOCK), 'a', 0o600))
  return lock(folder, new Database(join(folder, LOCK), { timeout: 0 }), 'BEGIN EXCLUSIVE')
}

/** Keeps backups off the folder while it is read. A copy of a backup may have no lock, and may be on a disk that takes none. */
export function lockBackupForReading(folder: string): () => void {
  const path = join(folder, LOCK)
  if (!existsSync(path)) return () => {}
  const db = new Database(path, { readonly: true, timeout: 0 })
  return lock(folder, db, 'BEGIN; SELECT count(*) FROM sqlite_schema')
}

function lock(folder: string, db: Database.Database, how: string): () => void {
  try {
    db.exec(how)
  } catch (error) {
    db.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      throw new CareError('busy', `another backup or restore works on ${folder}`)
    throw error
  }
  return () => db.close()
}

/** Folders of backups that were interrupted, or have been replaced. */
export function removeOtherData(folder: string, keep: string | null): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith('data-') && name !== keep) rmSync(join(folder, name), { recursive: true, force: true })
  }
}
