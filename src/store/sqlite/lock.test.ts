/** One folder, one server. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newInbox } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { StoreLocked } from '../errors.js'

let folder: SqliteFolder
beforeEach(() => {
  folder = sqliteFolder()
})
afterEach(() => folder.remove())

test('a second server is refused, with folder and process, and the first goes on', async () => {
  const { store } = await folder.open()
  const refused = await folder.open().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(StoreLocked)
  expect(refused).toMatchObject({ dir: folder.dir, pid: process.pid })
  expect((refused as Error).message).toBe(`${folder.dir} is in use by another server (process ${process.pid})`)
  await store.addDomain('example.test')
  await expect(folder.open()).rejects.toThrow(StoreLocked)
})

test('a close lets the folder go', async () => {
  const { store } = await folder.open()
  expect(readFileSync(join(folder.dir, 'posthorn.pid'), 'latin1')).toBe(`${process.pid}\n`)
  await store.close()
  expect(existsSync(join(folder.dir, 'posthorn.pid'))).toBe(false)
  await folder.open()
})

test('another process is refused too, and a killed one leaves no lock', async () => {
  const { store } = await folder.open()
  await newInbox(store)
  await store.close()
  const script = fileURLToPath(new URL('../../../test/store/appender.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, folder.dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('the appender has no output')
  await once(child.stdout, 'data')
  await expect(folder.open()).rejects.toMatchObject({ name: 'StoreLocked', pid: child.pid })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await folder.open()
})
