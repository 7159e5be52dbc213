/** What nobody needs goes, what somebody has or may get stays, whatever goes on meanwhile. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
  settle,
} from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { MailboxId } from '../../core/ids.js'
import { FLAG } from '../changes.js'
import { Eraser } from '../eraser.js'
import { StoreError } from '../errors.js'
import type { Store } from '../store.js'
import { blobPath, listBlobFiles, spoolFolder } from './blob-files.js'
import { databasePath } from './connection.js'

const LARGE = 1_100_000
const NOTHING = { contents: 0, inUse: 0, files: 0, doubtful: 0, spool: 0, deliveries: 0, expunged: 0 }

let folder: SqliteFolder
let store: Store
let inbox: MailboxId

beforeEach(async () => {
  folder = sqliteFolder()
  store = (await folder.open()).store
  inbox = (await newInbox(store)).inbox
})
afterEach(() => folder.remove())

/** How many of each. */
async function collected(dryRun = false): Promise<object> {
  const { contents, files, spool, ...rest } = await store.collectGarbage({ dryRun })
  return { ...rest, contents: contents.count, files: files.count, spool: spool.count }
}

/** A file as it lies in the folder when a crash or a failing disk kept it from being removed. */
function stray(sha256: string): string {
  const path = blobPath(folder.dir, sha256)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'stray')
  return path
}

const damage = (sql: string): void => {
  const db = new Database(databasePath(folder.dir))
  db.pragma('foreign_keys = OFF')
  db.exec(sql)
  db.close()
}

test('there is nothing to take from a sound store', async () => {
  await appendAll(store, inbox, ['a'], ['b', flags(FLAG.deleted)])
  await store.expunge(inbox, null)
  expect(await collected()).toEqual(NOTHING)
})

test('unreferenced contents, files without rows, leftovers and old notes go, and a dry run only counts them', async () => {
  await appendAll(store, inbox, ['stays'])
  const blob = await seal(store, octets('large', LARGE))
  await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  const deliveries = [{ kind: 'local', mailbox: inbox, recipient: 'ann@example.test' }] as const
  const spool = store.newSpool()
  spool.mark()
  await spool.write(octets('delivered'))
  await store.accept({ id: 'q', from: '', deliveries, blob: await spool.seal(), receivedAt: folder.clock.now() })
  await folder.clock.advance(3_600_000)
  // As if the erase of the two had failed.
  damage(`DELETE FROM message_flags WHERE uid = 2; DELETE FROM message WHERE uid = 2;
    UPDATE blob SET refs = 0 WHERE file = 1;`)
  const path = stray('ab'.repeat(32))
  const leftover = join(spoolFolder(folder.dir), 'leftover')
  writeFileSync(leftover, 'x')
  const found = { contents: 1, inUse: 0, files: 1, doubtful: 0, spool: 1, deliveries: 1, expunged: 0 }
  expect(await collected(true)).toEqual(found)
  expect([existsSync(path), existsSync(leftover)]).toEqual([true, true])
  expect(await collected()).toEqual(found)
  expect([existsSync(path), existsSync(leftover)]).toEqual([false, false])
  expect([...listBlobFiles(folder.dir)]).toEqual([])
  expect(await collected()).toEqual(NOTHING)
  expect(await entriesOf(store, inbox)).toHaveLength(2)
})

test('what a session still reads goes when it lets go', async () => {
  await appendAll(store, inbox, ['a', flags(FLAG.deleted)])
  const open = await store.openMailbox(inbox, { recent: false })
  const [entry] = await entriesOf(store, inbox)
  await store.expunge(inbox, null)
  expect(await collected()).toEqual({ ...NOTHING, inUse: 1 })
  if (entry === undefined) throw new Error('no entry')
  expect(await read(store, entry.blob)).not.toBeNull()
  open.close()
  await settle(store)
  expect(await read(store, entry.blob)).toBeNull()
})

test('a wrong count takes no mail away, nor do lost rows', async () => {
  await appendAll(store, inbox, ['a'], ['b'])
  damage('UPDATE blob SET refs = 0')
  expect(await collected()).toEqual(NOTHING)
  damage('DELETE FROM blob WHERE id = 1')
  const path = stray('cd'.repeat(32))
  expect(await collected()).toEqual({ ...NOTHING, doubtful: 1 })
  expect(existsSync(path)).toBe(true)
})

test('a message whose content is counted wrong keeps it when another one goes', async () => {
  await appendAll(store, inbox, ['a', flags(FLAG.deleted)], ['a'])
  damage('UPDATE blob SET refs = 1')
  await store.expunge(inbox, null)
  await settle(store)
  const [entry] = await entriesOf(store, inbox)
  if (entry === undefined) throw new Error('no entry')
  expect(await read(store, entry.blob)).toEqual(octets('a'))
  expect((await store.check()).map(({ kind }) => kind)).toEqual(['blob-references'])
  await store.repair({ dryRun: false })
  expect(await store.check()).toEqual([])
})

test('under load nothing goes that a message has', async () => {
  let running = true
  const load = async (worker: number): Promise<void> => {
    for (let i = 0; running; i++) {
      // The same contents come and go, large ones too.
      const blob = await seal(store, octets(`${(worker + i) % 3}`, i % 2 === 0 ? LARGE : 0))
      const [added] = await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
      if (added === undefined || i % 3 === 0) continue
      await store.setFlags(inbox, [added.uid], 'add', flags(FLAG.deleted))
      await store.expunge(inbox, [added.uid])
    }
  }
  const loads = [0, 1, 2].map(load)
  for (let i = 0; i < 5; i++) await store.collectGarbage({ dryRun: false })
  running = false
  await Promise.all(loads)
  await checkInvariants(store)
  for (const { blob, size } of await entriesOf(store, inbox)) expect((await read(store, blob))?.length).toBe(size)
  expect(readdirSync(spoolFolder(folder.dir))).toEqual([])
})

test('what a disk refused to erase is tried again, and left when the store closes', async () => {
  const asked: (readonly number[])[] = []
  let refuse = true
  const { clock } = folder
  const eraser = new Eraser(
    2,
    (ms, fire) => clock.after(ms, fire),
    async (blobs) => {
      asked.push(blobs)
      if (refuse) throw new StoreError('unavailable', 'disk full')
    },
  )
  const before = clock.pending
  eraser.add([1, 2, 3] as never)
  await settle(store)
  expect(asked).toEqual([[1, 2]])
  eraser.add([4] as never)
  await clock.advance(29_000)
  expect(asked).toHaveLength(1)
  refuse = false
  await clock.advance(1_000)
  await settle(store)
  expect(asked.slice(1).flat().sort()).toEqual([1, 2, 3, 4])
  refuse = true
  eraser.add([5] as never)
  await settle(store)
  eraser.close()
  expect(clock.pending).toBe(before)
})
