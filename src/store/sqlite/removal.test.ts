/** A user who is removed is gone at once; the mail goes in slices, through crashes too. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PATIENCE } from '../../../test/patience.js'
import { appendAll, inboxOf, NONE, newInbox, newUser, refusal, seal } from '../../../test/store/fixtures.js'
import { systemClock } from '../../core/clock.js'
import { type MailboxId, systemRandom } from '../../core/ids.js'
import { openReader } from './connection.js'
import { openParts, type SqliteParts } from './open.js'
import { Statements } from './statements.js'

let dir: string
let parts: SqliteParts
const open = async (): Promise<void> => {
  parts = await openParts({
    dir,
    clock: systemClock,
    random: systemRandom,
    limits: { rowsPerWrite: 3 },
    background: true,
  })
}
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-removal-'))
  await open()
})
afterEach(async () => {
  await parts.store.close()
  await rm(dir, { recursive: true })
})

/** What a removed user may leave behind. */
const OWN = ['message', 'message_flags', 'expunged', 'keyword', 'removed_mailbox', 'thread', 'thread_member'] as const
const CONTENT = ['blob', 'blob_content', 'blob_index', 'blob_keys', 'extraction', 'attachment'] as const
const TABLES = [...OWN, ...CONTENT, 'search_index_docsize'] as const
type Table = (typeof TABLES)[number]

/** Tables that have rows, with how many. */
function left(): Partial<Record<Table, number>> {
  const sql = new Statements(openReader(dir))
  const rows = (table: Table): number => sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? -1
  try {
    return Object.fromEntries(TABLES.map((table) => [table, rows(table)] as const).filter(([, n]) => n > 0))
  } finally {
    sql.db.close()
  }
}

const WITH_ATTACHMENT = `Message-ID: <a@example.test>\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
\r
text\r
--b\r
Content-Type: text/plain; name=a.txt\r
Content-Disposition: attachment\r
\r
attached\r
--b--\r
`

async function annWithMail(): Promise<MailboxId> {
  const inbox = (await inboxOf(parts.store, await newUser(parts.store, 'ann@example.test', 'Sent'))).id
  await appendAll(parts.store, inbox, ...Array.from({ length: 10 }, (_, i) => [`message ${i}`] as [string]))
  const open = await parts.store.openMailbox(inbox, { recent: false })
  const uids = [...open.uids].slice(0, 4)
  open.close()
  await parts.store.setFlags(inbox, uids, 'add', { system: 8, keywords: ['word'] })
  await parts.store.expunge(inbox, null)
  const blob = await seal(parts.store, Buffer.from(WITH_ATTACHMENT))
  await parts.store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  await expect.poll(() => left().attachment, PATIENCE).toBe(1)
  return inbox
}

test('the user is gone before the mail is, and all is well meanwhile', async () => {
  const inbox = await annWithMail()
  // Not through the store, which would go on to erase.
  await parts.writer.submit({ kind: 'remove-user', address: 'ann@example.test' })
  const before = left()
  expect(before).toMatchObject({ message: 7, message_flags: 7, expunged: 4, keyword: 1, removed_mailbox: 2, thread: 7 })
  expect(await parts.store.repair({ dryRun: false })).toEqual({ done: [], left: [] })
  expect(left()).toEqual(before)
  expect(await parts.store.findUser('ann@example.test')).toBeNull()
  expect(await parts.store.findRecipient('ann@example.test')).toBeNull()
  expect(await refusal(parts.store.mailboxStatus(inbox))).toBe('no-such-mailbox')
  expect(await refusal(appendAll(parts.store, inbox, ['more']))).toBe('no-such-mailbox')
  expect(await parts.store.check()).toEqual([])
  for (const messages of [4, 1]) {
    await parts.writer.submit({ kind: 'erase-removed', limit: 3 })
    expect(left()).toMatchObject({ message: messages, message_flags: messages, removed_mailbox: 2 })
    expect(await parts.store.check()).toEqual([])
  }
})

test('what was left over when the server ended goes after the next start', async () => {
  await annWithMail()
  await parts.writer.submit({ kind: 'remove-user', address: 'ann@example.test' })
  await parts.store.close()
  await open()
  await expect.poll(left, PATIENCE).toEqual({})
  expect(await parts.store.check()).toEqual([])
})

test('all of it goes, what others share stays, and somebody new may have the name', async () => {
  const bob = await newInbox(parts.store, 'bob@example.test')
  await appendAll(parts.store, bob.inbox, ['message 5'])
  await annWithMail()
  await parts.store.removeUser('ann@example.test')
  await newUser(parts.store, 'ann@example.test')
  await expect.poll(() => left().removed_mailbox, PATIENCE).toBeUndefined()
  await expect.poll(left, PATIENCE).toMatchObject({ message: 1, thread: 1, blob: 1, blob_content: 1 })
  expect((await parts.store.mailboxStatus(bob.inbox)).messages).toBe(1)
  expect(await parts.store.check()).toEqual([])
})
