/** A folder of every earlier schema is opened and whole; a kill in the middle of a step leaves the schema before it. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { entriesOf, octets, read, uids, waiting } from '../../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../../test/store/sqlite-folder.js'
import type { BlobId } from '../../../core/ids.js'
import type { MessageKeys } from '../../../message/message-keys.js'
import { MessageIndexer } from '../../../message/structure.js'
import { FLAG } from '../../changes.js'
import { databasePath } from '../connection.js'
import { encodeParts } from '../index-codec.js'
import { writeKeys } from '../message-keys.js'
import { migrate, migrations, schemaVersion } from '../schema.js'
import { Statements } from '../statements.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

const CONTENT = octets('old')
const VERSIONS = migrations.map((_, i) => i + 1)

/** From these schemas on messages have sort keys, and threads, and subscriptions are a table of their own. */
const KEYED = 9
const THREADED = 11
const FLAT = 16
/** And recipients who wait have a destination. */
const OUTBOUND = 21

/** What a server of that schema had: a user with one message, another that waits to be sent, a UID that went. */
function writeSchema(version: number): void {
  const db = new Database(databasePath(folder.dir))
  db.pragma('foreign_keys = OFF')
  migrate(db, folder.dir, migrations.slice(0, version))
  db.exec(`
    INSERT INTO domain (name, created_at) VALUES ('example.test', 1);
    INSERT INTO account (address, domain, display_name, password_hash, status, created_at)
      VALUES ('ann@example.test', 'example.test', 'Ann', '$2b$x', 'active', 2);
    UPDATE counter SET value = 7 WHERE name = 'uid_validity';
    INSERT INTO keyword (mailbox, position, name) VALUES (1, 0, 'k');
    INSERT INTO message (mailbox, uid, blob, size, internal_date, internal_zone) VALUES (1, 2, 1, ${CONTENT.length}, 3, 60);
    INSERT INTO message_flags (mailbox, uid, modseq, system, keywords) VALUES (1, 2, 4, ${FLAG.flagged}, x'00');
    INSERT INTO expunged (mailbox, modseq, uid) VALUES (1, 5, 1);
    INSERT INTO queue_message (id, sender, blob, enqueued_at) VALUES ('q', 'ann@example.test', 1, 4);
    INSERT INTO queue_recipient (message, recipient, ${version < OUTBOUND ? '' : 'destination, '}status, next_retry)
      VALUES ('q', 'x@far.test', ${version < OUTBOUND ? '' : "'far.test', "}'pending', 4);
    INSERT INTO mailbox (account, name, ${version < FLAT ? 'subscribed, ' : ''}uid_validity, uid_next, highest_modseq,
        first_recent, messages, unseen, size)
      VALUES (1, 'INBOX', ${version < FLAT ? '1, ' : ''}7, 3, 5, 3, 1, 1, ${CONTENT.length});`)
  if (version >= OUTBOUND) db.exec("INSERT INTO queue_destination VALUES ('far.test', 1, 0, 4)")
  if (version >= FLAT) db.exec("INSERT INTO subscription VALUES (1, 'INBOX')")
  if (version >= 10) db.exec(`UPDATE account SET quota_used = ${charged()}, quota_count = 1`)
  writeBlob(db)
  if (version >= KEYED) writeKeys(new Statements(db), 1, keys)
  if (version >= THREADED) {
    db.exec(`INSERT INTO thread (id, account, name, messages) VALUES (1, 1, randomblob(16), 1);
      INSERT INTO thread_member VALUES (1, randomblob(16), 1, 1);
      UPDATE message SET thread = 1`)
  }
  expect(schemaVersion(db)).toBe(version)
  db.close()
}

const keys = keysOf(CONTENT)

function keysOf(content: Buffer): MessageKeys {
  const indexer = new MessageIndexer()
  indexer.push(content)
  indexer.end()
  return indexer.keys
}

const charged = (): number => CONTENT.length + Math.floor(CONTENT.length / 20)

function writeBlob(db: Database.Database): void {
  const indexer = new MessageIndexer()
  indexer.push(CONTENT)
  const { root, envelope, body, bodyStructure, messageId, receivedFields } = indexer.end()
  const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
  db.prepare('INSERT INTO blob (id, sha256, size, refs, file) VALUES (1, ?, ?, 2, 0)').run(
    createHash('sha256').update(CONTENT).digest(),
    CONTENT.length,
  )
  db.prepare('INSERT INTO blob_content (blob, octets) VALUES (1, ?)').run(CONTENT)
  db.prepare(
    `INSERT INTO blob_index (blob, envelope, body, body_structure, message_id, received_fields, parts)
     VALUES (1, ?, ?, ?, ?, ?, ?)`,
  ).run(latin1(envelope), latin1(body), latin1(bodyStructure), messageId, receivedFields, encodeParts(root))
}

test.each(VERSIONS)(
  'schema %i: everything is there, and the check is clean once what is derived was made',
  async (version) => {
    writeSchema(version)
    const { store } = await folder.open()
    expect(await store.findUser('ann@example.test')).toMatchObject({ displayName: 'Ann', mailboxes: 1, messages: 1 })
    expect(await store.listSubscriptions(1 as never)).toEqual(['INBOX'])
    const [entry, ...others] = await entriesOf(store, 1 as never)
    expect(others).toEqual([])
    expect(entry).toMatchObject({ uid: 2, modseq: 4, system: FLAG.flagged, keywords: ['k'], internalDate: 3 })
    expect((await read(store, entry?.blob as BlobId))?.equals(CONTENT)).toBe(true)
    expect(await waiting(store)).toMatchObject([{ id: 'q', recipient: 'x@far.test' }])
    expect(await store.dueDestinations(9, 9)).toEqual([{ destination: 'far.test', due: 4 }])
    expect(await store.check()).toEqual([])
    // Sort keys (schema 9) and threads (schema 11) are not made by the step: it would hold up the start.
    const blobs = [entry?.blob as BlobId]
    expect(await store.keys(blobs)).toEqual(version < KEYED ? [null] : [keys])
    const { done, left } = await store.repair({ dryRun: false })
    expect(done.map(({ kind }) => kind)).toEqual(version < THREADED ? ['not-derived'] : [])
    expect(left).toEqual([])
    expect(await store.keys(blobs)).toEqual([keys])
    expect((await store.objectIds(1 as never, uids(2)))[0]?.threadId).toMatch(/^T[0-9a-f]{32}$/)
  },
)

test('a process that is killed within a step leaves the schema before it, whole', () => {
  writeSchema(1)
  const script = fileURLToPath(new URL('../../../../test/store/killed-step.mjs', import.meta.url))
  const killed = (): unknown => {
    try {
      return execFileSync(process.execPath, [script, folder.dir], { stdio: 'pipe' })
    } catch (error) {
      return (error as { signal?: unknown }).signal
    }
  }
  expect(killed()).toBe('SIGKILL')
  const db = new Database(databasePath(folder.dir))
  expect(schemaVersion(db)).toBe(2)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'half_%'").all()).toEqual([])
  expect(db.prepare('SELECT display_name FROM account').pluck().all()).toEqual(['Ann'])
  migrate(db, folder.dir)
  expect(schemaVersion(db)).toBe(migrations.length)
  db.close()
})
