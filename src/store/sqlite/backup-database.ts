/** The database in a backup: copied as it is at one moment, looked through, asked what it has. */
import { closeSync, fsyncSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import { CareError } from '../care.js'
import type { Manifest } from './backup-folder.js'
import { databasePath, openReader } from './connection.js'
import { schemaVersion } from './schema.js'
import type { Statements } from './statements.js'

/** Copied in one go: some milliseconds. After so many the copy is synced, so that commits need not wait for much. */
const PAGES_AT_ONCE = 1024
const UNSYNCED_PAGES = 4 * PAGES_AT_ONCE

/**
 * Page by page into the folder `to`. The reader's transaction keeps it at one moment, however long it takes: the
 * writer goes on, and its log grows meanwhile.
 */
export async function copyDatabase(dir: string, to: string): Promise<void> {
  const path = databasePath(to)
  const file = openSync(path, 'w', 0o600)
  const source = openReader(dir)
  try {
    source.exec('BEGIN')
    source.prepare('SELECT count(*) FROM sqlite_schema').get()
    let pages = 0
    const progress = (): number => {
      pages += PAGES_AT_ONCE
      if (pages % UNSYNCED_PAGES === 0) fsyncSync(file)
      return PAGES_AT_ONCE
    }
    await source.backup(path, { progress })
  } finally {
    source.close()
    closeSync(file)
  }
}

/** Makes one file of the copy, without a log beside it, and reads all of it. @returns its schema. @throws CareError */
export function lookThrough(folder: string): number {
  const db = new Database(databasePath(folder))
  try {
    const [problem] = db.pragma('quick_check(1)') as { readonly quick_check: string }[]
    if (problem?.quick_check !== 'ok')
      throw new CareError('damaged', `the database is damaged (${problem?.quick_check}): run "posthorn store check"`)
    return schemaVersion(db)
  } finally {
    db.close()
  }
}

/** Call before anything reads the copy: one file is easier to hash and to carry than three. */
export function leaveLogMode(folder: string): void {
  const db = new Database(databasePath(folder))
  try {
    db.pragma('journal_mode = DELETE')
  } finally {
    db.close()
  }
}

export interface BlobRow {
  readonly id: number
  readonly sha256: string
  readonly size: number
}

const ROWS_AT_ONCE = 500

/** Contents that are files. Asked for in pieces, so that no transaction stays open between two. */
export function* blobRows(sql: Statements): Generator<BlobRow> {
  for (let after = 0; ; ) {
    const rows = sql.all<BlobRow>(
      `SELECT id, lower(hex(sha256)) AS sha256, size FROM blob WHERE id > ? AND file = 1 ORDER BY id LIMIT ${ROWS_AT_ONCE}`,
      after,
    )
    yield* rows
    after = rows.at(-1)?.id ?? 0
    if (rows.length < ROWS_AT_ONCE) return
  }
}

export function countsOf(sql: Statements): Pick<Manifest, 'counts' | 'message_files'> {
  const count = (table: string): number => sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0
  const files = sql.get<{ count: number; octets: number }>(
    'SELECT count(*) AS count, coalesce(sum(size), 0) AS octets FROM blob WHERE file = 1',
  )
  return {
    counts: {
      domains: count('domain'),
      users: count('account'),
      mailboxes: count('mailbox'),
      messages: count('message'),
      queued: count('queue_message'),
    },
    message_files: files ?? { count: 0, octets: 0 },
  }
}
