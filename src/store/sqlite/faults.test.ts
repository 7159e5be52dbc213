/** Disks that are full or refuse, writers that die: nothing is acknowledged that is not there, and the store goes on. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import {
  appendAll,
  entriesOf,
  flags,
  inboxOf,
  message,
  NONE,
  newInbox,
  newUser,
  octets,
  read,
  refusal,
  seal,
} from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { BlobId } from '../../core/ids.js'
import { storeLimits } from '../../core/limits.js'
import { FLAG } from '../changes.js'
import type { Store } from '../store.js'
import { applyBatch } from './apply-batch.js'
import { blobPath } from './blob-files.js'
import { databasePath } from './connection.js'
import type { WriteContext } from './write-context.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

const filesIn = (name: string): string[] =>
  readdirSync(join(folder.dir, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)

const said = (message: string) => folder.log.lines.filter((line) => line.message === message).map((line) => line.fields)
const unavailable = () => said('Storage unavailable')
const again = () => said('Storage available again')

test('a full disk refuses what does not fit, and only that; with room again all goes on', async () => {
  const { store, writer, budget } = await folder.open()
  const { inbox } = await newInbox(store)
  await appendAll(store, inbox, ['before'])
  const pages = Number(await writer.pragma('page_count'))
  await writer.pragma(`max_page_count = ${pages + 4}`)
  const big = { blob: await seal(store, octets('big', 900_000)), flags: NONE, internalDate: 0, internalZone: 0 }
  const results = await Promise.allSettled([
    store.append(inbox, [await message(store, 'a')]),
    store.append(inbox, [big]),
    store.append(inbox, [await message(store, 'b')]),
  ])
  expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(results[1]).toMatchObject({ reason: { refusal: 'unavailable' } })
  expect((await entriesOf(store, inbox)).map((e) => e.uid)).toEqual([1, 2, 3])
  expect(unavailable()).toMatchObject([
    { place: 'database', operation: 'write', error: expect.stringContaining('full') },
  ])
  await writer.pragma('max_page_count = 1000000')
  await appendAll(store, inbox, ['after'])
  expect(store.storage()).toMatchObject([{ trouble: 'refused', refused: 1 }])
  await folder.clock.advance(storeLimits.storageQuiet)
  expect(store.storage()).toEqual([])
  expect(again()).toMatchObject([{ duration_ms: storeLimits.storageQuiet, refused: 1 }])
  expect(budget.left).toBe(64 * 1024 * 1024)
  await checkInvariants(store)
})

test('a read-only database refuses writes, reads go on, and it recovers', async () => {
  const { store, writer } = await folder.open()
  const { inbox } = await newInbox(store)
  const blob = await seal(store, octets('large', 2_000_000))
  await writer.pragma('query_only = ON')
  expect(await refusal(appendAll(store, inbox, ['a']))).toBe('unavailable')
  expect(await refusal(store.addDomain('x.test'))).toBe('unavailable')
  expect(await refusal(store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }]))).toBe(
    'unavailable',
  )
  expect((await store.mailboxStatus(inbox)).messages).toBe(0)
  expect([...filesIn('blobs'), ...filesIn('spool')]).toEqual([])
  await writer.pragma('query_only = OFF')
  await appendAll(store, inbox, ['a'])
  await folder.clock.advance(storeLimits.storageQuiet)
  expect(unavailable()).toMatchObject([{ error: expect.stringContaining('SQLITE_READONLY') }])
  expect(again()).toMatchObject([{ path: join(folder.dir, 'posthorn.db'), refused: 3 }])
  await checkInvariants(store)
})

test('a fault fails alone: what shares its batch is stored', async () => {
  const { store } = await folder.open()
  const { inbox } = await newInbox(store)
  const accept = async (id: string): Promise<void> => {
    const blob = await seal(store, octets(`${id}-${Math.random()}`))
    await store.accept({ id, from: '', deliveries: [{ kind: 'remote', recipient: 'x@y.test' }], blob, receivedAt: 0 })
  }
  await accept('q1')
  const work = [appendAll(store, inbox, ['a']), accept('q1'), appendAll(store, inbox, ['b'])]
  const results = await Promise.allSettled(work)
  expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(results[1]).toMatchObject({ reason: { message: expect.stringContaining('UNIQUE') } })
  await checkInvariants(store)
})

test('a blob that was given away cannot be given again', async () => {
  const { store } = await folder.open()
  const { inbox } = await newInbox(store)
  for (const size of [0, 100, 2_000_000]) {
    const once = { blob: await seal(store, octets('x', size)), flags: NONE, internalDate: 0, internalZone: 0 }
    await store.append(inbox, [once])
    if (size < 2_000_000) await expect(store.append(inbox, [once])).rejects.toThrow('given to the store before')
  }
})

test('a spool whose disk refuses says so', async () => {
  const { store } = await folder.open({ spoolBudgetOctets: 0 })
  rmSync(join(folder.dir, 'spool'), { recursive: true })
  const spool = store.newSpool()
  expect(await refusal(Promise.resolve(spool.write(Buffer.alloc(10))))).toBe('unavailable')
  await spool.discard()
  await spool.discard()
  expect(unavailable()).toMatchObject([{ place: 'spool', path: join(folder.dir, 'spool') }])
  mkdirSync(join(folder.dir, 'spool'))
  await (await seal(store, Buffer.alloc(10))).discard()
  await folder.clock.advance(storeLimits.storageQuiet)
  expect(again()).toMatchObject([{ place: 'spool', refused: 1 }])
})

test('a file that is gone or cut short is unavailable', async () => {
  const { store } = await folder.open()
  const { inbox } = await newInbox(store)
  const blob = await seal(store, octets('large', 2_000_000))
  await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  const id = (await entriesOf(store, inbox))[0]?.blob as BlobId
  const path = blobPath(folder.dir, blob.sha256)
  const reader = await store.openBlob(id)
  renameSync(path, `${path}.away`)
  expect(await refusal(store.openBlob(id))).toBe('unavailable')
  expect(await refusal(drain(reader?.read(0, 10)))).toBe('unavailable')
  writeFileSync(path, 'short')
  expect(await refusal(store.openBlob(id))).toBe('unavailable')
  expect(await refusal(drain(reader?.read(0, 1000)))).toBe('unavailable')
  expect(store.storage()).toMatchObject([{ trouble: 'damaged', path, refused: 4 }])
  renameSync(`${path}.away`, path)
  expect((await read(store, id))?.length).toBe(blob.size)
  expect(store.storage()).toEqual([])
  expect([unavailable().length, again().length]).toEqual([1, 1])
})

test.each([
  ['gone', (path: string) => rmSync(path)],
  ['cut short', (path: string) => writeFileSync(path, 'short')],
])('the same message again is there, though the file of the first copy is %s', async (_, harm) => {
  const { store } = await folder.open()
  const { inbox } = await newInbox(store)
  const large = octets('large', 2_000_000)
  const add = async () => {
    const blob = await seal(store, large)
    await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
    return blobPath(folder.dir, blob.sha256)
  }
  harm(await add())
  await add()
  for (const { blob } of await entriesOf(store, inbox)) expect((await read(store, blob))?.equals(large)).toBe(true)
  expect(filesIn('spool')).toEqual([])
  await checkInvariants(store)
})

test.each(['DELETE FROM blob_content', "UPDATE blob_content SET octets = x'00'"])(
  'the same small message again is there, though the first copy is lost: %s',
  async (harm) => {
    const { store } = await folder.open()
    const { inbox } = await newInbox(store)
    await appendAll(store, inbox, ['small'])
    const db = new Database(databasePath(folder.dir))
    db.exec(harm)
    db.close()
    await appendAll(store, inbox, ['small'])
    for (const { blob } of await entriesOf(store, inbox)) expect(await read(store, blob)).toEqual(octets('small'))
    await checkInvariants(store)
  },
)

test('a page that makes no sense costs what is on it: other mail goes on, and it is told once', async () => {
  const first = await folder.open()
  const { inbox } = await newInbox(first.store)
  const { inbox: other } = await newInbox(first.store, 'bob@example.test')
  const damaged = await seal(first.store, octets('damaged', 300_000))
  await first.store.append(inbox, [{ blob: damaged, flags: NONE, internalDate: 0, internalZone: 0 }])
  await appendAll(first.store, other, ['sound'])
  await first.store.close()
  breakOverflowPage()
  const { store } = await folder.open()
  const [entry] = await entriesOf(store, inbox)
  const [sound] = await entriesOf(store, other)
  for (let i = 0; i < 3; i++) expect(await refusal(store.openBlob(entry?.blob as BlobId))).toBe('unavailable')
  expect(await read(store, sound?.blob as BlobId)).toEqual(octets('sound'))
  await appendAll(store, inbox, ['more'])
  await folder.clock.advance(storeLimits.storageQuiet)
  expect(unavailable()).toMatchObject([{ trouble: 'damaged', error: expect.stringContaining('SQLITE_CORRUPT') }])
  expect(store.storage()).toMatchObject([{ refused: 3 }])
})

/** The last overflow page of the large message gets a successor that does not exist. */
function breakOverflowPage(): void {
  const path = databasePath(folder.dir)
  const file = readFileSync(path)
  const content = Buffer.alloc(4000, 'x')
  for (let page = 0; page < file.length / 4096; page++) {
    const at = page * 4096
    // Four octets that name the next page, then content.
    if (!file.subarray(at + 4, at + 4004).equals(content) || file.readUInt32BE(at) === 0) continue
    file.writeUInt32BE(0x7fffffff, at)
    writeFileSync(path, file)
    return
  }
  throw new Error('there is no overflow page')
}

test.each([
  ['of the log', 'SQLITE_IOERR_FSYNC'],
  ['of a folder', 'EIO'],
])('an fsync %s that fails refuses the whole batch, and is not asked again', (_, code) => {
  const ran: string[] = []
  const error = Object.assign(new Error('it failed'), { code, syscall: 'fsync' })
  const cx = {
    sql: {
      run: (sql: string) => {
        ran.push(sql)
        if (sql === 'COMMIT') throw error
      },
      get: () => undefined,
      db: { inTransaction: true, exec: (sql: string) => ran.push(sql) },
    },
    files: { dir: '/data', sync: () => {}, sweep: () => {} },
  } as unknown as WriteContext
  const { outcomes, effects } = applyBatch(cx, [{ kind: 'barrier' }, { kind: 'barrier' }])
  expect(outcomes).toMatchObject([{ refusal: 'unavailable' }, { refusal: 'unavailable' }])
  expect(effects.changes).toEqual([])
  expect(ran.filter((sql) => !sql.includes('op'))).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'])
})

test('a connection that cannot undo what failed is not used again', () => {
  const failure = Object.assign(new Error('no'), { code: 'SQLITE_IOERR' })
  const fail = (): never => {
    throw failure
  }
  const cx = { sql: { run: fail, db: { inTransaction: true, exec: fail } }, files: {} } as unknown as WriteContext
  expect(() => applyBatch(cx, [{ kind: 'barrier' }])).toThrow('no')
})

async function drain(pieces: AsyncIterable<unknown> | undefined): Promise<void> {
  for await (const _ of pieces ?? []);
}

describe('check and gc', () => {
  const looks = { check: (store: Store) => store.check(), gc: (store: Store) => store.collectGarbage({ dryRun: true }) }
  test.each(Object.entries(looks))('that cannot read the data say what the disk says: %s', async (_, look) => {
    const { store } = await folder.open()
    renameSync(databasePath(folder.dir), `${databasePath(folder.dir)}.away`)
    await expect(look(store)).rejects.toMatchObject({
      refusal: 'disk',
      message: 'the data cannot be looked through: unable to open database file',
    })
    renameSync(`${databasePath(folder.dir)}.away`, databasePath(folder.dir))
    await look(store)
  })

  test.each(Object.entries(looks))('that fail say why: %s', async (_, look) => {
    const { store } = await folder.open()
    const db = new Database(databasePath(folder.dir))
    db.exec('ALTER TABLE queue_message RENAME TO lost')
    db.close()
    await expect(look(store)).rejects.toThrow('no such table')
  })
})

test('when the writer dies, all that waits fails, and so does what comes', async () => {
  const { store, writer } = await folder.open()
  const { inbox } = await newInbox(store)
  const made = await message(store, 'a')
  const waiting = store.append(inbox, [made])
  await Promise.all([writer.terminate(), expect(waiting).rejects.toThrow('the writer thread has died')])
  await expect(store.addDomain('x.test')).rejects.toThrow('the writer thread has died')
  expect(folder.faults.map((f) => f.message)).toEqual([expect.stringContaining('the writer thread has died')])
  expect(await store.findDomain('example.test')).not.toBeNull()
  await store.close()
  await checkInvariants((await folder.open()).store)
})

test('a writer that dies while the store closes fails what waits', async () => {
  const { store, writer } = await folder.open()
  const { inbox } = await newInbox(store)
  const appended = store.append(inbox, [await message(store, 'a')]).catch((error: Error) => error.message)
  const closed = store.close()
  await writer.terminate()
  await closed
  // The thread may have been quick: then the message is stored. It never stays without an answer.
  expect(await appended).toEqual(expect.anything())
})

test('an operation that cannot travel fails alone in its message, and others go on', async () => {
  const { store } = await folder.open()
  const { inbox } = await newInbox(store)
  const odd = { system: 0, keywords: [(() => {}) as never] }
  await expect(store.setFlags(inbox, [1 as never], 'add', odd)).rejects.toThrow('could not be cloned')
  await appendAll(store, inbox, ['a'])
})

test('opening a folder that cannot be written fails and lets it go', async () => {
  const { store } = await folder.open()
  await newUser(store)
  await store.close()
  const path = join(folder.dir, 'posthorn.db')
  renameSync(path, `${path}.away`)
  writeFileSync(path, 'this is no database, though it is longer than the header of one would have to be'.repeat(9))
  await expect(folder.open()).rejects.toThrow('not a database')
  rmSync(path)
  renameSync(`${path}.away`, path)
  const again = await folder.open()
  const user = await again.store.findUser('ann@example.test')
  await appendAll(again.store, (await inboxOf(again.store, user as never)).id, ['a', flags(FLAG.seen)])
})
