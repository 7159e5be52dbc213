import { beforeEach, describe, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { testSecrets } from '../../test/fake-secrets.js'
import { recordingLog } from '../../test/log-recorder.js'
import { FakeClock } from '../core/clock.js'
import { localConfig } from '../core/config-local.js'
import { systemRandom } from '../core/ids.js'
import { StoreError } from '../store/errors.js'
import { CredentialCache } from './credential-cache.js'
import { AccountError, type AccountRefusal } from './errors.js'
import { BcryptPasswords } from './password.js'
import { noSessions } from './presence.js'
import { AccountService } from './service.js'

const passwords = new BcryptPasswords({ cost: 4 })

function world() {
  const clock = new FakeClock()
  const store = new FakeAccounts()
  const log = recordingLog()
  const secrets = testSecrets()
  const random = systemRandom
  const credentials = new CredentialCache({ clock, random, ttl: () => 1000 })
  const { accounts } = localConfig({ dataDir: 'data' })
  const defaultMailboxes = () => accounts.defaultMailboxes
  return {
    store,
    log,
    service: new AccountService({
      store,
      passwords,
      secrets,
      credentials,
      sessions: noSessions,
      clock,
      random,
      log,
      defaultMailboxes,
      minPasswordLength: () => least,
    }),
  }
}

let least = 1
let { store, log, service } = world()
beforeEach(async () => {
  least = 1
  ;({ store, log, service } = world())
  await service.addDomain('example.org')
  await service.addUser('alice@example.org', 'secret', { displayName: 'Alice' })
})

const refusal = async (work: Promise<unknown>): Promise<readonly [AccountRefusal, string]> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AccountError)) throw error ?? new Error('it was not refused')
  return [error.refusal, error.message]
}

test('a user has the default mailboxes with their special uses (decision 18)', () => {
  expect(store.mailboxesOf('alice@example.org')).toEqual([
    { name: 'INBOX', specialUse: null },
    { name: 'Drafts', specialUse: '\\Drafts' },
    { name: 'Sent', specialUse: '\\Sent' },
    { name: 'Trash', specialUse: '\\Trash' },
    { name: 'Spam', specialUse: '\\Junk' },
    { name: 'Archive', specialUse: '\\Archive' },
  ])
})

test('names and addresses are kept in their canonical form', async () => {
  expect(await service.addDomain('B\u00fccher.Example')).toMatchObject({ name: 'xn--bcher-kva.example' })
  expect(await service.addUser('Bob@b\u00fccher.example', 'x')).toMatchObject({ address: 'bob@xn--bcher-kva.example' })
  expect(await service.showUser('BOB@B\u00dcCHER.example')).toMatchObject({ address: 'bob@xn--bcher-kva.example' })
})

test('listings', async () => {
  await service.addDomain('a.example')
  await service.addUser('zoe@a.example', 'x')
  expect((await service.listDomains()).map(({ name, users }) => [name, users])).toEqual([
    ['a.example', 1],
    ['example.org', 1],
  ])
  expect((await service.listUsers()).map(({ address }) => address)).toEqual(['alice@example.org', 'zoe@a.example'])
  expect((await service.listUsers('A.example')).map(({ address }) => address)).toEqual(['zoe@a.example'])
})

test('changes', async () => {
  expect(await service.setUser('alice@example.org', { displayName: 'Al' })).toMatchObject({ displayName: 'Al' })
  expect(await service.setUser('alice@example.org', {})).toMatchObject({ displayName: 'Al' })
  expect(await service.disableUser('alice@example.org')).toMatchObject({ status: 'inactive' })
  expect(await service.enableUser('alice@example.org')).toMatchObject({ status: 'active' })
  await service.setPassword('alice@example.org', 'other')
  const { passwordHash } = (await store.findCredentials('alice@example.org')) ?? { passwordHash: '' }
  expect(await passwords.verify('other', passwordHash)).toBe(true)
  await service.removeUser('alice@example.org')
  await service.removeDomain('example.org')
  expect(await service.listDomains()).toEqual([])
})

test('each password that is hashed is a line in the log, without it', async () => {
  await service.setPassword('alice@example.org', 'other')
  const line = {
    level: 'debug',
    message: 'Password hash generation',
    fields: { user_id: 1, bcrypt_cost: 4, duration_ms: 0 },
  }
  expect(log.lines).toEqual([line, line])
})

test('a password has as many characters as the configuration wants, however many octets they take', async () => {
  least = 8
  const message = 'the password has fewer than 8 characters (auth.min_password_length)'
  for (const short of ['1234567', '\u{1f600}'.repeat(7), 'e\u0301'.repeat(7)]) {
    expect(await refusal(service.setPassword('alice@example.org', short))).toEqual(['bad-password', message])
    expect(await refusal(service.addUser('b@example.org', short))).toEqual(['bad-password', message])
  }
  await service.setPassword('alice@example.org', '\u{1f600}'.repeat(8))
  await service.addUser('b@example.org', 'e\u0301'.repeat(8))
})

describe('is refused in one line', () => {
  const rows: [what: string, work: () => Promise<unknown>, refusal: AccountRefusal, message: string][] = [
    ['no domain', () => service.addDomain('-x'), 'bad-domain', '"-x" is not a domain name'],
    [
      'a domain twice',
      () => service.addDomain('EXAMPLE.org'),
      'domain-exists',
      'the domain example.org exists already',
    ],
    ['to remove what is not there', () => service.removeDomain('a.b'), 'no-such-domain', 'there is no domain a.b'],
    [
      'to remove a domain with users',
      () => service.removeDomain('example.org'),
      'domain-not-empty',
      'the domain example.org still has users or aliases',
    ],
    [
      'no address',
      () => service.addUser('al\nice', 'x'),
      'bad-address',
      '"al\\nice" is not an address of the form user@domain',
    ],
    ['a domain that is not ours', () => service.addUser('a@b.c', 'x'), 'no-such-domain', 'there is no domain b.c'],
    [
      'a user twice',
      () => service.addUser('ALICE@example.org', 'x'),
      'user-exists',
      'the user alice@example.org exists already',
    ],
    ['an empty password', () => service.addUser('b@example.org', ''), 'bad-password', 'the password is empty'],
    [
      'a password that bcrypt would cut',
      () => service.setPassword('alice@example.org', 'x'.repeat(73)),
      'bad-password',
      'the password is longer than 72 octets',
    ],
    ['a NUL', () => service.setPassword('alice@example.org', 'a\0'), 'bad-password', 'the password has a NUL in it'],
    [
      'a display name of two lines',
      () => service.setUser('alice@example.org', { displayName: 'a\r\nBcc: b' }),
      'bad-display-name',
      'the display name has a control character in it',
    ],
    [
      'a display name without end',
      () => service.addUser('b@example.org', 'x', { displayName: 'x'.repeat(257) }),
      'bad-display-name',
      'the display name is longer than 256 octets',
    ],
    [
      'an unknown user, shown',
      () => service.showUser('b@example.org'),
      'no-such-user',
      'there is no user b@example.org',
    ],
    ['set', () => service.setUser('b@example.org', {}), 'no-such-user', 'there is no user b@example.org'],
    ['given a password', () => service.setPassword('b@a.b', 'x'), 'no-such-user', 'there is no user b@a.b'],
    ['enabled', () => service.enableUser('b@a.b'), 'no-such-user', 'there is no user b@a.b'],
    ['disabled', () => service.disableUser('b@a.b'), 'no-such-user', 'there is no user b@a.b'],
    ['removed', () => service.removeUser('b@a.b'), 'no-such-user', 'there is no user b@a.b'],
    ['users of a domain that is not ours', () => service.listUsers('b.c'), 'no-such-domain', 'there is no domain b.c'],
  ]
  test.each(rows)('%s', async (_, work, kind, message) => {
    expect(await refusal(work())).toEqual([kind, message])
  })

  test('what a full disk refuses', async () => {
    store.broken = new StoreError('unavailable', 'SQLITE_FULL')
    expect(await refusal(service.addDomain('a.b'))).toEqual([
      'unavailable',
      'the store cannot be written to or read now',
    ])
  })

  test('a race: the domain goes while the password is hashed', async () => {
    const adding = service.addUser('b@example.org', 'x')
    await service.removeUser('alice@example.org')
    await service.removeDomain('example.org')
    expect(await refusal(adding)).toEqual(['no-such-domain', 'there is no domain example.org'])
  })
})

test('a fault is not dressed up', async () => {
  store.addDomain = () => Promise.reject(new TypeError('bug'))
  await expect(service.addDomain('a.b')).rejects.toThrow(TypeError)
})
