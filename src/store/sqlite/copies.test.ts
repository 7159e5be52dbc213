/** A copy of several slices is whole or gone: after a refusal, a crash, and a disk that refuses to take it back. */
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PATIENCE } from '../../../test/patience.js'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import { appendAll, entriesOf, inboxOf, newUser, refusal, START, settle } from '../../../test/store/fixtures.js'
import { killedCopy } from '../../../test/store/killed-copy.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { FakeClock } from '../../core/clock.js'
import { type AccountId, type MailboxId, systemRandom, type Uid } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import type { Submit } from '../ops.js'
import type { Store } from '../store.js'
import { openReader } from './connection.js'
import { Copies } from './copies.js'
import { openParts, type SqliteParts } from './open.js'
import { Statements } from './statements.js'

const LIMITS = { rowsPerWrite: 2 }

let folder: SqliteFolder
let parts: SqliteParts
let inbox: MailboxId
let other: MailboxId
let all: Uid[]
beforeEach(async () => {
  folder = sqliteFolder()
  parts = await folder.open(LIMITS)
  const user = await newUser(parts.store, 'ann@example.test', 'other')
  inbox = (await inboxOf(parts.store, user)).id
  other = (await parts.store.findMailbox(user.id, 'other'))?.id as MailboxId
  all = await appendAll(parts.store, inbox, ['a'], ['b'], ['c'], ['d'], ['e'])
  await appendAll(parts.store, other, ['there'])
})
afterEach(() => folder.remove())

const part = (copy: number | null) => ({ copy, last: false, ahead: { octets: 0, messages: 0 } })

/** Slices of a copy that nobody completes. @returns its number */
async function beginCopy(slices: number): Promise<number | null> {
  let copy: number | null = null
  for (let i = 0; i < slices; i++) {
    const uids = all.slice(2 * i, 2 * i + 2)
    const route = { from: inbox, to: other, uids, whole: false, origin: null }
    const made: { copy: number | null } = await parts.writer.submit({
      kind: 'copy-messages',
      ...route,
      part: part(copy),
    })
    copy = made.copy
  }
  return copy
}

const uidsIn = async (store: Store, mailbox: MailboxId): Promise<number[]> =>
  (await entriesOf(store, mailbox)).map(({ uid }) => uid)

function unfinished(dir: string): number {
  const sql = new Statements(openReader(dir))
  try {
    return sql.get<{ n: number }>('SELECT count(*) AS n FROM unfinished_copy')?.n ?? -1
  } finally {
    sql.db.close()
  }
}

test('what a crash leaves of it goes at the next start, and what came between stays', async () => {
  await beginCopy(1)
  await appendAll(parts.store, other, ['between'])
  await beginCopy(2)
  expect(await uidsIn(parts.store, other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  await parts.store.move(other, [6 as Uid], inbox)
  await settle(parts.store)
  const dir = killedCopy(folder.dir)
  const store = (await openParts({ dir, clock: new FakeClock(START), random: systemRandom, limits: LIMITS })).store
  try {
    await expect.poll(() => uidsIn(store, other), PATIENCE).toEqual([1, 4])
    expect(await uidsIn(store, inbox)).toEqual([...all, 6])
    expect(unfinished(dir)).toBe(0)
    await checkInvariants(store)
    const { uidValidity } = await store.mailboxStatus(other)
    expect(await store.copy(inbox, all, other)).toEqual({ uidValidity, from: all, to: [9, 10, 11, 12, 13] })
  } finally {
    await store.close()
    rmSync(dir, { recursive: true })
  }
})

test('one that is complete is nobody to take back', async () => {
  await parts.store.copy(inbox, all, other)
  expect(unfinished(folder.dir)).toBe(0)
  expect(await uidsIn(parts.store, other)).toEqual([1, 2, 3, 4, 5, 6])
})

test('a message that goes while it is copied makes it none at all, where it must be whole', async () => {
  await parts.store.setFlags(inbox, all.slice(4), 'add', { system: 8, keywords: [] })
  const copying = parts.store.copy(inbox, all, other, { whole: true })
  const gone = parts.store.expunge(inbox, null)
  expect(await refusal(copying)).toBe('no-such-message')
  await gone
  expect(await uidsIn(parts.store, other)).toEqual([1])
  expect(unfinished(folder.dir)).toBe(0)
  await checkInvariants(parts.store)
})

test('a destination that is deleted takes the copies with it', async () => {
  const copy = (await beginCopy(2)) as number
  const user = await parts.store.findUser('ann@example.test')
  await parts.store.deleteMailbox(user?.id as AccountId, 'other')
  expect(await parts.writer.submit({ kind: 'undo-copy', copy, origin: null })).toBe(true)
  expect(await parts.writer.submit({ kind: 'undo-copy', copy, origin: null })).toBe(false)
  expect(await parts.writer.submit({ kind: 'undo-copy', copy, origin: null })).toBe(false)
  await checkInvariants(parts.store)
})

test('what a disk that refuses leaves of it goes once the disk works', async () => {
  let working = true
  let woken = 0
  const submit: Submit = async (op) => {
    if (!working || ('uids' in op && Array.isArray(op.uids) && op.uids.includes(all[2]))) {
      working = false
      throw new StoreError('unavailable', 'disk full')
    }
    return parts.writer.submit(op)
  }
  const sql = new Statements(openReader(folder.dir))
  const copies = new Copies({ sql, submit, limits: LIMITS, onAbandoned: () => woken++ })
  expect(await refusal(copies.copy(inbox, all, other))).toBe('unavailable')
  expect([woken, await uidsIn(parts.store, other)]).toEqual([1, [1, 2, 3]])
  expect(await refusal(copies.undoSlice())).toBe('unavailable')
  working = true
  expect([await copies.undoSlice(), await copies.undoSlice()]).toEqual([true, false])
  expect(await uidsIn(parts.store, other)).toEqual([1])
  expect(unfinished(folder.dir)).toBe(0)
  sql.db.close()
  await checkInvariants(parts.store)
})

test('a change of the source between two slices of a MOVE loses nothing', async () => {
  const moving = parts.store.move(inbox, all, other)
  await parts.store.setFlags(inbox, [all[4] as Uid], 'add', { system: 8, keywords: [] })
  await parts.store.expunge(inbox, null)
  const { from, to } = await moving
  expect(from.length).toBe(to.length)
  expect(await uidsIn(parts.store, inbox)).toEqual([])
  expect((await uidsIn(parts.store, other)).length).toBe(from.length + 1)
  await checkInvariants(parts.store)
})
