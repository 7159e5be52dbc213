/** A folder that schema 20 has written is opened: who waits has a destination, and who failed is still reported. */
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SqliteFolder, sqliteFolder } from '../../../../test/store/sqlite-folder.js'
import { databasePath } from '../connection.js'
import { migrate, migrations } from '../schema.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

test('recipients of before go where their addresses say, and who failed is still reported', async () => {
  const db = new Database(databasePath(folder.dir))
  migrate(db, folder.dir, migrations.slice(0, 20))
  db.exec(`
    INSERT INTO blob (sha256, size, refs, file) VALUES (zeroblob(32), 5, 1, 0);
    INSERT INTO queue_message (id, sender, blob, enqueued_at) VALUES ('q', 'ann@example.test', 1, 4);
    INSERT INTO queue_recipient (message, recipient, status, retry_count, next_retry, last_error, notify) VALUES
      ('q', 'x@Far.Test', 'pending', 3, 7, '450 later', 'success,failure'),
      ('q', '"a@b"@far.test', 'pending', 0, 6, NULL, NULL),
      ('q', 'y@[IPv6:2001:DB8::1]', 'pending', 0, 5, NULL, ''),
      ('q', 'z@example.test', 'failed', 0, 5, '552 5.2.2 Mailbox full', NULL)`)
  db.close()
  const { store } = await folder.open()
  expect(await store.dueDestinations(9, 9)).toEqual([
    { destination: '[ipv6:2001:db8::1]', due: 5 },
    { destination: 'far.test', due: 6 },
  ])
  const [claim] = await store.claimDue({ destination: 'far.test', now: 9, messages: 9, recipients: 9 })
  expect(claim?.recipients).toEqual([
    { recipient: '"a@b"@far.test', retryCount: 0, dsn: { notify: null, originalRecipient: null } },
    { recipient: 'x@Far.Test', retryCount: 3, dsn: { notify: ['success', 'failure'], originalRecipient: null } },
  ])
  const recipients = [{ recipient: 'z@example.test', kind: 'failed', reply: '552 5.2.2 Mailbox full' }]
  expect(await store.listReports(4, null, 9)).toMatchObject([{ id: 'q', due: 4, recipients }])
  const problems = (await store.check()).map(({ kind }) => kind)
  expect(problems.filter((kind) => kind.startsWith('queue'))).toEqual([])
})
