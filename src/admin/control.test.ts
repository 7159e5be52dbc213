import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { claimControlPath, findControlPath, protectControlSocket, releaseControlPath } from './control.js'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ph-control-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** Listens, and closes again. */
async function usable(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  await protectControlSocket(path)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await new Promise((resolve) => server.close(resolve))
}

test('the socket is in the data folder; what a killed server left there is replaced', async () => {
  await writeFile(join(dir, 'control.sock'), 'left over')
  const path = await claimControlPath(dir)
  expect(path).toBe(join(dir, 'control.sock'))
  expect(await findControlPath(dir)).toBe(path)
  await usable(path)
})

test('for a deep folder the socket is elsewhere, in a private folder, and the data folder says where', async () => {
  const deep = join(dir, 'd'.repeat(60), 'e'.repeat(60))
  await mkdir(deep, { recursive: true })
  const path = await claimControlPath(deep)
  expect(path.length).toBeLessThan(100)
  expect(await findControlPath(deep)).toBe(path)
  expect((await stat(dirname(path))).mode & 0o777).toBe(0o700)
  expect((await stat(join(deep, 'control.path'))).mode & 0o777).toBe(0o600)
  await usable(path)

  // A server that was killed: the next one takes another place and clears the first away.
  const next = await claimControlPath(deep)
  expect(next).not.toBe(path)
  await expect(stat(dirname(path))).rejects.toThrow('ENOENT')
  await releaseControlPath(deep)
  await expect(stat(dirname(next))).rejects.toThrow('ENOENT')
  expect(await findControlPath(deep)).toBe(join(deep, 'control.sock'))
})

test('a pointer that somebody else wrote does not make us remove his folder', async () => {
  const precious = join(dir, 'precious')
  await mkdir(precious)
  await writeFile(join(precious, 'letter'), 'dear')
  await writeFile(join(dir, 'control.path'), join(precious, 'letter'))
  await releaseControlPath(dir)
  await writeFile(join(dir, 'control.path'), join(precious, 'control.sock'))
  await releaseControlPath(dir)
  expect(await readFile(join(precious, 'letter'), 'utf8')).toBe('dear')
})
