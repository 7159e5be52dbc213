import { beforeEach, describe, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { testSecrets } from '../../test/fake-secrets.js'
import { systemRandom } from '../core/ids.js'
import { authLimits } from '../core/limits.js'
import { StoreError } from '../store/errors.js'
import { AppPasswordService } from './app-password-service.js'
import { AccountError, type AccountRefusal } from './errors.js'
import { noSessions } from './presence.js'

const ADDRESS = 'alice@example.org'
const BOTH = { smtp: true, imap: true }

let store: FakeAccounts
let service: AppPasswordService
const ended: unknown[][] = []
const sessions = { ...noSessions, endUser: (...which: unknown[]) => ended.push(which) }
beforeEach(async () => {
  store = new FakeAccounts()
  service = new AppPasswordService({ store, secrets: testSecrets(), random: systemRandom, sessions })
  await store.addDomain('example.org')
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  await store.addUser({ address: ADDRESS, displayName: '', passwordHash: '', mailboxes })
})

test('one is shown when it is made, and never again', async () => {
  const { password, ...made } = await service.add('Alice@Example.org', 'Phone', { smtp: true, imap: false })
  expect(password).toMatch(/^(\w{4}-){6}\w{4}$/)
  expect(made).toMatchObject({ name: 'Phone', access: { smtp: true, imap: false }, lastUsed: null })
  expect(await service.list('ALICE@example.org')).toEqual([made])
  expect(JSON.stringify(await service.list(ADDRESS))).not.toContain(password)
})

test('the same signs would be another password of somebody else', () => {
  const secrets = testSecrets()
  expect(secrets.appPasswordDigest('a@b.c', 'x')).not.toEqual(secrets.appPasswordDigest('d@b.c', 'x'))
})

test('one that is revoked is not listed, and its sessions end', async () => {
  await service.add(ADDRESS, 'Laptop', BOTH)
  await service.add(ADDRESS, 'Phone', BOTH)
  await service.revoke(ADDRESS, 'Phone')
  expect((await service.list(ADDRESS)).map(({ name }) => name)).toEqual(['Laptop'])
  expect(ended).toEqual([[ADDRESS, 'revoked', { appPassword: 2 }]])
})

describe('is refused in one line', () => {
  const rows: [what: string, work: () => Promise<unknown>, refusal: AccountRefusal, message: string][] = [
    [
      'no name',
      () => service.add(ADDRESS, ' ', BOTH),
      'bad-app-password-name',
      'the name of the app password is empty',
    ],
    [
      'a name of two lines',
      () => service.add(ADDRESS, 'a\nb', BOTH),
      'bad-app-password-name',
      'the name of the app password has a control character in it',
    ],
    [
      'a name without end',
      () => service.add(ADDRESS, 'x'.repeat(65), BOTH),
      'bad-app-password-name',
      'the name of the app password is longer than 64 octets',
    ],
    [
      'one for nothing',
      () => service.add(ADDRESS, 'a', { smtp: false, imap: false }),
      'bad-access',
      'the app password would be for nothing',
    ],
    [
      'no address',
      () => service.add('al ice', 'a', BOTH),
      'bad-address',
      '"al ice" is not an address of the form user@domain',
    ],
    ['nobody', () => service.add('b@a.b', 'a', BOTH), 'no-such-user', 'there is no user b@a.b'],
    ["nobody's list", () => service.list('b@a.b'), 'no-such-user', 'there is no user b@a.b'],
    ["nobody's, revoked", () => service.revoke('b@a.b', 'a'), 'no-such-user', 'there is no user b@a.b'],
    [
      'one that is not there, revoked',
      () => service.revoke(ADDRESS, 'a"b'),
      'no-such-app-password',
      'alice@example.org has no app password "a\\"b"',
    ],
  ]
  test.each(rows)('%s', async (_, work, refusal, message) => {
    const error: unknown = await work().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AccountError)
    expect(error).toMatchObject({ refusal, message })
  })

  test('a name twice, and one too many', async () => {
    for (let i = 0; i < authLimits.appPasswords; i++) await service.add(ADDRESS, `${i}`, BOTH)
    await expect(service.add(ADDRESS, '1', BOTH)).rejects.toThrow('alice@example.org has an app password "1"')
    await expect(service.add(ADDRESS, 'x', BOTH)).rejects.toThrow('alice@example.org has 100 app passwords already')
  })

  test('what a full disk refuses', async () => {
    store.broken = new StoreError('unavailable', 'SQLITE_FULL')
    await expect(service.add(ADDRESS, 'a', BOTH)).rejects.toThrow('the store cannot be written to or read now')
  })
})
