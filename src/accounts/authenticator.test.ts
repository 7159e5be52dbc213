/** The scenarios of U-002, and decisions 10 and 11. */

import { beforeEach, describe, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { testSecrets } from '../../test/fake-secrets.js'
import { recordingLog } from '../../test/log-recorder.js'
import { FakeClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { StoreError } from '../store/errors.js'
import { StoreAuthenticator } from './authenticator.js'
import type { Verdict } from './contracts.js'
import { CredentialCache } from './credential-cache.js'
import { BcryptPasswords, type Passwords, PasswordsBusy } from './password.js'
import { noSessions } from './presence.js'
import { AccountService } from './service.js'
import { Throttle } from './throttle.js'

const QUARTER = 15 * 60_000

/** bcrypt that counts its work. */
class CountingPasswords implements Passwords {
  readonly cost = 4
  readonly #real = new BcryptPasswords({ cost: 4 })
  compared = 0
  busy = false

  hash(password: string): Promise<string> {
    return this.#real.hash(password)
  }
  async verify(password: string, stored: string | null): Promise<boolean> {
    if (this.busy) throw new PasswordsBusy()
    this.compared++
    return this.#real.verify(password, stored)
  }
}

async function world() {
  const store = new FakeAccounts()
  const clock = new FakeClock(1_000_000)
  const log = recordingLog()
  const random = systemRandom
  const passwords = new CountingPasswords()
  const secrets = testSecrets()
  const credentials = new CredentialCache({ clock, random, ttl: () => 300_000 })
  const throttle = new Throttle({ clock, maxFailures: () => 5 })
  const authenticator = new StoreAuthenticator({
    store,
    passwords,
    secrets,
    credentials,
    throttle,
    clock,
    random,
    log,
  })
  const defaultMailboxes = () => [{ name: 'INBOX', specialUse: null }]
  const service = new AccountService({
    store,
    passwords,
    secrets,
    credentials,
    sessions: noSessions,
    clock,
    random,
    log,
    defaultMailboxes,
    minPasswordLength: () => 1,
  })
  await service.addDomain('example.com')
  await service.addUser('user@example.com', 'SecurePass123')
  await service.addUser('disabled@example.com', 'SecurePass123')
  await service.disableUser('disabled@example.com')
  log.lines.length = 0
  return { store, clock, log, passwords, authenticator, service }
}

let w: Awaited<ReturnType<typeof world>>
beforeEach(async () => {
  w = await world()
})

/** Moves the clock on until the answer is there. */
async function login(
  username: string,
  password: string,
  remoteAddress = '192.0.2.1',
  protocol: 'smtp' | 'imap' = 'imap',
): Promise<Verdict> {
  let verdict: Verdict | null = null
  const attempt = w.authenticator.verify({ username, password, protocol, remoteAddress, sessionId: 's1' })
  const done = attempt.then((v) => {
    verdict = v
  })
  while (verdict === null) {
    await new Promise((turn) => setImmediate(turn))
    if (w.clock.pending > 0) await w.clock.advance(1000)
  }
  await done
  return verdict
}

const messages = (): string[] => w.log.lines.filter(({ level }) => level !== 'trace').map(({ message }) => message)
const lastLogin = async (): Promise<number | null> => (await w.service.showUser('user@example.com')).lastLogin

describe('U-002', () => {
  test('correct credentials: the user is returned and last_login updated', async () => {
    const user = await w.service.showUser('user@example.com')
    expect(await login('user@example.com', 'SecurePass123')).toEqual({
      kind: 'accepted',
      account: user.id,
      address: 'user@example.com',
    })
    expect(await lastLogin()).toBe(1_000_000)
    expect(messages()).toEqual(['Successful authentication'])
  })

  test('incorrect password: invalid, last_login NOT updated', async () => {
    expect(await login('user@example.com', 'wrong')).toEqual({ kind: 'invalid' })
    expect(await lastLogin()).toBeNull()
    expect(messages()).toEqual(['Failed authentication - wrong password'])
  })

  test('a disabled user with correct credentials: disabled', async () => {
    expect(await login('disabled@example.com', 'SecurePass123')).toEqual({ kind: 'disabled' })
    expect(messages()).toEqual(['Failed authentication - disabled user'])
  })

  test('a user who does not exist: the same as a wrong password, after the same work', async () => {
    expect(await login('nonexistent@example.com', 'SecurePass123')).toEqual({ kind: 'invalid' })
    expect(messages()).toEqual(['Failed authentication - user not found'])
    expect(w.passwords.compared).toBe(1)
  })
})

test.each(['user', '', 'user@', '@', 'user@other.example', 'us er@example.com', '\u212aser@example.com'])(
  'the name %j is an unknown user like any other',
  async (name) => {
    expect(await login(name, 'SecurePass123')).toEqual({ kind: 'invalid' })
    expect(w.passwords.compared).toBe(1)
  },
)

test('decision 10: a wrong password for a disabled user is invalid, not disabled', async () => {
  expect(await login('disabled@example.com', 'wrong')).toEqual({ kind: 'invalid' })
})

test('the name is taken in any case', async () => {
  expect(await login('USER@Example.COM', 'SecurePass123')).toMatchObject({
    kind: 'accepted',
    address: 'user@example.com',
  })
})

test('no line has the password, and each has the session', async () => {
  await login('user@example.com', 'SecurePass123')
  await login('user@example.com', 'wrong-Secret')
  await login('nobody@example.com', 'other-Secret')
  expect(JSON.stringify(w.log.lines)).not.toMatch(/SecurePass123|Secret|\$2b/)
  for (const { fields } of w.log.lines) expect(fields).toMatchObject({ session_id: 's1' })
})

test('a name of any length is cut for the log', async () => {
  await login('x'.repeat(100_000), 'a')
  for (const { fields } of w.log.lines) expect(String(fields['email'])).toHaveLength(320)
})

describe('decision 11', () => {
  test('a success is remembered; a change of password or status is heeded at once', async () => {
    await login('user@example.com', 'SecurePass123')
    await login('user@example.com', 'SecurePass123')
    expect(w.passwords.compared).toBe(1)
    await w.service.disableUser('user@example.com')
    expect(await login('user@example.com', 'SecurePass123')).toEqual({ kind: 'disabled' })
    await w.service.enableUser('user@example.com')
    await w.service.setPassword('user@example.com', 'Another')
    expect(await login('user@example.com', 'SecurePass123')).toEqual({ kind: 'invalid' })
    expect(await login('user@example.com', 'Another')).toMatchObject({ kind: 'accepted' })
  })

  test('a change made behind our back is heeded too', async () => {
    await login('user@example.com', 'SecurePass123')
    await w.store.updateUser('user@example.com', { passwordHash: await w.passwords.hash('Another') })
    expect(await login('user@example.com', 'SecurePass123')).toEqual({ kind: 'invalid' })
  })

  test('the answer to a failure waits 1 s, then twice as long', async () => {
    const waits: number[] = []
    for (let i = 0; i < 4; i++) {
      const before = w.clock.now()
      await login('user@example.com', 'wrong')
      waits.push(w.clock.now() - before)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000])
  })

  test('after max_failures the right password is refused unseen, until a quarter of an hour is over', async () => {
    for (let i = 0; i < 5; i++) await login('user@example.com', 'wrong')
    const compared = w.passwords.compared
    expect(await login('user@example.com', 'SecurePass123')).toEqual({ kind: 'throttled' })
    expect(w.passwords.compared).toBe(compared)
    expect(messages().at(-1)).toBe('Authentication refused for a while')
    await w.clock.advance(QUARTER)
    expect(await login('user@example.com', 'SecurePass123')).toMatchObject({ kind: 'accepted' })
  })

  test('guesses side by side find out no more than guesses one by one', async () => {
    const guesses = Array.from({ length: 30 }, (_, i) => (i === 29 ? 'SecurePass123' : `guess${i}`))
    const verdicts = Promise.all(guesses.map((guess) => login('user@example.com', guess)))
    const kinds = (await verdicts).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'invalid')).toHaveLength(5)
    expect(kinds.filter((kind) => kind === 'throttled')).toHaveLength(25)
  })

  test('a line of passwords that is full refuses for a while and counts for nobody', async () => {
    w.passwords.busy = true
    for (let i = 0; i < 6; i++) expect(await login('user@example.com', 'SecurePass123')).toEqual({ kind: 'throttled' })
    w.passwords.busy = false
    expect(await login('user@example.com', 'SecurePass123')).toMatchObject({ kind: 'accepted' })
  })
})

test('a login stands when its time cannot be written', async () => {
  w.store.recordLogin = () => Promise.reject(new StoreError('unavailable', 'disk full'))
  expect(await login('user@example.com', 'SecurePass123')).toMatchObject({ kind: 'accepted' })
  expect(messages()).toEqual(['Login time not recorded', 'Successful authentication'])
})

test('a store that fails is a fault, not a verdict', async () => {
  w.store.broken = new StoreError('unavailable', 'gone')
  const caller = { protocol: 'imap', remoteAddress: '192.0.2.1', sessionId: 's' } as const
  const attempt = { ...caller, username: 'user@example.com', password: 'x' }
  await expect(w.authenticator.verify(attempt)).rejects.toThrow('gone')
})

describe('app passwords', () => {
  const make = (access: { smtp: boolean; imap: boolean }) =>
    w.service.appPasswords.add('user@example.com', 'Phone', access).then(({ password }) => password)
  const lastUsed = async () => (await w.service.appPasswords.list('user@example.com'))[0]?.lastUsed

  test('one is as good as the main password, which stays good; both logins are recorded', async () => {
    const password = await make({ smtp: true, imap: true })
    expect(await login('user@example.com', password)).toMatchObject({ kind: 'accepted', address: 'user@example.com' })
    expect(await lastUsed()).toBe(1_000_000)
    expect(await lastLogin()).toBe(1_000_000)
    expect(w.log.lines.at(-1)?.fields).toMatchObject({ auth_method: 'app-password' })
    expect(await login('User@EXAMPLE.com', password.replaceAll('-', ' ').toUpperCase())).toMatchObject({
      kind: 'accepted',
    })
    expect(await login('user@example.com', 'SecurePass123')).toMatchObject({ kind: 'accepted' })
    expect(JSON.stringify(w.log.lines)).not.toContain(password)
  })

  test('it costs no bcrypt; one that is wrong costs as much as any wrong password, of anybody', async () => {
    const password = await make({ smtp: true, imap: true })
    await login('user@example.com', password)
    expect(w.passwords.compared).toBe(0)
    const wrong = password.replace(/^./, (sign) => (sign === 'a' ? 'b' : 'a'))
    for (const name of ['user@example.com', 'disabled@example.com', 'nobody@example.com', 'no address'])
      expect(await login(name, wrong)).toEqual({ kind: 'invalid' })
    expect(w.passwords.compared).toBe(4)
    expect(await lastUsed()).toBe(1_000_000)
  })

  test("somebody else's is wrong", async () => {
    await w.service.addUser('other@example.com', 'SecurePass123')
    expect(await login('other@example.com', await make({ smtp: true, imap: true }))).toEqual({ kind: 'invalid' })
  })

  test('one that is for one protocol is not for the other, and says so', async () => {
    const password = await make({ smtp: true, imap: false })
    expect(await login('user@example.com', password, '192.0.2.1', 'imap')).toEqual({ kind: 'not-allowed' })
    expect(await lastUsed()).toBeNull()
    expect(await lastLogin()).toBeNull()
    expect(messages()).toEqual(['Failed authentication - protocol not allowed'])
    expect(await login('user@example.com', password, '192.0.2.1', 'smtp')).toMatchObject({ kind: 'accepted' })
  })

  test('revoked, it is a wrong password', async () => {
    const password = await make({ smtp: true, imap: true })
    expect(await login('user@example.com', password)).toMatchObject({ kind: 'accepted' })
    await w.service.appPasswords.revoke('user@example.com', 'Phone')
    expect(await login('user@example.com', password)).toEqual({ kind: 'invalid' })
  })

  test('of a disabled user it says what the main password says', async () => {
    const password = await make({ smtp: true, imap: true })
    await w.service.disableUser('user@example.com')
    expect(await login('user@example.com', password)).toEqual({ kind: 'disabled' })
  })

  test('a change of the main password leaves them', async () => {
    const password = await make({ smtp: true, imap: true })
    await w.service.setPassword('user@example.com', 'another one')
    expect(await login('user@example.com', password)).toMatchObject({ kind: 'accepted' })
  })
})

test('a user who is not for a protocol: only the right password tells, and counts for nothing', async () => {
  await w.service.setUser('user@example.com', { access: { imap: false } })
  for (let i = 0; i < 6; i++)
    expect(await login('user@example.com', 'SecurePass123', '192.0.2.1', 'imap')).toEqual({ kind: 'not-allowed' })
  expect(await lastLogin()).toBeNull()
  expect(await login('user@example.com', 'wrong', '192.0.2.1', 'imap')).toEqual({ kind: 'invalid' })
  expect(await login('user@example.com', 'SecurePass123', '192.0.2.1', 'smtp')).toMatchObject({ kind: 'accepted' })
})

test('a user who is disabled while the password is compared is not let in', async () => {
  const verify = w.passwords.verify.bind(w.passwords)
  w.passwords.verify = async (password, stored) => {
    const right = await verify(password, stored)
    await w.service.disableUser('user@example.com')
    return right
  }
  expect(await login('user@example.com', 'SecurePass123')).toEqual({ kind: 'disabled' })
})

test('one who is disabled, or whose app password is revoked, while the login is written down is not let in', async () => {
  const { password } = await w.service.appPasswords.add('user@example.com', 'Phone', { smtp: true, imap: true })
  const recordLogin = w.store.recordLogin.bind(w.store)
  w.store.recordLogin = async (...login) => {
    await recordLogin(...login)
    await w.service.appPasswords.revoke('user@example.com', 'Phone')
    w.store.recordLogin = recordLogin
  }
  expect(await login('user@example.com', password)).toEqual({ kind: 'invalid' })
  w.store.recordLogin = async (...login) => {
    await recordLogin(...login)
    await w.service.disableUser('user@example.com')
  }
  expect(await login('user@example.com', 'SecurePass123')).toEqual({ kind: 'invalid' })
})
