/** Tells what a disk refuses (full, read-only, failing) and what is damaged on it from errors of our own. */
import { StoreError } from '../errors.js'
import type { StorageFault, StorageOperation, StorageTrouble } from '../storage-health.js'
import { databasePath } from './connection.js'

/** What SQLite and the file system say then. It may pass, so the server goes on. A file that should be there may come back. */
const REFUSALS =
  /^(SQLITE_(FULL|READONLY|IOERR|CANTOPEN|BUSY|PROTOCOL|NOMEM)|(ENOSPC|EDQUOT|EROFS|EIO|EMFILE|ENFILE|EACCES|EPERM|ENOENT|ENOTDIR|ESTALE|ENXIO|ENODEV)$)/

/** One place in the database makes no sense: the rest goes on, and `store repair` says what can be done. */
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB)/

/** null: it is a fault of ours. */
function troubleOf(error: unknown): StorageTrouble | null {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return null
  if (DAMAGE.test(error.code)) return 'damaged'
  return REFUSALS.test(error.code) ? 'refused' : null
}

export const isDiskRefusal = (error: unknown): boolean => troubleOf(error) !== null

/** A page that makes no sense: trying again does not help, and other pages are as good as before. */
export const isDamage = (error: unknown): error is Error => troubleOf(error) === 'damaged'

/** Of the search index alone, which is the one virtual table: nothing of the mail is lost with it. */
export const isIndexDamage = (error: Error): boolean => 'code' in error && error.code === 'SQLITE_CORRUPT_VTAB'

/** What was written before it may or may not be on the disk, and asking again tells nothing about it. */
export const isSyncFailure = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'SQLITE_IOERR_FSYNC' ||
    error.code === 'SQLITE_IOERR_DIR_FSYNC' ||
    ('syscall' in error && error.syscall === 'fsync'))

/** What `error` says of the folder `dir`, or null when it is not about the disk. */
export function faultOf(error: unknown, operation: StorageOperation, dir: string): StorageFault | null {
  const trouble = troubleOf(error)
  if (trouble === null) return null
  const { code, message, path } = error as NodeJS.ErrnoException & Error
  if (code?.startsWith('SQLITE_')) {
    return { trouble, operation, place: 'database', path: databasePath(dir), error: `${message} (${code})` }
  }
  // To write, a folder is wanted that may come back; to read, a message that was there.
  const gone = operation === 'read' && (code === 'ENOENT' || code === 'ENOTDIR')
  return { trouble: gone ? 'damaged' : trouble, operation, place: 'blobs', path: path ?? dir, error: message }
}

/** As it goes to who asked. */
export const unavailable = (detail: string): StoreError => new StoreError('unavailable', detail)
