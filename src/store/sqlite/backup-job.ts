/**
 * One backup from beginning to end; src/store/sqlite/backup-folder.ts says what comes out. It runs in a thread of its
 * own and only reads the data:
 *
 * 1. Files of large messages that the backup lacks are copied. This may take long, and mail comes and goes.
 * 2. From now on no content is erased. The database is copied as it is at one moment, then those files that it
 *    names and that have come since 1. Erasing goes on.
 * 3. The copy is looked through and hashed, the other files are copied, and the manifest is switched.
 * 4. What only the backup before needed is removed.
 */
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, sep } from 'node:path'
import { type BackupReport, type BackupRequest, CareError } from '../care.js'
import { Copier, hashFile, isMissing } from './backup-copy.js'
import { type BlobRow, blobRows, copyDatabase, countsOf, leaveLogMode, lookThrough } from './backup-database.js'
import {
  BACKUP_FORMAT,
  lockBackup,
  MANIFEST,
  type Manifest,
  readManifest,
  removeOtherData,
  requireUsable,
  switchManifest,
} from './backup-folder.js'
import { blobFolder, blobPath, listBlobFiles } from './blob-files.js'
import { databasePath, openReader } from './connection.js'
import { isKnownFile } from './known-files.js'
import { Statements } from './statements.js'

/** Beside the database and the messages: what a server on the restored data cannot make again. */
const OTHER_FILES = ['secret.key', 'admin-tokens.json', 'local-accounts.json', 'tls', 'quarantine']
/** Made anew by whoever has the folder. */
const PASSING =
  /^(posthorn\.db(-wal|-shm)?|blobs|spool|lock\.db(-journal)?|posthorn\.pid|control\.(sock|path)|lost\+found)$/

export interface BackupJob extends BackupRequest {
  /** The data folder. */
  readonly dir: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** How the job keeps contents from being erased while it copies them. */
export interface Hold {
  /** Resolves once nothing is being erased. */
  begin(): Promise<void>
  end(): void
}

/** @throws CareError; errors of the file system and of SQLite. The backup of before is as it was then. */
export async function runBackup(job: BackupJob, hold: Hold): Promise<BackupReport> {
  requireOutside(job)
  requireUsable(job.folder)
  makeFolder(job.folder)
  const unlock = lockBackup(job.folder)
  try {
    return await new Backup(job, hold).run()
  } finally {
    unlock()
  }
}

function requireOutside({ folder, dir }: BackupJob): void {
  if (!isAbsolute(folder)) throw new CareError('unusable-folder', `${folder} is not an absolute path`)
  const data = realpathSync(dir)
  if (`${resolved(folder)}${sep}`.startsWith(`${data}${sep}`))
    throw new CareError('unusable-folder', `${folder} is in the data folder ${dir}: a backup belongs elsewhere`)
}

/** Not the folders above it: a disk that is not mounted is not made up for. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    throw new CareError('unusable-folder', `cannot make the folder: ${error instanceof Error ? error.message : error}`)
  }
}

/** With links followed as far as the path is there. */
const resolved = (path: string): string =>
  existsSync(path) ? realpathSync(path) : join(resolved(dirname(path)), path.slice(dirname(path).length))

class Backup {
  readonly #job: BackupJob
  readonly #hold: Hold
  readonly #copier = new Copier()
  readonly #before: string | null
  readonly #name: string
  #copied = 0
  #copiedOctets = 0

  constructor(job: BackupJob, hold: Hold) {
    this.#job = job
    this.#hold = hold
    this.#before = dataOf(job.folder)
    this.#name = this.#newName()
  }

  async run(): Promise<BackupReport> {
    const { folder, dir } = this.#job
    // What a manifest that cannot be read leads to is left, until there is something better.
    if (this.#before !== null || !existsSync(join(folder, MANIFEST))) removeOtherData(folder, this.#before)
    const data = join(folder, this.#name)
    try {
      this.#copier.makeFolder(data)
      this.#copier.makeFolder(blobFolder(folder))
      this.#copyLive()
      await this.#snapshot(data)
      const schema = lookThrough(data)
      const database = { path: basename(databasePath(data)), ...hashFile(databasePath(data)) }
      const files = OTHER_FILES.flatMap((name) => this.#copier.copyTree(dir, name, data))
      this.#copier.sync()
      return this.#finish(data, schema, database, files)
    } catch (error) {
      // Not when it has been switched to: then it is the backup.
      if (dataOf(folder) !== this.#name) rmSync(data, { recursive: true, force: true })
      throw error
    }
  }

  /** The files that the data names now. What is wrong with one is told later, if it is still named then. */
  #copyLive(): void {
    const sql = new Statements(openReader(this.#job.dir))
    try {
      for (const row of blobRows(sql)) this.#provide(row)
    } finally {
      sql.db.close()
    }
  }

  async #snapshot(data: string): Promise<void> {
    await this.#hold.begin()
    try {
      await copyDatabase(this.#job.dir, data)
      leaveLogMode(data)
      const sql = new Statements(openReader(data))
      try {
        for (const row of blobRows(sql)) this.#require(row)
      } finally {
        sql.db.close()
      }
    } finally {
      this.#hold.end()
    }
  }

  #require(row: BlobRow): void {
    const wrong = this.#provide(row)
    if (wrong === null) return
    const path = blobPath(this.#job.dir, row.sha256)
    throw new CareError('damaged', `${path} ${wrong}: run "posthorn store repair", then back up again`)
  }

  /** @returns what is wrong with the file in the data; null when the backup has it */
  #provide({ sha256, size }: BlobRow): string | null {
    const to = blobPath(this.#job.folder, sha256)
    if (statSync(to, { throwIfNoEntry: false })?.size === size) return null
    try {
      const octets = this.#copier.copyNamed(blobPath(this.#job.dir, sha256), to, sha256)
      if (octets === null) return 'does not have the content that was stored'
      this.#copied++
      this.#copiedOctets += octets
      return null
    } catch (error) {
      if (isMissing(error)) return 'is not there'
      throw error
    }
  }

  #finish(data: string, schema: number, database: Manifest['database'], files: Manifest['files']): BackupReport {
    const { folder, dir, release, at } = this.#job
    const sql = new Statements(openReader(data))
    try {
      const notIncluded = leftOut(dir)
      const counted = countsOf(sql)
      switchManifest(folder, {
        format: BACKUP_FORMAT,
        release,
        schema,
        taken_at: new Date(at).toISOString(),
        data: this.#name,
        database,
        ...counted,
        files,
        not_included: notIncluded,
      })
      const removed = removeUnneeded(folder, sql)
      removeOtherData(folder, this.#name)
      const { users, messages } = counted.counts
      const kept = Math.max(counted.message_files.count - this.#copied, 0)
      const done = { copied: this.#copied, copiedOctets: this.#copiedOctets, kept, removed, notIncluded }
      return { folder, takenAt: at, schema, users, messages, databaseOctets: database.octets, ...done }
    } finally {
      sql.db.close()
    }
  }

  /** By the time; a clock that was set back does not give the name of the backup that counts. */
  #newName(): string {
    const name = `data-${new Date(this.#job.at).toISOString().replaceAll(':', '')}`
    return name === this.#before ? `${name}-2` : name
  }
}

/** The folder of data that counts. A manifest that is damaged leads to none: this backup replaces it. */
function dataOf(folder: string): string | null {
  try {
    return readManifest(folder)?.data ?? null
  } catch (error) {
    if (error instanceof CareError && error.refusal === 'damaged') return null
    throw error
  }
}

/** @returns how many files of large messages went that this backup does not name */
function removeUnneeded(folder: string, sql: Statements): number {
  let removed = 0
  for (const { name, path } of listBlobFiles(folder)) {
    if (isKnownFile(sql, name)) continue
    rmSync(path, { force: true })
    removed++
  }
  return removed
}

/** In words: what the administrator has to keep elsewhere. */
function leftOut(dir: string): string[] {
  const unknown = readdirSync(dir).filter((name) => !PASSING.test(name) && !OTHER_FILES.includes(name))
  return [
    'the configuration file',
    'certificates and keys that the configuration has outside of the data folder',
    ...unknown.sort().map((name) => join(dir, name)),
  ]
}
