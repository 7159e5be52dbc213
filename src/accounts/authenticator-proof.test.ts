/** Attempts without a password in sight: the same verdicts, waits, counts and log lines as with one (decisions 2, 10, 11). */

import { beforeEach, describe, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { testSecrets } from '../../test/fake-secrets.js'
import { recordingLog } from '../../test/log-recorder.js'
import { cramAnswer, scramFinal, scramFirst } from '../../test/sasl-client.js'
import { FakeClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { authLimits } from '../core/limits.js'
import { StoreAuthenticator } from './authenticator.js'
import { CredentialCache } from './credential-cache.js'
import { BcryptPasswords } from './password.js'
import { noSessions } from './presence.js'
import { type SaslMechanism, saslExchange, saslMechanisms } from './sasl.js'
import { runSasl, type SaslOutcome } from './sasl-run.js'
import { AccountService } from './service.js'
import { Throttle } from './throttle.js'

const HOSTNAME = 'mail.example.com'
const USER = 'user@example.com'
const RIGHT = 'SecurePass123'
type Proving = 'CRAM-MD5' | 'SCRAM-SHA-256'
/** Of each answer: what comes before it cannot be heard. */
const FLOOR = authLimits.proofFloor
const MECHANISMS: readonly Proving[] = ['CRAM-MD5', 'SCRAM-SHA-256']

async function world() {
  const store = new FakeAccounts()
  const clock = new FakeClock(1_000_000)
  const log = recordingLog()
  const passwords = new BcryptPasswords({ cost: 4 })
  const secrets = testSecrets()
  const random = systemRandom
  const credentials = new CredentialCache({ clock, random, ttl: () => 300_000 })
  const throttle = new Throttle({ clock, maxFailures: () => 5 })
  const parts = { store, passwords, secrets, credentials, clock, random, log }
  const authenticator = new StoreAuthenticator({ ...parts, throttle })
  const service = new AccountService({
    ...parts,
    sessions: noSessions,
    defaultMailboxes: () => [{ name: 'INBOX', specialUse: null }],
    minPasswordLength: () => 1,
  })
  await service.addDomain('example.com')
  await service.addUser(USER, RIGHT)
  await service.addUser('disabled@example.com', RIGHT)
  await service.disableUser('disabled@example.com')
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  const old = { address: 'old@example.com', displayName: '', mailboxes }
  await store.addUser({ ...old, passwordHash: await passwords.hash(RIGHT) })
  log.lines.length = 0
  return { store, clock, log, authenticator, service, secrets }
}

let w: Awaited<ReturnType<typeof world>>
beforeEach(async () => {
  w = await world()
})

/** What a client answers to each challenge. */
function client(mechanism: Proving, username: string, password: string): (challenge: string) => string {
  const start = { username, nonce: 'client' }
  return (challenge) => {
    if (mechanism === 'CRAM-MD5') return cramAnswer({ username, password }, challenge)
    if (challenge.startsWith('v=')) return ''
    return challenge === '' ? scramFirst(start) : scramFinal(start, password, challenge).message
  }
}

interface Options {
  /** Done while the client thinks about its proof. */
  readonly meanwhile?: () => Promise<unknown>
  readonly challenges?: string[]
}

async function login(
  mechanism: Proving,
  username: string,
  password: string,
  { meanwhile = async () => {}, challenges = [] }: Options = {},
): Promise<SaslOutcome<never>> {
  const answer = client(mechanism, username, password)
  const channelBinding = (): null => null
  const offered: readonly SaslMechanism[] = saslMechanisms.slice(0, 4)
  const exchange = saslExchange(mechanism, offered, {
    hostname: HOSTNAME,
    random: systemRandom,
    clock: w.clock,
    channelBinding,
  })
  if (exchange === null) throw new Error('it is not offered')
  const { authenticator, log } = w
  const caller = { protocol: 'imap', remoteAddress: '192.0.2.1', sessionId: 's1' } as const
  const ask = async (challenge: Buffer): Promise<Buffer> => {
    challenges.push(challenge.toString())
    if (challenge.length > 0) await meanwhile()
    return Buffer.from(answer(challenge.toString()))
  }
  return inTime(runSasl<never>({ mechanism, exchange, caller, authenticator, log, ask }, null))
}

/** Moves the clock on until it is there. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  while (!isDone) {
    await new Promise((turn) => setImmediate(turn))
    if (w.clock.pending > 0) await w.clock.advance(FLOOR)
  }
  return done
}

const verdict = (username: string, kind: string) => ({ kind: 'verdict', username, verdict: { kind } })
const messages = (): string[] => w.log.lines.filter(({ level }) => level !== 'trace').map(({ message }) => message)

describe.each(MECHANISMS)('%s', (mechanism) => {
  test('the right password: in, the login recorded, the method logged', async () => {
    expect(await login(mechanism, USER, RIGHT)).toMatchObject({ verdict: { kind: 'accepted', address: USER } })
    expect((await w.service.showUser(USER)).lastLogin).toBe(1_000_000 + FLOOR)
    expect(messages()).toEqual(['Successful authentication'])
    expect(w.log.lines.at(-1)?.fields).toMatchObject({ auth_method: mechanism.toLowerCase(), session_id: 's1' })
  })

  test('the name is taken in any case', async () => {
    expect(await login(mechanism, 'USER@Example.COM', RIGHT)).toMatchObject({
      verdict: { kind: 'accepted', address: USER },
    })
  })

  test.each([
    [USER, 'wrong', 'invalid', 'Failed authentication - wrong password'],
    ['disabled@example.com', 'wrong', 'invalid', 'Failed authentication - wrong password'],
    ['disabled@example.com', RIGHT, 'disabled', 'Failed authentication - disabled user'],
    ['old@example.com', RIGHT, 'invalid', 'Failed authentication - wrong password'],
    ['nobody@example.com', RIGHT, 'invalid', 'Failed authentication - user not found'],
    ['no address', RIGHT, 'invalid', 'Failed authentication - user not found'],
    // A user's name in full width, and with a soft hyphen: SASLprep would make it the user's, PLAIN does not.
    ['\uff35ser@example.com', RIGHT, 'invalid', 'Failed authentication - user not found'],
    ['us\u00ader@example.com', RIGHT, 'invalid', 'Failed authentication - user not found'],
  ])('%s with %j is %s', async (username, password, kind, message) => {
    expect(await login(mechanism, username, password)).toEqual(verdict(username, kind))
    expect(messages()).toEqual([message])
  })

  test('failures are slowed down, and then refused unseen', async () => {
    const waits: number[] = []
    for (let i = 0; i < 5; i++) {
      const before = w.clock.now()
      await login(mechanism, USER, 'wrong')
      waits.push(w.clock.now() - before)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000].map((wait) => wait + 2 * FLOOR))
    expect(await login(mechanism, USER, RIGHT)).toEqual(verdict(USER, 'throttled'))
    expect(messages().at(-1)).toBe('Authentication refused for a while')
  })

  test('a change of password or status while the client thinks counts', async () => {
    const change = { meanwhile: () => w.service.setPassword(USER, 'Another') }
    expect(await login(mechanism, USER, RIGHT, change)).toEqual(verdict(USER, 'invalid'))
    expect(await login(mechanism, USER, 'Another')).toMatchObject({ verdict: { kind: 'accepted' } })
    const disable = { meanwhile: () => w.service.disableUser(USER) }
    expect(await login(mechanism, USER, 'Another', disable)).toEqual(verdict(USER, 'disabled'))
  })

  test('a user who is removed meanwhile is nobody', async () => {
    const remove = { meanwhile: () => w.service.removeUser(USER) }
    expect(await login(mechanism, USER, RIGHT, remove)).toEqual(verdict(USER, 'invalid'))
  })

  test('no line has a secret', async () => {
    await login(mechanism, USER, RIGHT)
    await login(mechanism, USER, 'wrong-Secret')
    expect(JSON.stringify(w.log.lines)).not.toMatch(/SecurePass123|Secret/)
  })
})

describe('what a stranger sees of a user', () => {
  test.each(MECHANISMS)('%s: nothing earlier than the floor, whoever it is', async (mechanism) => {
    for (const name of [USER, 'disabled@example.com', 'old@example.com', 'nobody@example.com', 'no address']) {
      const before = w.clock.now()
      let challenged = 0
      const meanwhile = async (): Promise<void> => {
        challenged = w.clock.now() - before
      }
      await login(mechanism, name, 'wrong', { meanwhile })
      expect(challenged).toBe(mechanism === 'CRAM-MD5' ? 0 : FLOOR)
      expect((w.clock.now() - before) % 1000).toBe(2 * FLOOR)
    }
  })

  const seen = async (username: string): Promise<string> => {
    const challenges: string[] = []
    await login('SCRAM-SHA-256', username, 'wrong', { challenges })
    return challenges[1]?.replace(/^r=[^,]+,/, '') ?? ''
  }

  test.each([USER, 'old@example.com', 'nobody@example.com', 'no address'])(
    'of %s: a salt that stays the same',
    async (name) => {
      const first = await seen(name)
      expect(first).toMatch(/^s=[A-Za-z0-9+/]{22}==,i=4096$/)
      expect(await seen(name.toUpperCase())).toBe(first)
    },
  )
})

test('a sealed secret that cannot be opened is logged, and no way in', async () => {
  const other = testSecrets()
  const { cramMd5 } = await other.derive('somebody@example.com', RIGHT)
  await w.store.updateUser(USER, { passwordHash: 'x', secrets: { scram: null, cramMd5 } })
  expect(await login('CRAM-MD5', USER, RIGHT)).toEqual(verdict(USER, 'invalid'))
  expect(messages()).toContain('Sealed secret of a user cannot be opened')
})

test('a client that finds our own proof wrong gives up, and is not in', async () => {
  const exchange = saslExchange('SCRAM-SHA-256', saslMechanisms, {
    hostname: HOSTNAME,
    random: systemRandom,
    clock: w.clock,
    channelBinding: () => null,
  })
  if (exchange === null) throw new Error('it is not offered')
  const answer = client('SCRAM-SHA-256', USER, RIGHT)
  const ask = async (challenge: Buffer): Promise<Buffer | 'given up'> =>
    challenge.toString().startsWith('v=') ? 'given up' : Buffer.from(answer(challenge.toString()))
  const { authenticator, log } = w
  const caller = { protocol: 'imap', remoteAddress: '192.0.2.1', sessionId: 's1' } as const
  const run = { mechanism: 'SCRAM-SHA-256', exchange, caller, authenticator, log, ask } as const
  expect(await inTime(runSasl(run, null))).toEqual({ kind: 'stopped', by: 'given up' })
})

test('a channel that is another one fails the right password, is logged as what it is, and counts', async () => {
  const channelBinding = (): Buffer => Buffer.alloc(32, 1)
  const surroundings = { hostname: HOSTNAME, random: systemRandom, clock: w.clock, channelBinding }
  const exchange = saslExchange('SCRAM-SHA-256-PLUS', saslMechanisms, surroundings)
  if (exchange === null) throw new Error('it is not offered')
  const start = { username: USER, nonce: 'client', header: 'p=tls-exporter,,' }
  const ask = async (challenge: Buffer): Promise<Buffer> =>
    Buffer.from(scramFinal(start, RIGHT, challenge.toString(), Buffer.alloc(32, 2)).message)
  const { authenticator, log } = w
  const caller = { protocol: 'imap', remoteAddress: '192.0.2.1', sessionId: 's1' } as const
  const run = { mechanism: 'SCRAM-SHA-256-PLUS', exchange, caller, authenticator, log, ask } as const
  expect(await inTime(runSasl(run, Buffer.from(scramFirst(start))))).toEqual(verdict(USER, 'invalid'))
  expect(messages()).toEqual([
    'Failed authentication - channel binding does not fit',
    'Failed authentication - wrong password',
  ])
})

test('one who waits with the last answer until the password has changed is not in', async () => {
  let changed = false
  const change = async (): Promise<void> => {
    if (!changed) await w.service.setPassword(USER, 'another one')
    changed = true
  }
  const exchange = saslExchange('SCRAM-SHA-256', saslMechanisms, {
    hostname: HOSTNAME,
    random: systemRandom,
    clock: w.clock,
    channelBinding: () => null,
  })
  if (exchange === null) throw new Error('it is not offered')
  const answer = client('SCRAM-SHA-256', USER, RIGHT)
  const ask = async (challenge: Buffer): Promise<Buffer> => {
    if (challenge.toString().startsWith('v=')) await change()
    return Buffer.from(answer(challenge.toString()))
  }
  const { authenticator, log } = w
  const caller = { protocol: 'imap', remoteAddress: '192.0.2.1', sessionId: 's1' } as const
  const run = { mechanism: 'SCRAM-SHA-256', exchange, caller, authenticator, log, ask } as const
  expect(await inTime(runSasl(run, null))).toEqual(verdict(USER, 'invalid'))
  expect(changed).toBe(true)
})
