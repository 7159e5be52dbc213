/** What is acknowledged survives: the settings, a close, a kill; and what a crash leaves behind goes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import {
  appendAll,
  entriesOf,
  flags,
  inboxOf,
  message,
  newInbox,
  octets,
  read,
  START,
  seal,
} from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { FakeClock } from '../../core/clock.js'
import { type BlobId, systemRandom, type Uid } from '../../core/ids.js'
import { FLAG } from '../changes.js'
import type { Store } from '../store.js'
import { blobPath } from './blob-files.js'
import { openSqliteStore } from './open.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

const large = (name: string): Buffer => octets(name, 1_500_000)

test('the write connection syncs every commit', async () => {
  const { writer } = await folder.open()
  expect(await writer.pragma('journal_mode')).toBe('wal')
  expect(await writer.pragma('synchronous')).toBe(2) // FULL
})

test('the folder is for its owner alone', async () => {
  await folder.open()
  expect(statSync(join(folder.dir, 'blobs')).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder.dir, 'spool')).mode & 0o777).toBe(0o700)
})

test('everything is there after a close', async () => {
  const before = await folder.open()
  const { user, inbox } = await newInbox(before.store)
  await appendAll(before.store, inbox, ['a', flags(FLAG.seen, 'k')], ['b'])
  await before.store.recordLogin(user.id, 5)
  const blob = await seal(before.store, large('c'))
  await before.store.append(inbox, [{ blob, flags: flags(0), internalDate: 1, internalZone: 2 }])
  const entries = await entriesOf(before.store, inbox)
  await before.store.close()
  const { store } = await folder.open()
  expect(await entriesOf(store, inbox)).toEqual(entries)
  expect((await store.findUser(user.address))?.lastLogin).toBe(5)
  expect((await read(store, entries[2]?.blob as BlobId))?.equals(large('c'))).toBe(true)
  await checkInvariants(store)
})

test('close finishes what was submitted', async () => {
  const { store } = await folder.open()
  const { inbox } = await newInbox(store)
  const messages = await Promise.all(Array.from({ length: 20 }, (_, i) => message(store, `m${i}`)))
  const appended = messages.map((m) => store.append(inbox, [m]))
  const closed = store.close()
  expect((await Promise.all(appended)).length).toBe(20)
  await closed
  await store.close()
  await expect(store.addDomain('late.test')).rejects.toThrow('the store is closed')
  const again = await folder.open()
  expect((await entriesOf(again.store, inbox)).length).toBe(20)
})

test('a close leaves all data in one file, so that it can be copied', async () => {
  const { store } = await folder.open()
  const { inbox } = await newInbox(store)
  await appendAll(store, inbox, ['a'])
  await store.close()
  expect(readdirSync(folder.dir).sort()).toEqual(['blobs', 'lock.db', 'posthorn.db', 'spool'])
})

test('UIDVALIDITY goes on rising after a restart with a clock that went back', async () => {
  const first = await folder.open()
  const { user } = await newInbox(first.store)
  const { uidValidity } = await first.store.createMailbox(user.id, { name: 'a', specialUse: null })
  await first.store.close()
  const clock = new FakeClock(START - 86_400_000)
  const store = await openSqliteStore({ dir: folder.dir, clock, random: systemRandom })
  const made = await store.createMailbox(user.id, { name: 'b', specialUse: null })
  expect(made.uidValidity).toBe(uidValidity + 1)
  await store.close()
})

/** Starts the appender, lets it acknowledge `acks` messages and kills it. Gives the names it acknowledged. */
async function killAfter(acks: number): Promise<string[]> {
  const script = fileURLToPath(new URL('../../../test/store/appender.mjs', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [script, folder.dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const names: string[] = []
  if (child.stdout === null) throw new Error('the appender has no output')
  for await (const name of createInterface({ input: child.stdout })) {
    names.push(name)
    if (names.length === acks) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  expect(child.signalCode).toBe('SIGKILL')
  return names
}

async function subjects(store: Store): Promise<string[]> {
  const user = await store.findUser('ann@example.test')
  const entries = user === null ? [] : await entriesOf(store, (await inboxOf(store, user)).id)
  const contents = await Promise.all(entries.map((e) => read(store, e.blob)))
  return contents.map((c) => /^Subject: (.*)\r/.exec(c?.subarray(0, 100).toString('latin1') ?? '')?.[1] ?? '')
}

test('what was acknowledged before a kill is there once, and nothing is half there', async () => {
  const setup = await folder.open()
  await newInbox(setup.store)
  await setup.store.close()
  const acknowledged: string[] = []
  for (const acks of [1, 40, 150]) {
    acknowledged.push(...(await killAfter(acks)))
    const { store } = await folder.open()
    const stored = await subjects(store)
    expect(new Set(stored).size).toBe(stored.length)
    for (const name of acknowledged) expect(stored).toContain(name)
    await checkInvariants(store)
    expect(readdirSync(join(folder.dir, 'spool'))).toEqual([])
    await store.close()
  }
})

test('a start removes files without a row, spool files, and contents that nobody refers to', async () => {
  const before = await folder.open()
  const { inbox } = await newInbox(before.store)
  for (const name of ['small', 'large']) {
    const blob = await seal(before.store, name === 'small' ? octets(name) : large(name))
    await before.store.append(inbox, [{ blob, flags: flags(FLAG.deleted), internalDate: 0, internalZone: 0 }])
  }
  const held = await before.store.openMailbox(inbox, { recent: false })
  const blobs = Array.from(held.uids, (uid) => held.state.entry(uid as Uid)?.blob as BlobId)
  await before.store.expunge(inbox, null)
  expect(await Promise.all(blobs.map((b) => before.store.openBlob(b)))).not.toContain(null)
  await before.store.close()
  const orphan = blobPath(folder.dir, 'ab'.repeat(32))
  mkdirSync(dirname(orphan), { recursive: true })
  for (const path of [orphan, join(folder.dir, 'blobs', 'README'), join(folder.dir, 'spool', 'left')]) {
    writeFileSync(path, 'stray')
  }
  const { store } = await folder.open()
  expect(await Promise.all(blobs.map((b) => store.openBlob(b)))).toEqual([null, null])
  const files = readdirSync(join(folder.dir, 'blobs'), { recursive: true, withFileTypes: true })
  expect(files.filter((f) => f.isFile())).toEqual([])
  expect(existsSync(join(folder.dir, 'spool', 'left'))).toBe(false)
  await checkInvariants(store)
})
