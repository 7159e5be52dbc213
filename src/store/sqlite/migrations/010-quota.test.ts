/** A folder that schema 9 has written is opened: what is there is charged. */
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SqliteFolder, sqliteFolder } from '../../../../test/store/sqlite-folder.js'
import { chargeOf } from '../../quota.js'
import { databasePath } from '../connection.js'
import { migrate, migrations } from '../schema.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

test('mail of before is charged, and whoever has none has used nothing', async () => {
  const db = new Database(databasePath(folder.dir))
  migrate(db, folder.dir, migrations.slice(0, 9))
  db.exec(`
    INSERT INTO domain (name, created_at) VALUES ('example.test', 1);
    INSERT INTO account (address, domain, display_name, password_hash, status, created_at)
      VALUES ('ann@example.test', 'example.test', '', 'x', 'active', 2), ('bob@example.test', 'example.test', '', 'x', 'active', 2);
    INSERT INTO mailbox (account, name, subscribed, uid_validity) VALUES (1, 'INBOX', 1, 7), (1, 'a', 1, 8), (2, 'INBOX', 1, 9);
    INSERT INTO blob (sha256, size, refs, file) VALUES (zeroblob(32), 2000000, 2, 0);
    INSERT INTO message (mailbox, uid, blob, size, internal_date, internal_zone) VALUES (1, 1, 1, 2000000, 0, 0), (2, 1, 1, 39, 0, 0)`)
  db.close()
  const { store } = await folder.open()
  const [ann, bob] = await store.listQuotas()
  expect(ann).toMatchObject({ used: chargeOf(2_000_000) + chargeOf(39), messages: 2, own: { octets: null } })
  expect(bob).toMatchObject({ used: 0, messages: 0 })
})
