/** Notes of expunged messages do not pile up where nobody runs `store gc`. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendAll, flags, newInbox, uids } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { ModSeq } from '../../core/ids.js'
import { FLAG } from '../changes.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

test('a server drops the oldest by itself, in slices', async () => {
  const { store } = await folder.open({ expungedPerMailbox: 5, rowsPerWrite: 3, rowsPerSlice: 2 }, { background: true })
  const { inbox } = await newInbox(store)
  const names = Array.from({ length: 20 }, (_, i): [string, ReturnType<typeof flags>] => [`${i}`, flags(FLAG.deleted)])
  await appendAll(store, inbox, ...names)
  for (let n = 1; n <= 20; n++) await store.expunge(inbox, uids(n))
  const { highestModSeq } = await store.mailboxStatus(inbox)
  const since = (back: number): ModSeq => (highestModSeq - back) as ModSeq
  while ((await store.expungedSince(inbox, since(6))) !== null) await new Promise((resolve) => setImmediate(resolve))
  expect(await store.expungedSince(inbox, since(5))).toEqual([16, 17, 18, 19, 20])
  expect(await store.check()).toEqual([])
})
