/** A folder that schema 10 has written is opened: its mail is in no thread, and goes as it came. */
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendAll, inboxOf, uid, uids } from '../../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../../test/store/sqlite-folder.js'
import type { User } from '../../store.js'
import { databasePath } from '../connection.js'
import { migrate, migrations } from '../schema.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

test('mail of before has an id and no thread, and can be expunged; what comes has both', async () => {
  const db = new Database(databasePath(folder.dir))
  migrate(db, folder.dir, migrations.slice(0, 10))
  db.exec(`
    INSERT INTO domain (name, created_at) VALUES ('example.test', 1);
    INSERT INTO account (address, domain, display_name, password_hash, status, created_at)
      VALUES ('ann@example.test', 'example.test', '', 'x', 'active', 2);
    INSERT INTO mailbox (account, name, subscribed, uid_validity, uid_next, messages, deleted, unseen, size)
      VALUES (1, 'INBOX', 1, 7, 2, 1, 1, 1, 5);
    INSERT INTO blob (sha256, size, refs, file) VALUES (zeroblob(32), 5, 1, 0);
    INSERT INTO message (mailbox, uid, blob, size, internal_date, internal_zone) VALUES (1, 1, 1, 5, 0, 0);
    INSERT INTO message_flags (mailbox, uid, modseq, system) VALUES (1, 1, 1, 8)`)
  db.close()
  const { store } = await folder.open()
  const { id: inbox } = await inboxOf(store, (await store.findUser('ann@example.test')) as User)
  await appendAll(store, inbox, ['a'])
  const [old, fresh] = await store.objectIds(inbox, uids(1, 2))
  expect(old).toEqual({ emailId: `M${'0'.repeat(40)}`, threadId: null })
  expect(fresh?.threadId).toMatch(/^T/)
  expect(await store.expunge(inbox, [uid(1)])).toEqual([1])
})
