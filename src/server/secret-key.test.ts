import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRandom } from '../core/ids.js'
import { secretKey } from './secret-key.js'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-secret-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('a key is made once, for its owner alone', async () => {
  const key = await secretKey(dir, systemRandom)
  expect(key).toHaveLength(32)
  expect((await stat(join(dir, 'secret.key'))).mode & 0o777).toBe(0o600)
  expect(await secretKey(dir, systemRandom)).toEqual(key)
})

test.each(['', 'short', '!'])('a file that holds %j is refused by name, and kept', async (text) => {
  const path = join(dir, 'secret.key')
  await writeFile(path, text)
  await expect(secretKey(dir, systemRandom)).rejects.toThrow(`${path} is damaged`)
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('a folder that cannot be written is named', async () => {
  await expect(secretKey(join(dir, 'nowhere'), systemRandom)).rejects.toThrow('secret.key')
})
