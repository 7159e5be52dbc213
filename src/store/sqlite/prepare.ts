/** Makes a folder ready to be served: folders, schema, and away with what a crash may have left behind. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { blobFolder, blobPath, listBlobFiles, spoolFolder, syncFolder } from './blob-files.js'
import { openWriter } from './connection.js'
import { isDamage } from './disk-refusal.js'
import { isKnownFile } from './known-files.js'
import { migrate } from './schema.js'
import { Statements } from './statements.js'
import { UNREFERENCED } from './write-blob.js'
import { forgetExtraction } from './write-extraction.js'

/** For this user alone: mail is nobody else's. */
export function makeFolders(dir: string): void {
  for (const folder of [dir, blobFolder(dir), spoolFolder(dir)]) mkdirSync(folder, { recursive: true, mode: 0o700 })
}

/** Call under the lock. @throws StoreTooNew */
export function prepare(dir: string): void {
  const sql = new Statements(openWriter(dir))
  try {
    migrate(sql.db, dir)
    unlessDamaged(() => eraseUnreferenced(sql))
    removeSpool(dir)
    unlessDamaged(() => removeStrayFiles(dir, sql))
  } finally {
    sql.db.close()
  }
  // The names of what was made just now must survive a power cut as well as what is in it.
  syncFolder(dir)
  syncFolder(dirname(dir))
}

/** What cannot be cleaned up stays; the mail on other pages is served all the same, and `store check` tells. */
function unlessDamaged(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!isDamage(error)) throw error
  }
}

function eraseUnreferenced(sql: Statements): void {
  if (sql.get('SELECT 1 FROM blob WHERE refs = 0') === undefined) return
  sql.db
    .transaction(() => {
      for (const { id } of sql.all<{ id: number }>(`SELECT id FROM blob WHERE ${UNREFERENCED}`))
        forgetExtraction(sql, id)
      for (const table of ['blob_content', 'blob_index', 'blob_keys']) {
        sql.run(`DELETE FROM ${table} WHERE blob IN (SELECT id FROM blob WHERE ${UNREFERENCED})`)
      }
      sql.run(`DELETE FROM blob WHERE ${UNREFERENCED}`)
    })
    .immediate()
}

function removeSpool(dir: string): void {
  for (const name of readdirSync(spoolFolder(dir))) rmSync(join(spoolFolder(dir), name), { force: true })
}

function removeStrayFiles(dir: string, sql: Statements): void {
  for (const { name, path } of listBlobFiles(dir)) {
    if (isKnownFile(sql, name) && path === blobPath(dir, name)) continue
    if (sql.get(LOST_ROWS) !== undefined) return
    rmSync(path)
  }
}

/** A file without a row is what a crash leaves, unless rows were lost: then it may be mail, and `store repair` decides. */
export const LOST_ROWS = `SELECT 1 FROM (SELECT blob FROM message UNION SELECT blob FROM queue_message) m
   WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.id = m.blob) LIMIT 1`
