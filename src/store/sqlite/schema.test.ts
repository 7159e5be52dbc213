/** Migrations: numbered, each in one transaction, never downwards. */
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { StoreTooNew } from '../errors.js'
import { databasePath } from './connection.js'
import { migrate, migrations, schemaVersion } from './schema.js'

const steps = ['CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)', 'ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 2']

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

test('steps run once, in order, from wherever the data stands', () => {
  const db = new Database(':memory:')
  migrate(db, 'DIR', steps.slice(0, 1))
  expect(schemaVersion(db)).toBe(1)
  migrate(db, 'DIR', steps)
  migrate(db, 'DIR', steps)
  expect(schemaVersion(db)).toBe(2)
  expect(db.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: 2 }])
})

test('a step that fails leaves nothing of itself, and keeps what was before', () => {
  const db = new Database(':memory:')
  const broken = [...steps, 'INSERT INTO a VALUES (5, 6); CREATE TABLE a (z)']
  expect(() => migrate(db, 'DIR', broken)).toThrow('already exists')
  expect(schemaVersion(db)).toBe(2)
  expect(db.prepare('SELECT count(*) AS n FROM a').get()).toEqual({ n: 1 })
})

test('data of a later release is refused and the folder let go', async () => {
  const { store } = await folder.open()
  await store.close()
  const db = new Database(databasePath(folder.dir))
  db.pragma(`user_version = ${migrations.length + 1}`)
  await expect(folder.open()).rejects.toThrow(StoreTooNew)
  await expect(folder.open()).rejects.toThrow(
    `${folder.dir} has data of schema ${migrations.length + 1}, and this program knows no later one than ${migrations.length}`,
  )
  db.pragma(`user_version = ${migrations.length}`)
  db.close()
  await folder.open()
})
