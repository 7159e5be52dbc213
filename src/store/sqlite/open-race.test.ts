/** A mailbox that is opened between a commit and its publication: what is in it already is not told again. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import { appendAll, flags, message, newInbox, uids } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { FLAG } from '../changes.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

/** Keeps this thread from hearing anything while the writer commits what was submitted. */
async function holdBreath(): Promise<void> {
  for (let i = 0; i < 20; i++) await null
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
}

test.each([100, 3])('an append, a flag and an expunge (slices of %i)', async (rowsPerLoad) => {
  const { store, loader } = await folder.open({ rowsPerLoad })
  const { inbox } = await newInbox(store)
  await appendAll(store, inbox, ['a'], ['b', flags(FLAG.deleted)], ['c'], ['d'], ['e'])
  const added = await message(store, 'f')
  const work = [
    store.append(inbox, [added]),
    store.setFlags(inbox, uids(1), 'add', flags(FLAG.seen)),
    store.expunge(inbox, null),
  ]
  await holdBreath()
  const first = store.openMailbox(inbox, { recent: false })
  const open = await first
  const second = await store.openMailbox(inbox, { recent: false })
  expect([...open.uids]).toEqual([1, 3, 4, 5, 6])
  await Promise.all(work)
  for (const session of [open, second]) {
    expect([...session.uids]).toEqual([1, 3, 4, 5, 6])
    expect(session.changes.pending).toEqual([])
    expect([...session.state.uids]).toEqual([1, 3, 4, 5, 6])
    session.close()
  }
  expect(loader.size).toBe(0)
  await checkInvariants(store)
})

test('what commits while a long mailbox loads is told', async () => {
  const { store } = await folder.open({ rowsPerLoad: 2 })
  const { inbox } = await newInbox(store)
  await appendAll(store, inbox, ...Array.from({ length: 200 }, (_, i): [string] => [`m${i}`]))
  const added = await message(store, 'late')
  const opening = store.openMailbox(inbox, { recent: false })
  for (let i = 0; i < 20; i++) await null
  const appended = store.append(inbox, [added])
  const open = await opening
  await appended
  const told = open.changes.pending.flatMap((c) => (c.type === 'added' ? c.entries.map((e) => e.uid) : []))
  expect([...open.uids, ...told]).toEqual(Array.from({ length: 201 }, (_, i) => i + 1))
  expect(open.state.count).toBe(201)
  open.close()
})

test('a session that gives up while its mailbox loads leaves nothing in memory', async () => {
  const { store, loader } = await folder.open({ rowsPerLoad: 2 })
  const { inbox } = await newInbox(store)
  await appendAll(store, inbox, ['a'], ['b'], ['c'], ['d'], ['e'])
  const opening = [1, 2, 3].map(() => store.openMailbox(inbox, { recent: true }))
  for (const open of await Promise.all(opening)) open.close()
  await expect(store.openMailbox(999_999 as never, { recent: false })).rejects.toThrow()
  expect(loader.size).toBe(0)
})
