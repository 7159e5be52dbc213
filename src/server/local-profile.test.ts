import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { testSecrets } from '../../test/fake-secrets.js'
import { recordingLog } from '../../test/log-recorder.js'
import { composeAccounts } from '../accounts/compose.js'
import { BcryptPasswords } from '../accounts/password.js'
import { noSessions } from '../accounts/presence.js'
import type { AccountService } from '../accounts/service.js'
import { systemClock } from '../core/clock.js'
import { localConfig } from '../core/config-local.js'
import { systemRandom } from '../core/ids.js'
import { openSqliteStore } from '../store/sqlite/open.js'
import type { Store } from '../store/store.js'
import { localAccounts, localGreeting } from './local-profile.js'

let dir: string
let store: Store
let accounts: AccountService
const passwords = new BcryptPasswords({ cost: 4 })
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-local-'))
  store = await openSqliteStore({ dir, clock: systemClock, random: systemRandom })
  const [clock, random, log] = [systemClock, systemRandom, recordingLog()]
  const own = { store, sessions: noSessions, passwords, secrets: testSecrets(), clock, random, log }
  accounts = composeAccounts({ ...own, config: () => localConfig({ dataDir: dir }) }).service
})
afterEach(async () => {
  await store.close()
  await rm(dir, { recursive: true })
})

const opens = async (address: string, password: string): Promise<boolean> =>
  passwords.verify(password, (await store.findCredentials(address))?.passwordHash ?? null)

test('alice and bob are made once, and every start finds the same passwords', async () => {
  const first = await localAccounts(accounts, dir, systemRandom)
  expect(first.map(({ address }) => address)).toEqual(['alice@posthorn.test', 'bob@posthorn.test'])
  expect(new Set(first.map(({ password }) => password)).size).toBe(2)
  for (const { address, password } of first) expect(await opens(address, password)).toBe(true)
  expect(await localAccounts(accounts, dir, systemRandom)).toEqual(first)
  expect((await stat(join(dir, 'local-accounts.json'))).mode & 0o777).toBe(0o600)
})

test('who is missing is made again with the password that is known; a password that is lost is set anew', async () => {
  const [alice, bob] = await localAccounts(accounts, dir, systemRandom)
  await accounts.removeUser('alice@posthorn.test')
  expect(await localAccounts(accounts, dir, systemRandom)).toEqual([alice, bob])
  expect(await opens('alice@posthorn.test', alice?.password ?? '')).toBe(true)

  await rm(join(dir, 'local-accounts.json'))
  for (const { address, password } of await localAccounts(accounts, dir, systemRandom))
    expect(await opens(address, password)).toBe(true)
})

test('a file of passwords that cannot be read is named and left as it is', async () => {
  const file = join(dir, 'local-accounts.json')
  await writeFile(file, '{"alice@posthorn.test":')
  await expect(localAccounts(accounts, dir, systemRandom)).rejects.toThrow(`cannot read ${file}: not as it was written`)
  expect(await readFile(file, 'utf8')).toBe('{"alice@posthorn.test":')
})

test('the greeting has each address, each password and a line for each protocol, quoted for a shell', () => {
  const listeners = (['smtp', 'submission', 'submissions', 'imap', 'imaps', 'admin'] as const).map((service, i) => ({
    ...{ service, address: '127.0.0.1', port: 9000 + i, connections: 0 },
  }))
  const text = localGreeting({
    ...{ version: '1.2.3', dataDir: "/tmp/it's here", control: "/tmp/it's here/control.sock", listeners },
    accounts: [
      { address: 'alice@posthorn.test', password: 'pw-a' },
      { address: 'bob@posthorn.test', password: 'pw-b' },
    ],
  })
  for (const part of [
    'smtp://127.0.0.1:9000',
    'smtp://127.0.0.1:9001',
    'smtps://127.0.0.1:9002',
    'imap://127.0.0.1:9003/',
  ])
    expect(text).toContain(part)
  expect(text).toContain('imaps://127.0.0.1:9004/')
  expect(text).toContain('http://127.0.0.1:9005/v1/')
  expect(text).toContain(`--unix-socket '/tmp/it'\\''s here/control.sock'`)
  expect(text).toMatch(/alice@posthorn\.test\s+password\s+pw-a/)
})
