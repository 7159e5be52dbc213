/** What the store says of quotas in the log, and that it finds the way back from a sum that was wrong. */
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  appendAll,
  entriesOf,
  flags,
  newInbox,
  octets,
  refusal,
  START,
  seal,
  settle,
} from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { MailboxId } from '../../core/ids.js'
import { FLAG } from '../changes.js'
import { chargeOf } from '../quota.js'
import type { Acceptance, Store } from '../store.js'
import { databasePath } from './connection.js'

let folder: SqliteFolder
let store: Store
let inbox: MailboxId
let user_id: number
beforeEach(async () => {
  folder = sqliteFolder()
  store = (await folder.open()).store
  const made = await newInbox(store)
  inbox = made.inbox
  user_id = made.user.id
})
afterEach(() => folder.remove())

const SIZE = octets('a').length
const CHARGE = chargeOf(SIZE)
const email = 'ann@example.test'
const said = (message: string): object[] =>
  folder.log.lines.filter((line) => line.message === message).map(({ fields }) => fields)

async function acceptance(id: string, partial = false): Promise<Acceptance> {
  const deliveries = [{ kind: 'local', mailbox: inbox, recipient: email }] as const
  const remote = partial ? [{ kind: 'remote', recipient: 'x@far.test' } as const] : []
  const blob = await seal(store, octets('a'))
  return { id, from: 'eve@far.test', deliveries: [...deliveries, ...remote], blob, receivedAt: START, partial }
}

test('a message that is stored is told with what was charged before and after', async () => {
  await store.accept(await acceptance('q1'))
  await appendAll(store, inbox, ['a'])
  const who = { user_id, email, message_size: SIZE, duration_ms: expect.any(Number) }
  expect(said('Quota updated after storage')).toEqual([
    { ...who, old_quota: 0, new_quota: CHARGE, message_id: 'q1' },
    { ...who, old_quota: CHARGE, new_quota: 2 * CHARGE, message_id: expect.stringMatching(/^M[0-9a-f]{40}$/) },
  ])
})

test('a message without room is told, whether it is refused, left out or appended', async () => {
  await store.setQuota(user_id as never, { octets: 1 })
  expect(await refusal(store.accept(await acceptance('q1')))).toBe('over-quota')
  await store.accept(await acceptance('q2', true))
  expect(await refusal(appendAll(store, inbox, ['a']))).toBe('over-quota')
  const line = { user_id, email, used_bytes: 0, limit_bytes: 1, message_size: SIZE, overflow_bytes: CHARGE - 1 }
  expect(said('Quota exceeded - message rejected')).toEqual([line, line, line])
  expect(said('Quota updated after storage')).toEqual([])
})

test('a sum that would fall below zero is told as a fault, and counted anew', async () => {
  await appendAll(store, inbox, ['a', flags(FLAG.deleted)], ['b'])
  const db = new Database(databasePath(folder.dir))
  db.exec('UPDATE account SET quota_used = 3')
  db.close()
  await store.expunge(inbox, null)
  expect(said('Quota update failed - data integrity issue')).toEqual([
    { user_id, email, error_msg: expect.stringContaining('counted anew'), transaction_id: expect.any(Number) },
  ])
  expect(await store.findQuota(user_id as never)).toMatchObject({ used: CHARGE, messages: 1 })
  expect(await store.check()).toEqual([])
})

test('of 1,000 deliveries at once to a mailbox with room for 500, exactly 500 are stored', async () => {
  await store.setQuota(user_id as never, { octets: 500 * CHARGE })
  const messages: Acceptance[] = []
  for (let i = 0; i < 1000; i++) messages.push(await acceptance(`q${i}`))
  const results = await Promise.allSettled(messages.map((message) => store.accept(message)))
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(500)
  expect((await entriesOf(store, inbox)).length).toBe(500)
  expect(await store.findQuota(user_id as never)).toMatchObject({ used: 500 * CHARGE, messages: 500, warned: 95 })
  expect((await store.listNotices(0, 9)).map(({ threshold }) => threshold)).toEqual([95])
  await settle(store)
  expect(await store.check()).toEqual([])
})

test('what is owed survives the end of the process', async () => {
  await store.setQuota(user_id as never, { octets: CHARGE })
  await store.accept(await acceptance('q1'))
  await store.accept({ ...(await acceptance('q2', true)), diagnostic: '552 5.2.2 Mailbox full' })
  await store.close()
  store = (await folder.open()).store
  expect((await store.listNotices(0, 9)).map(({ threshold }) => threshold)).toEqual([95])
  expect((await store.listReports(Number.MAX_SAFE_INTEGER, null, 9)).map(({ id }) => id)).toEqual(['q2'])
})
