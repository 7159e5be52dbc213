/** `check` finds each kind of damage, and nothing where there is none. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendAll, flags, NONE, newInbox, octets, seal } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { FLAG } from '../changes.js'
import type { Store } from '../store.js'
import { blobPath } from './blob-files.js'
import { databasePath } from './connection.js'

let folder: SqliteFolder
let store: Store
let file: string

beforeEach(async () => {
  folder = sqliteFolder()
  const parts = await folder.open()
  store = parts.store
  const { inbox } = await newInbox(store)
  await store.addAlias('x@example.test', ['a@b.c', 'ann@example.test'])
  await appendAll(store, inbox, ['a', flags(FLAG.seen, 'k')], ['b', flags(FLAG.deleted)], ['c', flags(FLAG.deleted)])
  await store.expunge(inbox, [2 as never])
  const blob = await seal(store, octets('large', 2_000_000))
  await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  file = blobPath(folder.dir, blob.sha256)
  const deliveries = [{ kind: 'remote', recipient: 'x@far.test' }] as const
  await store.accept({ id: 'q', from: '', deliveries, blob: await seal(store, octets('q')), receivedAt: 0 })
  const attached = Buffer.from('Content-Type: image/png\r\n\r\nxyz')
  const image = { blob: await seal(store, attached), flags: NONE, internalDate: 0, internalZone: 0 }
  await store.append(inbox, [image])
  await parts.extractor.catchUp()
})
afterEach(() => folder.remove())

const damage = (sql: string): void => {
  const db = new Database(databasePath(folder.dir))
  db.pragma('foreign_keys = OFF')
  db.pragma('ignore_check_constraints = ON')
  db.unsafeMode()
  db.pragma('writable_schema = ON')
  db.exec(sql)
  db.close()
}

const kinds = async (): Promise<string[]> => [...new Set((await store.check()).map((p) => p.kind))].sort()

test('nothing is wrong with a sound store', async () => {
  expect(await store.check()).toEqual([])
})

test.each([
  ['UPDATE mailbox SET messages = messages + 1', ['mailbox-counters']],
  ['UPDATE mailbox SET unseen = 0', ['mailbox-counters']],
  ['UPDATE mailbox SET deleted = 0', ['mailbox-counters']],
  ['UPDATE mailbox SET size = 1', ['mailbox-counters']],
  ['UPDATE mailbox SET recent = 0', ['mailbox-counters']],
  ['UPDATE mailbox SET uid_next = 4', ['uid-next']],
  ['UPDATE mailbox SET highest_modseq = 2', ['modseq']],
  ['UPDATE mailbox SET expunged_floor = highest_modseq + 1', ['expunged-floor']],
  ['UPDATE mailbox SET expunged_floor = highest_modseq', []],
  ["UPDATE mailbox SET name = 'other'", ['inbox']],
  ["UPDATE counter SET value = 7 WHERE name = 'uid_validity'", ['uid-validity']],
  ['INSERT INTO mailbox (account, name, uid_validity) SELECT account, 1, uid_validity FROM mailbox', ['uid-validity']],
  ['UPDATE account SET retired_uid_validity = 9999999999', ['uid-validity']],
  ["INSERT INTO subscription VALUES (77, 'a')", ['reference']],
  ['DELETE FROM message_flags WHERE uid = 1', ['message-flags']],
  ['INSERT INTO removed_mailbox (id) SELECT id FROM mailbox', ['removed-mailbox']],
  ['DELETE FROM message WHERE uid = 1', ['blob-references', 'mailbox-counters', 'quota', 'reference']],
  ['UPDATE message SET size = size + 1 WHERE uid = 1', ['mailbox-counters', 'message-size', 'quota']],
  ['UPDATE message SET exempt = 1 WHERE uid = 1', ['quota']],
  ['UPDATE account SET quota_used = quota_used + 1', ['quota']],
  ['UPDATE account SET quota_count = quota_count - 1', ['quota']],
  ['UPDATE message SET blob = 77 WHERE uid = 1', ['blob-references', 'reference']],
  ['INSERT INTO expunged SELECT mailbox, 3, uid FROM message WHERE uid = 1', ['expunged']],
  ['INSERT INTO unfinished_copy SELECT 1, id, 50, 60 FROM mailbox', ['unfinished-copy']],
  ['INSERT INTO unfinished_copy SELECT 1, id, 1, 3 FROM mailbox', []],
  ["UPDATE message_flags SET keywords = x'05' WHERE uid = 1", ['keywords']],
  ["UPDATE message_flags SET keywords = x'0000' WHERE uid = 1", ['keywords']],
  ['UPDATE blob SET refs = refs + 1 WHERE id = 1', ['blob-references']],
  ['UPDATE blob SET size = size + 1 WHERE id = 1', ['blob-size', 'message-size']],
  ["UPDATE blob_content SET octets = x'00' WHERE blob = 1", ['blob-content']],
  ['DELETE FROM blob_content WHERE blob = 1', ['blob-missing']],
  ['DELETE FROM blob_index WHERE blob = 1', ['index-missing']],
  ["UPDATE blob_index SET envelope = x'00' WHERE blob = 1", ['index-stale']],
  ["UPDATE blob_index SET parts = '[]' WHERE blob = 1", ['index-stale']],
  ['UPDATE blob_index SET received_fields = 5 WHERE blob = 1', ['index-stale']],
  ['DELETE FROM blob_keys WHERE blob = 1', ['keys-missing']],
  ["UPDATE blob_keys SET subject = 'x' WHERE blob = 1", ['keys-stale']],
  ['UPDATE thread SET messages = messages + 1 WHERE id = 1', ['thread-messages']],
  ['UPDATE thread SET account = account + 1', ['reference', 'thread-account', 'thread-members']],
  ['DELETE FROM thread_member WHERE thread = 1', ['thread-members']],
  ['UPDATE thread_member SET account = account + 1 WHERE thread = 1', ['thread-members']],
  ['UPDATE message SET thread = 99 WHERE uid = 1', ['reference', 'thread-messages']],
  ['DELETE FROM alias_target', ['alias-targets']],
  ["INSERT INTO alias_target VALUES ('y@example.test', 'a@b.c')", ['reference']],
  ['INSERT INTO alias SELECT address, domain, 0 FROM account', ['alias-and-user', 'alias-targets']],
  ["UPDATE alias SET address = 'a@example.org'", ['address-domain', 'alias-targets', 'reference']],
  ["INSERT INTO catch_all VALUES ('other.test', 'a@b.c')", ['reference']],
  ['DELETE FROM attachment', ['attachments-stale']],
  ["UPDATE attachment SET name = 'other.png'", ['attachments-stale']],
  ['DELETE FROM extraction WHERE blob IN (SELECT blob FROM attachment)', ['attachments', 'search-index']],
  ["UPDATE extraction SET failed = 'x' WHERE blob IN (SELECT blob FROM attachment)", ['attachments']],
  ['UPDATE extraction SET indexed = 0 WHERE blob = 1', ['search-index']],
  ['UPDATE extraction SET indexed = 2 WHERE blob = 1', ['search-index', 'search-index-stale']],
  ["INSERT INTO search_index (search_index) VALUES ('delete-all')", ['search-index', 'search-index-stale']],
  [
    "DELETE FROM search_index WHERE rowid = 2; INSERT INTO search_index (rowid, text) VALUES (2, 'other')",
    ['search-index-stale'],
  ],
  ["INSERT INTO search_index (rowid, text) VALUES (9999, 'other')", ['search-index']],
  ['INSERT INTO extraction VALUES (9999, NULL, 0)', ['reference']],
  ['DELETE FROM queue_message', ['blob-references', 'reference']],
  ['DELETE FROM queue_recipient', ['queue', 'queue-destination']],
  ['DELETE FROM queue_destination', ['queue-destination']],
  ['UPDATE queue_destination SET pending = 2', ['queue-destination']],
  ['UPDATE queue_destination SET held = 1', ['queue-destination']],
  ['UPDATE queue_destination SET next_due = 1', ['queue-destination']],
  ["INSERT INTO queue_destination VALUES ('gone.test', 0, 0, NULL)", ['queue-destination']],
  ['UPDATE queue_recipient SET claimed = 1', ['queue-destination']],
  ["UPDATE queue_recipient SET status = 'held', claimed = 1", ['queue-destination', 'queue-recipient']],
  ["UPDATE queue_recipient SET status = 'delivered'", ['queue-destination', 'queue-recipient']],
  ["UPDATE queue_recipient SET report = 'relayed'", ['queue-recipient', 'queue-report']],
  ["UPDATE queue_recipient SET report = 'delayed'", ['queue-report']],
  ['UPDATE queue_message SET report_since = 1, report_due = 1', ['queue-report']],
  ['UPDATE queue_recipient SET attempt = 9', ['queue-attempt']],
  ["INSERT INTO queue_attempt VALUES (9, 'q', 1, NULL, 'S: 220')", ['queue-attempt']],
  [
    "UPDATE sqlite_schema SET sql = replace(sql, 'address)', 'display_name)') WHERE name = 'account_domain'",
    ['database'],
  ],
])('%s', async (sql, expected) => {
  damage(sql)
  expect(await kinds()).toEqual(expected)
})

test('a file that is gone', async () => {
  rmSync(file)
  expect(await kinds()).toEqual(['blob-missing'])
})

test('a file with one octet changed', async () => {
  const octetsOfFile = readFileSync(file)
  octetsOfFile[1_000_000] = 7
  writeFileSync(file, octetsOfFile)
  expect(await kinds()).toEqual(['blob-content'])
})

test('a file that is too short', async () => {
  writeFileSync(file, readFileSync(file).subarray(1))
  expect(await kinds()).toEqual(['blob-content'])
})

test('a file that belongs to no message', async () => {
  const orphan = blobPath(folder.dir, 'cd'.repeat(32))
  mkdirSync(dirname(orphan), { recursive: true })
  writeFileSync(orphan, 'x')
  expect(await store.check()).toEqual([{ kind: 'orphan-file', detail: `${orphan} belongs to no message` }])
})

test('a file with a longer name than one of a message', async () => {
  const copy = `${file}.old`
  writeFileSync(copy, 'x')
  expect(await store.check()).toEqual([{ kind: 'orphan-file', detail: `${copy} belongs to no message` }])
})

test('finds nothing while mail comes and goes', async () => {
  const { inbox } = await newInbox(store, 'bob@example.test')
  let running = true
  const traffic = (async () => {
    for (let i = 0; running; i++) {
      const blob = await seal(store, octets(`t${i}`, i % 3 === 0 ? 1_100_000 : 10))
      await store.append(inbox, [{ blob, flags: flags(FLAG.deleted), internalDate: 0, internalZone: 0 }])
      await store.expunge(inbox, null)
    }
  })()
  for (let i = 0; i < 3; i++) expect(await store.check()).toEqual([])
  running = false
  await traffic
})
