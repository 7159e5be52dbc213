/** Opens a folder of data as a Store, and lets it go again. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.js'
import type { BlobId, Random } from '../../core/ids.js'
import { type StoreLimits, storeLimits } from '../../core/limits.js'
import type { Log } from '../../core/log.js'
import { Eraser } from '../eraser.js'
import { writerDied } from '../events.js'
import { Feed } from '../feed.js'
import { SpoolBudget, SpoolWriter } from '../spool-writer.js'
import type { Store } from '../store.js'
import { accountStore } from './accounts.js'
import { blobFolder, listBlobFiles, spoolFolder } from './blob-files.js'
import { check } from './check-client.js'
import { openReader, openWriter } from './connection.js'
import { lockFolder } from './lock.js'
import { mailStore } from './mail.js'
import { MailboxLoader } from './mailbox-loader.js'
import { queueStore } from './queue.js'
import { migrate } from './schema.js'
import { Statements } from './statements.js'
import { WriterClient } from './writer-client.js'

export interface SqliteOptions {
  /** Made if it is not there, for this user alone. */
  readonly dir: string
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log
  readonly limits?: Partial<StoreLimits>
  /** The writer has died: every write fails from now on, and the process had better end. */
  readonly onFault?: (error: Error) => void
}

/**
 * @throws StoreLocked when another process has the folder
 * @throws StoreTooNew when its data was written by a later release
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  return (await openParts(options)).store
}

/** A store and what only its tests look at. */
export interface SqliteParts {
  readonly store: Store
  readonly writer: WriterClient
  readonly loader: MailboxLoader
  readonly budget: SpoolBudget
}

export async function openParts(options: SqliteOptions): Promise<SqliteParts> {
  makeFolders(options.dir)
  const unlock = lockFolder(options.dir)
  try {
    prepare(options.dir)
    return await assemble(options, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

function makeFolders(dir: string): void {
  for (const folder of [dir, blobFolder(dir), spoolFolder(dir)]) mkdirSync(folder, { recursive: true, mode: 0o700 })
}

/** Brings the schema up to date and removes what a crash may have left behind. */
function prepare(dir: string): void {
  const sql = new Statements(openWriter(dir))
  try {
    migrate(sql.db, dir)
    eraseUnreferenced(sql)
    removeStrayFiles(dir, sql)
  } finally {
    sql.db.close()
  }
}

function eraseUnreferenced(sql: Statements): void {
  sql.db
    .transaction(() => {
      for (const table of ['blob_content', 'blob_index']) {
        sql.run(`DELETE FROM ${table} WHERE blob IN (SELECT id FROM blob WHERE refs = 0)`)
      }
      sql.run('DELETE FROM blob WHERE refs = 0')
    })
    .immediate()
}

function removeStrayFiles(dir: string, sql: Statements): void {
  for (const name of readdirSync(spoolFolder(dir))) rmSync(join(spoolFolder(dir), name), { force: true })
  for (const { name, path } of listBlobFiles(dir)) {
    const row = sql.get('SELECT 1 FROM blob WHERE sha256 = ? AND file = 1', Buffer.from(name, 'hex'))
    if (row === undefined) rmSync(path)
  }
}

async function assemble(options: SqliteOptions, unlock: () => void): Promise<SqliteParts> {
  const { dir, clock, random, log } = options
  const limits = { ...storeLimits, ...options.limits }
  const sql = new Statements(openReader(dir))
  const loader = new MailboxLoader(dir, sql, limits.rowsPerSlice)
  const eraser: Eraser = new Eraser((blobs: readonly BlobId[]) => writer.submit({ kind: 'erase', blobs }))
  const feed = new Feed(limits.pendingChanges, eraser.holds)
  const writer = await WriterClient.start({
    dir,
    limits,
    onCommitted: ({ changes, unreferenced }) => {
      loader.publish(changes)
      feed.publish(changes)
      eraser.add(unreferenced)
    },
    onFault: (error) => {
      if (log !== undefined) writerDied(log, { error: error.message })
      options.onFault?.(error)
    },
  })
  const submit = writer.submit.bind(writer)
  const budget = new SpoolBudget(limits.spoolBudgetOctets)
  const spool = { folder: spoolFolder(dir), budget, inlineOctets: limits.inlineBlobOctets, random }
  const parts = { dir, sql, submit, clock, limits, feed, holds: eraser.holds, loader }
  const store: Store = {
    ...accountStore(parts),
    ...mailStore(parts),
    ...queueStore(parts),
    newSpool: () => new SpoolWriter(spool),
    check: () => check(dir, submit),
    close: async () => {
      await writer.close()
      sql.db.close()
      unlock()
    },
  }
  return { store, writer, loader, budget }
}
