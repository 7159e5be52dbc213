/** Passwords of routes: the file that is wrong is named, and what is in it is not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RouteConfig } from '../core/config.js'
import { queueLimits } from '../core/limits.js'
import { readRoutes } from './route-passwords.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-routes-'))
})
afterAll(() => rm(folder, { recursive: true }))

const route = (login: RouteConfig['login']): RouteConfig => {
  return { domain: '*', host: 'h.test', port: 587, tls: 'verify', login, perMinute: 3, connections: null }
}

async function read(content: string | Buffer): Promise<string | undefined> {
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, content)
  const [one] = await readRoutes([route({ user: 'ada', passwordFile })])
  return one?.settings.credentials?.password
}

test('a route without a login needs no file', async () => {
  expect(await readRoutes([route(null)])).toEqual([
    {
      domain: '*',
      host: 'h.test',
      port: 587,
      settings: { tls: 'verify', credentials: null, perMinute: 3, connections: null },
    },
  ])
})

test.each(['secret', 'secret\n', 'secret\r\n'])('%j', async (content) => {
  expect(await read(content)).toBe('secret')
})

test('spaces are part of a password', async () => {
  expect(await read(' pass wörd \n')).toBe(' pass wörd ')
})

test.each<[string, string | Buffer, string]>([
  ['nothing', '\n', 'it is empty'],
  ['two lines', 'top-secret\nsecond\n', 'it must be one line of text'],
  ['octets that are no text', Buffer.from([0x73, 0xff]), 'it must be one line of text'],
  ['a large file', 'x'.repeat(queueLimits.passwordFile + 1), `it is larger than ${queueLimits.passwordFile} octets`],
])('%s is refused', async (_, content, why) => {
  const error = await read(content).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    name: 'StartupError',
    message: `cannot read the password of the route for *, ${join(folder, 'password')}: ${why}`,
  })
})

test.each([
  ['none', 'no such file'],
  ['.', 'it is a folder'],
])('a file that cannot be read: %s', async (name, why) => {
  const passwordFile = join(folder, name)
  await expect(readRoutes([route({ user: 'ada', passwordFile })])).rejects.toThrow(`${passwordFile}: ${why}`)
})
