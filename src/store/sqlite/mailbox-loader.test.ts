/** Mailboxes in memory: what changes while a thread reads one is in it once, and those that nobody has open follow all changes. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendAll, entriesOf, flags, newInbox, uids } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { MailboxId, Uid } from '../../core/ids.js'
import { FLAG } from '../changes.js'
import type { LiveMailbox, MailboxSnapshot } from '../mailbox-state.js'
import { ColumnReader } from './column-reader.js'
import { openReader } from './connection.js'
import { MailboxLoader } from './mailbox-loader.js'
import { readSnapshot } from './mailbox-snapshot.js'
import { Statements } from './statements.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

async function stateOf(loader: MailboxLoader, mailbox: MailboxId): Promise<LiveMailbox> {
  const state = await loader.acquire(mailbox)
  loader.release(mailbox)
  return state
}

test('one that is opened again is the same, with all that has happened meanwhile', async () => {
  const { store, loader } = await folder.open()
  const { inbox } = await newInbox(store)
  await appendAll(store, inbox, ['a'], ['b'])
  const before = await stateOf(loader, inbox)
  expect(loader.size).toBe(0)
  await appendAll(store, inbox, ['c', flags(0, 'word')])
  await store.setFlags(inbox, uids(1, 3), 'add', flags(FLAG.seen))
  await store.setFlags(inbox, uids(2), 'add', flags(FLAG.deleted))
  await store.expunge(inbox, null)
  expect(await stateOf(loader, inbox)).toBe(before)
  expect(await entriesOf(store, inbox)).toMatchObject([
    { uid: 1, system: FLAG.seen, keywords: [] },
    { uid: 3, system: FLAG.seen, keywords: ['word'] },
  ])
  expect(before).toMatchObject({ count: 2, uidNext: 4, keywords: ['word'] })
  expect(before.highestModSeq).toBe((await store.mailboxStatus(inbox)).highestModSeq)
})

test('those that were let go first make room for others', async () => {
  const { store, loader } = await folder.open({ idleMailboxOctets: 2 * (1024 + 39 * 16) })
  const { user } = await newInbox(store)
  const boxes = await Promise.all(
    ['one', 'two', 'three'].map(async (name) => (await store.createMailbox(user.id, { name, specialUse: null })).id),
  )
  const states = await Promise.all(boxes.map((box) => stateOf(loader, box)))
  const again = async (at: number): Promise<boolean> => (await stateOf(loader, boxes[at] as MailboxId)) === states[at]
  expect([await again(1), await again(2), await again(0)]).toEqual([true, true, false])
  const grown = boxes[2] as MailboxId
  await appendAll(store, grown, ...Array.from({ length: 50 }, (_, i): [string] => [`m${i}`]))
  expect(await again(2)).toBe(false)
})

test('one that is deleted, or was set right, is not kept', async () => {
  const { store, loader } = await folder.open()
  const { user, inbox } = await newInbox(store)
  const { id } = await store.createMailbox(user.id, { name: 'gone', specialUse: null })
  const [gone, kept] = [await stateOf(loader, id), await stateOf(loader, inbox)]
  await store.deleteMailbox(user.id, 'gone')
  await expect(loader.acquire(id)).rejects.toThrow('there is no mailbox')
  expect(gone.count).toBe(0)
  await store.repair({ dryRun: true })
  expect(await stateOf(loader, inbox)).toBe(kept)
  await store.repair({ dryRun: false })
  expect(await stateOf(loader, inbox)).not.toBe(kept)
})

test('what is published while a thread reads is in it once, whether the thread has read it or not', async () => {
  const { store } = await folder.open()
  const { user, inbox } = await newInbox(store)
  await appendAll(store, inbox, ['a', flags(FLAG.deleted)], ['b'], ['c'])
  const { changes } = await store.openMailbox(inbox, { recent: false })
  const sql = new Statements(openReader(folder.dir))
  let answer = (_: MailboxSnapshot | null): void => {}
  // Nothing but a mailbox is asked for.
  const run = (): Promise<never> =>
    new Promise<MailboxSnapshot | null>((resolve) => {
      answer = resolve
    }) as Promise<never>
  const loader = new MailboxLoader({ sql, readers: { run }, limits: { rowsPerLoad: 1, idleMailboxOctets: 0 } })
  const publish = (): void => {
    loader.publish(changes.pending.map((change) => ({ account: user.id, change })))
    changes.take(changes.pending.length)
  }
  const loading = [loader.acquire(inbox), loader.acquire(inbox)]
  await appendAll(store, inbox, ['d', flags(0, 'one')])
  const snapshot = readSnapshot(sql, new ColumnReader(new Statements(sql.db)), inbox)
  await appendAll(store, inbox, ['e', flags(0, 'two')])
  await store.setFlags(inbox, uids(2, 4), 'add', flags(FLAG.seen, 'two'))
  await store.expunge(inbox, uids(1))
  publish()
  answer(snapshot)
  const [state, same] = await Promise.all(loading)
  await appendAll(store, inbox, ['f'])
  publish()
  expect(same).toBe(state)
  expect([...(state?.uids ?? [])].map((uid) => state?.entry(uid as Uid))).toEqual(await entriesOf(store, inbox))
  sql.db.close()
})
