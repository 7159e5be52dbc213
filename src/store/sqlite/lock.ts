/**
 * Keeps two servers off one folder: an exclusive SQLite lock on DATA/lock.db for the life of the process.
 * The system gives it back however the process ends. DATA/posthorn.pid says who holds it, for people.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { StoreLocked } from '../errors.js'

/** @returns what gives the folder back. @throws StoreLocked */
export function lockFolder(dir: string): () => void {
  const pidFile = join(dir, 'posthorn.pid')
  const db = new Database(join(dir, 'lock.db'), { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new StoreLocked(dir, readPid(pidFile))
    }
    throw error
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 })
  return () => {
    rmSync(pidFile, { force: true })
    db.close()
  }
}

function readPid(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'latin1'), 10)
    return Number.isNaN(pid) ? null : pid
  } catch {
    return null
  }
}
