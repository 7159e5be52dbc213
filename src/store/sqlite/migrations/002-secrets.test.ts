/** A folder that schema 1 has written is opened: accounts stay, and get their secrets with the next password. */
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { octets } from '../../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../../test/store/sqlite-folder.js'
import { databasePath } from '../connection.js'
import { migrate, schemaVersion } from '../schema.js'
import { first } from './001-first.js'

const ADDRESS = 'ann@example.test'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

/** What a server of schema 1 leaves behind: a domain, a user, an INBOX. */
function writeSchema1(dir: string): void {
  const db = new Database(databasePath(dir))
  migrate(db, dir, [first])
  db.exec(`
    INSERT INTO domain VALUES ('example.test', 1);
    INSERT INTO account (address, domain, display_name, password_hash, status, created_at)
      VALUES ('${ADDRESS}', 'example.test', 'Ann', '$2b$x', 'active', 2);
    INSERT INTO mailbox (account, name, subscribed, uid_validity) VALUES (1, 'INBOX', 1, 7);
    UPDATE counter SET value = 7 WHERE name = 'uid_validity'`)
  expect(schemaVersion(db)).toBe(1)
  db.close()
}

test('an account of before has no secrets, and gets them with a new password', async () => {
  writeSchema1(folder.dir)
  const { store } = await folder.open()
  expect(await store.findUser(ADDRESS)).toMatchObject({ displayName: 'Ann', mailboxes: 1 })
  expect(await store.findSecrets(ADDRESS)).toBeNull()
  await store.updateUser(ADDRESS, { passwordHash: '$2b$y', secrets: { scram: null, cramMd5: octets('sealed') } })
  expect((await store.findSecrets(ADDRESS))?.cramMd5).toEqual(octets('sealed'))
  expect(await store.check()).toEqual([])
})
