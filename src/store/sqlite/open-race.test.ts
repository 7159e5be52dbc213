/** A mailbox that is opened between a commit and its publication: what is in it already is not told again. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import { appendAll, entriesOf, flags, message, newInbox, uids } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { Uid } from '../../core/ids.js'
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

test.each([100, 3])('an append, a flag and an expunge (read at once up to %i)', async (rowsPerLoad) => {
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

test.each([
  [true, true],
  [true, false],
])('what commits before two sessions open (claiming: %s, %s) is news, and \\Recent', async (...recents) => {
  const { store } = await folder.open()
  const { inbox } = await newInbox(store)
  await appendAll(store, inbox, ['a'])
  const selected = await store.openMailbox(inbox, { recent: false })
  const appended = store.append(inbox, [await message(store, 'b')])
  await holdBreath()
  const opening = recents.map((recent) => store.openMailbox(inbox, { recent }))
  for (const open of [selected, ...(await Promise.all(opening))]) {
    await appended
    expect([...open.uids]).toEqual([1])
    expect(open.changes.pending).toMatchObject([{ type: 'added', entries: [{ uid: 2 }] }])
    expect(open.firstRecent).toBeLessThanOrEqual(2)
    open.close()
  }
  expect(await store.mailboxStatus(inbox)).toMatchObject({ firstRecent: 2, recent: 1 })
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

test('what a reader thread reads while mail comes, changes and goes is told neither twice nor never', async () => {
  const { store } = await folder.open({ rowsPerLoad: 2, idleMailboxOctets: 0 })
  const { inbox } = await newInbox(store)
  await appendAll(store, inbox, ...Array.from({ length: 300 }, (_, i): [string] => [`m${i}`]))
  for (let round = 0; round < 5; round++) {
    const added = await message(store, `m${round}`)
    const opening = [0, 1].map(() => store.openMailbox(inbox, { recent: false }))
    const early = store.append(inbox, [added])
    // The thread has read, the writer has committed, and this thread hears of both at once.
    await holdBreath()
    await early
    let loading = true
    const opened = Promise.all(opening).finally(() => {
      loading = false
    })
    for (let n = 0; loading || n === 0; n++) {
      const at = 20 * round + (n % 20) + 1
      await Promise.all([
        appendAll(store, inbox, [`r${round}-${n}`]),
        store.setFlags(inbox, uids(at, at + 100), 'set', flags(n % 2 === 0 ? FLAG.deleted : FLAG.seen, `k${n % 3}`)),
        store.expunge(inbox, uids(at)),
      ])
    }
    const seen = (await opened).map(({ uids: begin, changes, state, close }) => {
      const told = new Set(begin)
      for (const change of changes.pending) {
        if (change.type === 'added')
          for (const { uid } of change.entries) expect(told.size).toBe(told.add(uid).size - 1)
        if (change.type === 'expunged') for (const { uid } of change.entries) expect(told.delete(uid)).toBe(true)
      }
      const entries = [...state.uids].map((uid) => state.entry(uid as Uid))
      close()
      return { told: [...told].sort((a, b) => a - b), entries }
    })
    // Nobody has it open now, so it is read anew.
    const entries = await entriesOf(store, inbox)
    for (const one of seen) expect(one).toEqual({ told: entries.map((e) => e.uid), entries })
  }
})
