/** Opens connections to the database with the settings that everything else counts on. */
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** A row with a message of 4 KiB fits in a page, and three of them in one of 16 KiB; measured in bench/store-append.ts. */
const PAGE_OCTETS = 16 * 1024
/** Readers map the file instead of copying pages: three times as fast for inline messages. */
const MAPPED_OCTETS = 1024 * 1024 * 1024
/** Pages in the log at which the writer checkpoints within a commit; when idle it does so from few pages on. */
const CHECKPOINT_PAGES = 4000
/** A backup or a check may hold a lock for a moment. */
const BUSY_MS = 5000

export const databasePath = (dir: string): string => join(dir, 'posthorn.db')

/** The one connection that writes. */
export function openWriter(dir: string): Database.Database {
  const db = new Database(databasePath(dir), { timeout: BUSY_MS })
  try {
    db.pragma(`page_size = ${PAGE_OCTETS}`)
    db.pragma('journal_mode = WAL')
    // The default of this build is NORMAL in WAL mode, which loses acknowledged mail in a power cut.
    db.pragma('synchronous = FULL')
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    db.pragma('foreign_keys = OFF')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

export function openReader(dir: string): Database.Database {
  const db = new Database(databasePath(dir), { readonly: true, timeout: BUSY_MS })
  db.pragma(`mmap_size = ${MAPPED_OCTETS}`)
  return db
}
