import { describe, expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { CredentialCache, type Credentials } from './credential-cache.js'

const MINUTE = 60_000

function cache({ ttl = 5 * MINUTE, ...options }: { ttl?: number; size?: number } = {}) {
  const clock = new FakeClock()
  const setting = { ttl }
  const kept = new CredentialCache({ clock, random: systemRandom, ttl: () => setting.ttl, ...options })
  let compared = 0
  /** The comparison that bcrypt would do; 'right' is the password. */
  const verify = (credentials: Credentials) =>
    kept.verify(credentials, async () => {
      compared++
      return credentials.password === 'right'
    })
  return { clock, kept, verify, setting, compared: () => compared }
}

const alice: Credentials = { address: 'alice@example.org', password: 'right', passwordHash: '$2b$1' }

test('a right password is compared once', async () => {
  const { verify, compared } = cache()
  expect(await verify(alice)).toBe(true)
  expect(await verify(alice)).toBe(true)
  expect(compared()).toBe(1)
})

test('a wrong one every time, also beside a right one', async () => {
  const { verify, compared } = cache()
  await verify(alice)
  for (let i = 0; i < 3; i++) expect(await verify({ ...alice, password: 'wrong' })).toBe(false)
  expect(compared()).toBe(4)
})

test('for five minutes and no longer, however often it is used', async () => {
  const { clock, verify, compared } = cache()
  await verify(alice)
  await clock.advance(4 * MINUTE)
  await verify(alice)
  expect(compared()).toBe(1)
  await clock.advance(MINUTE)
  await verify(alice)
  expect(compared()).toBe(2)
})

test.each([
  ['another hash: the password was changed', { passwordHash: '$2b$2' }],
  ['another user', { address: 'bob@example.org' }],
  ['parts that only together are the same', { address: 'alice@example.org\0$2b', passwordHash: '1' }],
])('%s', async (_, change) => {
  const { verify, compared } = cache()
  await verify(alice)
  await verify({ ...alice, ...change })
  expect(compared()).toBe(2)
})

test('what is forgotten is compared again', async () => {
  const { kept, verify, compared } = cache()
  await verify(alice)
  kept.forget(alice.address)
  expect(kept.size).toBe(0)
  await verify(alice)
  expect(compared()).toBe(2)
})

test('a ttl of 0 remembers nothing', async () => {
  const { kept, verify, compared } = cache({ ttl: 0 })
  await verify(alice)
  await verify(alice)
  expect(compared()).toBe(2)
  expect(kept.size).toBe(0)
})

test('the account unused for longest makes room', async () => {
  const { kept, verify, compared } = cache({ size: 2 })
  const bob = { ...alice, address: 'bob@example.org' }
  await verify(alice)
  await verify(bob)
  await verify(alice)
  await verify({ ...alice, address: 'carol@example.org' })
  expect(kept.size).toBe(2)
  await verify(alice)
  expect(compared()).toBe(3)
  await verify(bob)
  expect(compared()).toBe(4)
})

describe('credentials that arrive while they are compared', () => {
  test('share the comparison', async () => {
    const { verify, compared } = cache()
    const wrong = { ...alice, password: 'wrong' }
    expect(await Promise.all([verify(alice), verify(alice), verify(wrong), verify(alice)])).toEqual([
      true,
      true,
      false,
      true,
    ])
    expect(compared()).toBe(2)
  })

  test('share its failure, and the next one tries again', async () => {
    const { kept } = cache()
    const fails = () => kept.verify(alice, () => Promise.reject(new Error('busy')))
    expect((await Promise.allSettled([fails(), fails()])).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await kept.verify(alice, async () => true)).toBe(true)
  })
})

test('neither password nor address can be read from what is kept', async () => {
  const { kept, verify } = cache()
  await verify(alice)
  expect(JSON.stringify(kept)).not.toContain('right')
})

test('a time that is made shorter is shorter for what is remembered already', async () => {
  const { clock, verify, setting, compared } = cache()
  await verify(alice)
  await clock.advance(2 * MINUTE)
  setting.ttl = MINUTE
  await verify(alice)
  expect(compared()).toBe(2)
  setting.ttl = 0
  await verify(alice)
  await verify(alice)
  expect(compared()).toBe(4)
})
