/** Disks that are full or refuse, writers that die: nothing is acknowledged that is not there, and the store goes on. */
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
import { FLAG } from '../changes.js'
import { blobPath } from './blob-files.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

const filesIn = (name: string): string[] =>
  readdirSync(join(folder.dir, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)

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
  await writer.pragma('max_page_count = 1000000')
  await appendAll(store, inbox, ['after'])
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
  renameSync(`${path}.away`, path)
  expect((await read(store, id))?.length).toBe(blob.size)
})

async function drain(pieces: AsyncIterable<unknown> | undefined): Promise<void> {
  for await (const _ of pieces ?? []);
}

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
