/** Whatever is damaged: after a repair the check is clean, sound messages are as they were, and nothing is lost unseen. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import {
  appendAll,
  entriesOf,
  flags,
  NONE,
  newInbox,
  octets,
  read,
  seal,
  waiting,
} from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { MailboxId } from '../../core/ids.js'
import { FLAG } from '../changes.js'
import type { Store } from '../store.js'
import { blobPath, listBlobFiles } from './blob-files.js'
import { checkData } from './check.js'
import { databasePath } from './connection.js'
import { Repairer } from './repair.js'

let folder: SqliteFolder
let store: Store
/** As the store has one, without a thread for each check. */
let repairer: Repairer
let inbox: MailboxId
let file: string
/** Hashes by UID. */
let stored: Map<number, string>

beforeEach(setUp)
afterEach(() => folder.remove())

/** Messages 1, 3, 4 (a file) and 5, UID 2 expunged, a queue entry, an alias. */
async function setUp(): Promise<void> {
  folder = sqliteFolder()
  await open()
  inbox = (await newInbox(store)).inbox
  await store.addAlias('x@example.test', ['a@b.c', 'ann@example.test'])
  await appendAll(
    store,
    inbox,
    ['a', flags(FLAG.seen, 'k', 'l')],
    ['b', flags(FLAG.deleted)],
    ['c', flags(FLAG.deleted)],
  )
  await store.expunge(inbox, [2 as never])
  const blob = await seal(store, octets('large', 1_100_000))
  await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  await appendAll(store, inbox, ['e', flags(0, 'l')])
  file = blobPath(folder.dir, blob.sha256)
  const deliveries = [{ kind: 'remote', recipient: 'x@far.test' }] as const
  await store.accept({ id: 'q', from: '', deliveries, blob: await seal(store, octets('q')), receivedAt: 0 })
  stored = await contents()
}

async function open(): Promise<void> {
  const { store: opened, writer } = await folder.open()
  store = opened
  const submit = writer.submit.bind(writer)
  repairer = new Repairer({ find: async () => find(), derive: async () => 0, submit, clock: folder.clock })
}

const find = () => checkData(folder.dir, [...listBlobFiles(folder.dir)])

async function contents(): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  for (const { uid, blob } of await entriesOf(store, inbox))
    found.set(uid, hashOf((await read(store, blob)) ?? Buffer.alloc(0)))
  return found
}

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

const damage = (sql: string): void => {
  const db = new Database(databasePath(folder.dir))
  db.pragma('foreign_keys = OFF')
  db.pragma('ignore_check_constraints = ON')
  db.exec(sql)
  db.close()
}

const quarantined = (): string[] =>
  existsSync(join(folder.dir, 'quarantine')) ? readdirSync(join(folder.dir, 'quarantine')).sort() : []

/** Repairs, and expects that the check is clean then. @returns the kinds of what was done */
async function repaired(): Promise<string[]> {
  const { done, left } = await repairer.repair({ dryRun: false })
  expect(left).toEqual([])
  expect(find()).toEqual([])
  return [...new Set(done.map(({ kind }) => kind))].sort()
}

test('there is nothing to repair in a sound store', async () => {
  expect(await store.repair({ dryRun: false })).toEqual({ done: [], left: [] })
  expect(quarantined()).toEqual([])
})

describe('what is derived is made again, and no message is touched', () => {
  test.each([
    'UPDATE mailbox SET messages = messages + 1, unseen = 0, deleted = 9, size = 1, recent = 77',
    'UPDATE mailbox SET uid_next = 4',
    'UPDATE mailbox SET highest_modseq = 2',
    "UPDATE counter SET value = 7 WHERE name = 'uid_validity'",
    'DELETE FROM counter',
    'UPDATE account SET retired_uid_validity = 9999999999',
    "INSERT INTO subscription VALUES (77, 'a')",
    'INSERT INTO unfinished_copy SELECT 1, id, 50, 60 FROM mailbox',
    'DELETE FROM message_flags WHERE uid = 1',
    'DELETE FROM message_flags',
    'UPDATE message SET size = size + 1 WHERE uid = 1',
    'INSERT INTO expunged SELECT mailbox, 3, uid FROM message WHERE uid = 1',
    'INSERT INTO message_flags SELECT mailbox, 99, 1, 0, NULL FROM message WHERE uid = 1',
    "UPDATE message_flags SET keywords = x'05' WHERE uid = 1",
    "UPDATE message_flags SET keywords = x'0100' WHERE uid = 1",
    'DELETE FROM keyword WHERE position = 0',
    'DELETE FROM keyword',
    'UPDATE blob SET refs = refs + 1',
    'UPDATE blob SET refs = 0',
    'UPDATE blob SET refs = -3 WHERE id = 1',
    'UPDATE blob SET size = size + 1',
    'DELETE FROM blob WHERE file = 0',
    'DELETE FROM blob_index',
    'UPDATE thread SET messages = 7',
    'DELETE FROM thread',
    'DELETE FROM thread_member',
    'UPDATE thread SET account = 77',
    'UPDATE thread_member SET account = 77',
    'UPDATE account SET quota_used = quota_used + 7, quota_count = 0',
    'DELETE FROM blob_keys WHERE blob < 3',
    "UPDATE blob_keys SET subject = 'other'",
    "UPDATE blob_index SET envelope = x'00', parts = '[]', received_fields = 5",
    "INSERT INTO extraction VALUES (1, NULL, 1); INSERT INTO search_index (rowid, text) VALUES (99, 'abc')",
    "INSERT INTO attachment VALUES (1, 0, '1', NULL, 'a/b', '', NULL, 1, zeroblob(32), '7bit', 0, 1)",
    'INSERT INTO extraction VALUES (77, NULL, 1)',
    'DELETE FROM domain',
    "UPDATE account SET domain = 'other.test'",
    "UPDATE alias SET domain = 'other.test'",
    "UPDATE mailbox SET name = 'other'",
    'INSERT INTO removed_mailbox (id) SELECT id FROM mailbox',
  ])('%s', async (sql) => {
    damage(sql)
    if (sql.includes('name =') && sql.includes('other')) {
      expect(await repaired()).toEqual(sql.includes('mailbox') ? ['inbox'] : expect.anything())
    } else expect((await repaired()).length).toBeGreaterThan(0)
    expect(await contents()).toEqual(stored)
  })

  test('also when the server was started again in between', async () => {
    damage('UPDATE blob SET refs = 0; UPDATE mailbox SET messages = 0')
    await store.close()
    await open()
    await repaired()
    expect(await contents()).toEqual(stored)
  })
})

describe('a damaged message is kept in quarantine, and announced as expunged', () => {
  const cut = (): void => truncateSync(file, 1000)
  const garble = (): void => {
    const garbled = readFileSync(file)
    garbled[500_000] = 7
    writeFileSync(file, garbled)
  }
  test.each([
    ['an octet of a file', garble, 4, true],
    ['the end of a file', cut, 4, true],
    ['a file', () => rmSync(file), 4, false],
    ['octets in the database', () => damage("UPDATE blob_content SET octets = x'0102' WHERE blob = 1"), 1, true],
    ['content in the database', () => damage('DELETE FROM blob_content WHERE blob = 1'), 1, false],
    [
      'the row of a blob',
      () => damage('DELETE FROM blob_content WHERE blob = 1; DELETE FROM blob WHERE id = 1'),
      1,
      false,
    ],
  ])('%s', async (_, spoil, uid, octetsAreLeft) => {
    const open = await store.openMailbox(inbox, { recent: false })
    spoil()
    const { done, left } = await repairer.repair({ dryRun: false })
    expect(left).toEqual([])
    expect(done.map(({ detail }) => detail).join('\n')).toContain(
      `message ${uid} of mailbox ${inbox} (ann@example.test, INBOX)`,
    )
    expect(find()).toEqual([])
    expect(open.changes.pending).toMatchObject([{ type: 'expunged', entries: [{ uid }] }])
    open.close()
    stored.delete(uid)
    expect(await contents()).toEqual(stored)
    expect(quarantined()).toContain(`${inbox}-${uid}.json`)
    expect(quarantined().filter((name) => name.endsWith('.eml')).length).toBe(Number(octetsAreLeft))
    const record = JSON.parse(readFileSync(join(folder.dir, 'quarantine', `${inbox}-${uid}.json`), 'utf8'))
    expect(record).toMatchObject({ user: 'ann@example.test', mailbox: 'INBOX', uid, reason: expect.any(String) })
  })

  test('a mailbox that is nobody’s', async () => {
    damage('DELETE FROM mailbox')
    await repaired()
    expect(quarantined()).toEqual(expect.arrayContaining([1, 3, 4, 5].map((uid) => `${inbox}-${uid}.json`)))
    expect(quarantined().filter((name) => name.endsWith('.eml')).length).toBe(4)
  })

  test('a queue entry', async () => {
    damage("UPDATE blob_content SET octets = x'00' WHERE blob = (SELECT blob FROM queue_message)")
    expect(await repaired()).toEqual(['blob-content'])
    expect(await waiting(store)).toEqual([])
    const record = JSON.parse(readFileSync(join(folder.dir, 'quarantine', 'queue-q.json'), 'utf8'))
    expect(record).toMatchObject({ message: { id: 'q' }, recipients: [{ recipient: 'x@far.test' }] })
  })

  test('a file that belongs to no message', async () => {
    const orphan = blobPath(folder.dir, 'cd'.repeat(32))
    mkdirSync(dirname(orphan), { recursive: true })
    writeFileSync(orphan, 'x')
    expect(await repaired()).toEqual(['orphan-file'])
    expect(quarantined()).toEqual([`orphan-${'cd'.repeat(32)}`])
  })
})

test('a dry run says what would be done, and does nothing', async () => {
  damage('UPDATE mailbox SET messages = 0')
  rmSync(file)
  const problems = await store.check()
  expect(await store.repair({ dryRun: true })).toEqual({ done: problems, left: [] })
  expect(await store.check()).toEqual(problems)
})

test('counts come right although mail comes and goes meanwhile, and two repair at once', async () => {
  damage('UPDATE mailbox SET messages = 50, unseen = 9, size = 3, recent = 1; UPDATE blob SET refs = refs + 2')
  let running = true
  const traffic = (async () => {
    for (let i = 0; running; i++) {
      await appendAll(store, inbox, [`t${i}`, flags(FLAG.deleted)], ['a'])
      if (i % 2 === 0) await store.expunge(inbox, null)
    }
  })()
  const both = await Promise.all([store.repair({ dryRun: false }), store.repair({ dryRun: false })])
  running = false
  await traffic
  expect(both.map(({ left }) => left)).toEqual([[], []])
  await checkInvariants(store)
})

const REPORTS = ['NULL', "'failed'", "'delayed'", "'relayed'"]

/** One piece of damage; `n` chooses where. */
const DAMAGES: readonly ((n: number) => void)[] = [
  (n) => damage(`UPDATE mailbox SET ${['messages', 'unseen', 'deleted', 'size', 'recent'][n % 5]} = ${n}`),
  (n) => damage(`UPDATE mailbox SET uid_next = ${1 + (n % 5)}, highest_modseq = ${n % 4}`),
  (n) => damage(`UPDATE blob SET refs = ${n % 4} WHERE id = ${1 + (n % 6)}`),
  (n) => damage(`UPDATE blob SET size = ${n} WHERE id = ${1 + (n % 6)}`),
  (n) => damage(`DELETE FROM blob WHERE id = ${1 + (n % 6)}`),
  (n) => damage(`DELETE FROM blob_content WHERE blob = ${1 + (n % 6)}`),
  (n) => damage(`DELETE FROM blob_index WHERE blob = ${1 + (n % 6)}`),
  (n) => damage(`UPDATE blob_content SET octets = zeroblob(${n}) WHERE blob = ${1 + (n % 6)}`),
  (n) => damage(`DELETE FROM message_flags WHERE uid = ${1 + (n % 5)}`),
  (n) => damage(`DELETE FROM message WHERE uid = ${1 + (n % 5)}`),
  (n) => damage(`UPDATE message SET blob = ${n} WHERE uid = ${1 + (n % 5)}`),
  (n) => damage(`UPDATE message SET size = ${n} WHERE uid = ${1 + (n % 5)}`),
  (n) => damage(`UPDATE message_flags SET keywords = x'0${n % 9}0${n % 7}' WHERE uid = ${1 + (n % 5)}`),
  (n) => damage(`DELETE FROM keyword WHERE position = ${n % 2}`),
  (n) => damage(`DELETE FROM ${['expunged', 'counter', 'domain', 'alias', 'alias_target', 'queue_message'][n % 6]}`),
  (n) => damage(`DELETE FROM ${['queue_recipient', 'mailbox', 'account', 'queue_destination'][n % 4]}`),
  (n) => damage(`UPDATE queue_destination SET ${['pending', 'held', 'next_due'][n % 3]} = ${n % 2}`),
  (n) => damage(`UPDATE queue_recipient SET status = '${['pending', 'held', 'delivered', 'failed'][n % 4]}'`),
  (n) => damage(`UPDATE queue_recipient SET claimed = ${n % 2}, attempt = 9, report = ${REPORTS[n % 4]}`),
  (n) => damage(`UPDATE queue_message SET ${['report_since', 'report_due'][n % 2]} = 1`),
  () => damage("INSERT OR IGNORE INTO queue_attempt VALUES (9, 'q', 1, NULL, 'S: 220')"),
  () => rmSync(file, { force: true }),
  (n) => existsSync(file) && truncateSync(file, n * 1000),
  (n) => existsSync(file) && writeFileSync(file, 'x'.repeat(n)),
]

test('any damage', async () => {
  const pieces = fc.array(fc.tuple(fc.nat(DAMAGES.length - 1), fc.nat(60)), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(pieces, async (chosen) => {
      await folder.remove()
      await setUp()
      for (const [which, n] of chosen) DAMAGES[which]?.(n)
      await repaired()
      await store.close()
      await open()
      expect(find()).toEqual([])
    }),
    { numRuns: 20, endOnFailure: true },
  )
}, 240_000)
