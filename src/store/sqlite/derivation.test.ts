/** Mail of releases that knew no sort keys and no threads gets both: all of it, whatever happens meanwhile. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { entriesOf, NONE, newUser, seal } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { MailboxId } from '../../core/ids.js'
import type { MessageKeys } from '../../message/message-keys.js'
import type { Store } from '../store.js'
import { blobPath } from './blob-files.js'
import { databasePath } from './connection.js'
import type { SqliteParts } from './open.js'

const KILLER = new URL('../../../test/crash/failpoints.mjs', import.meta.url).href
const DERIVING = fileURLToPath(new URL('../../../test/store/deriving.mjs', import.meta.url))

let folder: SqliteFolder
let parts: SqliteParts
let store: Store
let inbox: MailboxId
let sent: MailboxId

beforeEach(async () => {
  folder = sqliteFolder()
  await open()
  const user = await newUser(store)
  inbox = ((await store.findMailbox(user.id, 'INBOX')) as { id: MailboxId }).id
  sent = (await store.createMailbox(user.id, { name: 'Sent mail', specialUse: null })).id
})
afterEach(() => folder.remove())

async function open(options: Parameters<SqliteFolder['open']>[1] = {}): Promise<void> {
  parts = await folder.open({ messagesPerDerivation: 2 }, options)
  store = parts.store
}

/** `size`: of the body. */
async function add(mailbox: MailboxId, date: number, header: string, size = 1): Promise<void> {
  const blob = await seal(store, Buffer.from(`${header}\r\n\r\n${'x'.repeat(size)}`))
  await store.append(mailbox, [{ blob, flags: NONE, internalDate: date, internalZone: 0 }])
}

const answer = (id: string, to: string): string => `Subject: Re: lunch\r\nMessage-ID: <${id}>\r\nIn-Reply-To: <${to}>`

/** A conversation across two mailboxes, a copy, a stranger, a message of a file's size, and one without a header. */
async function fill(): Promise<void> {
  await add(inbox, 1, 'From: Ann <a@x.test>\r\nSubject: lunch\r\nMessage-ID: <1@x>\r\nDate: 1 Jan 2020 00:00:00 +0000')
  await add(sent, 2, answer('2@x', '1@x'))
  await add(inbox, 3, answer('3@x', '2@x'))
  await add(inbox, 4, 'Subject: =?utf-8?q?caf=C3=A9?=\r\nMessage-ID: <other@x>', 1_100_000)
  await add(sent, 5, '')
  await add(inbox, 6, answer('3@x', '2@x'))
}

interface Derived {
  readonly keys: readonly (MessageKeys | null)[]
  readonly threads: readonly (string | null)[]
}

async function derived(): Promise<Derived> {
  const keys: (MessageKeys | null)[] = []
  const threads: (string | null)[] = []
  for (const mailbox of [inbox, sent]) {
    const entries = await entriesOf(store, mailbox)
    keys.push(...(await store.keys(entries.map(({ blob }) => blob))))
    const uids = entries.map(({ uid }) => uid)
    threads.push(...(await store.objectIds(mailbox, uids)).map((ids) => ids?.threadId ?? null))
  }
  return { keys, threads }
}

function sql(text: string): void {
  const db = new Database(databasePath(folder.dir))
  db.pragma('foreign_keys = OFF')
  db.exec(text)
  db.close()
}

/** As a folder is that has been upgraded just now from before sort keys and threads: see migrations/upgrades.test.ts. */
async function age(): Promise<void> {
  await store.close()
  sql(`DELETE FROM blob_keys; UPDATE message SET thread = NULL; DELETE FROM thread; DELETE FROM thread_member;
    INSERT INTO unkeyed SELECT id FROM blob`)
}

const isWhole = ({ keys, threads }: Derived): boolean => !keys.includes(null) && !threads.includes(null)

async function untilWhole(): Promise<Derived> {
  for (;;) {
    const now = await derived()
    if (isWhole(now)) return now
    await folder.clock.advance(0)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('what is not there yet is no problem, and a repair makes it at once', async () => {
  await fill()
  const before = await derived()
  await age()
  await open()
  expect(await derived()).toEqual({ keys: Array(6).fill(null), threads: Array(6).fill(null) })
  expect(await store.check()).toEqual([])
  expect(await store.repair({ dryRun: true })).toEqual({ done: [], left: [] })
  const { done, left } = await store.repair({ dryRun: false })
  expect(done).toEqual([{ kind: 'not-derived', detail: 'made 11 sort keys and threads of mail of earlier releases' }])
  expect(left).toEqual([])
  expect(await derived()).toEqual(before)
  expect(await store.check()).toEqual([])
  expect(await store.repair({ dryRun: false })).toEqual({ done: [], left: [] })
})

test('the background makes it, and what has come meanwhile is in the same threads', async () => {
  await fill()
  const before = await derived()
  await age()
  await open()
  await add(inbox, 7, answer('7@x', '1@x'))
  await store.close()
  await open({ background: true })
  const now = await untilWhole()
  const threads = new Set(now.threads)
  expect(threads.size).toBe(new Set(before.threads).size)
  expect(now.threads.at(4)).toBe(now.threads.at(0))
  expect(await store.check()).toEqual([])
})

test('a message is in the thread of its parent that came later but is older', async () => {
  await add(inbox, 9, answer('2@x', '1@x'))
  await add(inbox, 10, 'Message-ID: <3@x>\r\nIn-Reply-To: <2@x>')
  await add(inbox, 8, 'Message-ID: <1@x>\r\nIn-Reply-To: <0@x>')
  await add(inbox, 7, 'Message-ID: <0@x>')
  await age()
  await open()
  await store.repair({ dryRun: false })
  expect(new Set((await derived()).threads).size).toBe(1)
})

test('a process that is killed in the middle leaves the rest to the next start', { timeout: 60_000 }, async () => {
  for (let round = 0; round < 4; round++) await fill()
  const before = await derived()
  await age()
  const env = { ...process.env, POSTHORN_TEST_KILL: 'committed:9' }
  expect(spawnSync(process.execPath, ['--import', KILLER, DERIVING, folder.dir], { env }).signal).toBe('SIGKILL')
  await open()
  const half = await derived()
  expect(half.keys).not.toEqual(Array(24).fill(null))
  expect(isWhole(half)).toBe(false)
  expect(await store.check()).toEqual([])
  await store.close()
  await open({ background: true })
  expect(await untilWhole()).toEqual(before)
  expect(await store.check()).toEqual([])
})

test('a message that cannot be read waits until it can, and holds up nobody', async () => {
  await fill()
  await age()
  await open()
  const [large] = await entriesOf(store, inbox).then((all) => all.filter(({ size }) => size > 1_000_000))
  const path = blobPath(folder.dir, (await sha256Of(large?.blob ?? 0)) ?? '')
  rmSync(path)
  await parts.deriver.catchUp()
  const { keys, threads } = await derived()
  expect(keys.map((key) => key === null)).toEqual([false, false, true, false, false, false])
  expect(threads.map((thread) => thread === null)).toEqual([false, false, true, false, false, false])
  expect((await store.check()).map(({ kind }) => kind)).toEqual(['blob-missing'])
})

async function sha256Of(blob: number): Promise<string | undefined> {
  const db = new Database(databasePath(folder.dir), { readonly: true })
  try {
    return db.prepare('SELECT lower(hex(sha256)) FROM blob WHERE id = ?').pluck().get(blob) as string | undefined
  } finally {
    db.close()
  }
}

test('what has gone since is passed over', async () => {
  await fill()
  await age()
  await open()
  const user = await store.findUser('ann@example.test')
  await store.removeUser(user?.address ?? '')
  await parts.deriver.catchUp()
  expect(await store.check()).toEqual([])
})

test('the sort keys of what waits to be sent are made as well', async () => {
  const blob = await seal(store, Buffer.from('Subject: q\r\n\r\n'))
  const deliveries = [{ kind: 'remote', recipient: 'x@far.test' }] as const
  await store.accept({ id: 'q', from: '', deliveries, blob, receivedAt: 0 })
  await age()
  await open()
  await parts.deriver.catchUp()
  sql('DELETE FROM unkeyed')
  expect(await store.check()).toEqual([])
})
