/** Opens connections to the database with the settings that everything else counts on. */
import { join } from 'node:path'
import Database from 'better-sqlite3'

/**
 * Every commit logs whole pages, and mail touches many: its mailbox, the index by hash. Measured with messages
 * of 4 KiB for 100 mailboxes, 20 to a commit: 21 KiB logged for each with this size, 36 with 8 KiB, 52 with
 * 16 KiB; and 5.6, 9.1 and 6.4 KiB of the database.
 */
const PAGE_OCTETS = 4 * 1024
/** Readers map the file instead of copying pages: three times as fast for inline messages. */
const MAPPED_OCTETS = 1024 * 1024 * 1024
/** Pages in the log at which a commit of the writer brings them into the database; when idle it does so earlier. */
const CHECKPOINT_PAGES = 8000
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
    // Savepoints copy the pages they change; in a temporary file that would double the work of an operation.
    db.pragma('temp_store = MEMORY')
    // See migrations/001-first.ts.
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

/** What a reader has mapped counts as memory of the process: after a long read that will hardly come again it goes. */
export function unmap(db: Database.Database): void {
  db.pragma('mmap_size = 0')
  db.pragma(`mmap_size = ${MAPPED_OCTETS}`)
}
