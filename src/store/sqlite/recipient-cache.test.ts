/** What is remembered of recipients is never older than the last write that somebody was told of. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendAll, newInbox } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { AccountId, MailboxId } from '../../core/ids.js'
import type { Submit } from '../ops.js'
import type { Recipient } from '../store.js'
import { RecipientCache } from './recipient-cache.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

const recipient = (n: number): Recipient => ({
  account: n as AccountId,
  address: `${n}@example.test`,
  status: 'active',
  inbox: n as MailboxId,
})
const unread = (): never => {
  throw new Error('it is known')
}

test('an address is read once, unless there is none, and there is an end of them', () => {
  const cache = new RecipientCache(2)
  expect(cache.find('nobody', () => null)).toBeNull()
  expect(cache.size).toBe(0)
  for (const n of [1, 2, 3]) cache.find(`${n}`, () => recipient(n))
  expect(cache.size).toBe(2)
  expect([cache.find('2', unread), cache.find('3', unread)]).toEqual([recipient(2), recipient(3)])
  expect(cache.find('1', () => recipient(9))).toEqual(recipient(9))
})

test('what may change a recipient makes it forget before it is told, also when it is refused', async () => {
  const cache = new RecipientCache(10)
  const settle: { done: () => void; refused: () => void }[] = []
  const submit = cache.watch(
    (() =>
      new Promise((resolve, reject) => {
        settle.push({ done: () => resolve(null), refused: () => reject(new Error('refused')) })
      })) as Submit,
  )
  const know = (): unknown => cache.find('1', () => recipient(1))
  know()
  const mail = submit({ kind: 'barrier' })
  settle[0]?.done()
  await mail
  expect(cache.size).toBe(1)
  for (const how of ['done', 'refused'] as const) {
    const change = submit({ kind: 'remove-domain', name: 'example.test' })
    know() // it may be as it was, for nobody has been told
    settle.pop()?.[how]()
    await change.catch(() => {})
    expect(cache.size).toBe(0)
  }
})

test('users who change, go and come again are as they are now', async () => {
  const { store } = await folder.open()
  const { user, inbox } = await newInbox(store)
  const find = (): Promise<Recipient | null> => store.findRecipient(user.address)
  expect(await find()).toMatchObject({ account: user.id, inbox, status: 'active' })
  await appendAll(store, inbox, ['a'])
  await store.updateUser(user.address, { status: 'inactive' })
  expect(await find()).toMatchObject({ status: 'inactive' })
  await store.removeUser(user.address)
  expect(await find()).toBeNull()
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  const again = await store.addUser({ address: user.address, displayName: '', passwordHash: '', mailboxes })
  expect(again.id).not.toBe(user.id)
  expect(await find()).toMatchObject({ account: again.id })
})
