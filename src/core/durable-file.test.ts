import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { replaceFile } from './durable-file.js'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-file-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('a file is made, then replaced, with the mode that was asked for, and nothing is left beside it', async () => {
  const path = join(dir, 'key')
  for (const content of ['one', 'two']) {
    await replaceFile(path, content, 0o600)
    expect(await readFile(path, 'utf8')).toBe(content)
  }
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(dir)).toEqual(['key'])
})

test('what cannot be written leaves the file of before', async () => {
  const path = join(dir, 'key')
  await replaceFile(path, 'one', 0o600)
  await expect(replaceFile(join(dir, 'no', 'key'), 'two', 0o600)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await readFile(path, 'utf8')).toBe('one')
})
