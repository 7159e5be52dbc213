import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { authLimits } from '../core/limits.js'
import { clientOf, Throttle } from './throttle.js'

const HERE = '192.0.2.1'
const THERE = '198.51.100.7'
const QUARTER = authLimits.refusedFor

function throttle(maxFailures = 5, size = 1000) {
  const clock = new FakeClock()
  return { clock, guard: new Throttle({ clock, maxFailures: () => maxFailures, size }) }
}

const fail = (guard: Throttle, times: number, account: string, address: string): number[] =>
  Array.from({ length: times }, () => guard.failed(account, address))

test('waits double from 1 s to 30 s', () => {
  const { guard } = throttle(10)
  expect(fail(guard, 8, 'alice', HERE)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('an account is refused from everywhere after max_failures, spread over addresses as they may be', () => {
  const { guard } = throttle()
  for (let i = 0; i < 5; i++) {
    expect(guard.refuses('alice', THERE)).toBe(false)
    guard.failed('alice', `192.0.2.${i}`)
  }
  expect(guard.refuses('alice', THERE)).toBe(true)
  expect(guard.refuses('bob', THERE)).toBe(false)
})

test('an address is refused for every account after max_failures, spread over accounts as they may be', () => {
  const { guard } = throttle()
  for (let i = 0; i < 5; i++) {
    expect(guard.refuses('alice', HERE)).toBe(false)
    guard.failed(`user${i}`, HERE)
  }
  expect(guard.refuses('alice', HERE)).toBe(true)
  expect(guard.refuses('alice', THERE)).toBe(false)
})

test('refused for 15 minutes after the last failure, then all is forgotten', async () => {
  const { clock, guard } = throttle()
  fail(guard, 4, 'alice', HERE)
  await clock.advance(QUARTER - 1)
  fail(guard, 1, 'alice', HERE)
  await clock.advance(QUARTER - 1)
  expect(guard.refuses('alice', HERE)).toBe(true)
  await clock.advance(1)
  expect(guard.refuses('alice', HERE)).toBe(false)
  expect(fail(guard, 1, 'alice', HERE)).toEqual([1000])
})

describe('a success', () => {
  test('takes back the failures of that account from there', () => {
    const { guard } = throttle()
    fail(guard, 4, 'alice', HERE)
    guard.succeeded('alice', HERE)
    expect(fail(guard, 1, 'alice', HERE)).toEqual([1000])
  })

  test('does not take back what the address did to others', () => {
    const { guard } = throttle()
    fail(guard, 4, 'victim', HERE)
    guard.succeeded('mallory', HERE)
    fail(guard, 1, 'other', HERE)
    expect(guard.refuses('victim', HERE)).toBe(true)
  })

  test('does not take back what others do to the account', () => {
    const { guard } = throttle()
    fail(guard, 4, 'alice', THERE)
    guard.succeeded('alice', HERE)
    fail(guard, 1, 'alice', '203.0.113.5')
    expect(guard.refuses('alice', '203.0.113.6')).toBe(true)
  })

  test('keeps the account open from there while others fail with it elsewhere', () => {
    const { guard } = throttle()
    guard.succeeded('alice', HERE)
    fail(guard, 5, 'alice', THERE)
    expect(guard.refuses('alice', '203.0.113.5')).toBe(true)
    expect(guard.refuses('alice', HERE)).toBe(false)
    fail(guard, 5, 'alice', HERE)
    expect(guard.refuses('alice', HERE)).toBe(true)
  })
})

describe('loopback', () => {
  test.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('%s is not refused, its accounts are', (address) => {
    const { guard } = throttle()
    fail(guard, 4, 'alice', address)
    fail(guard, 4, 'bob', address)
    expect(guard.refuses('carol', address)).toBe(false)
    expect(guard.refuses('alice', address)).toBe(false)
    fail(guard, 1, 'alice', address)
    expect(guard.refuses('alice', address)).toBe(true)
    expect(guard.refuses('bob', address)).toBe(false)
  })

  test('an account that logged in there is refused there all the same: everybody comes from there', () => {
    const { guard } = throttle()
    guard.succeeded('alice', '127.0.0.1')
    fail(guard, 5, 'alice', '127.0.0.1')
    expect(guard.refuses('alice', '127.0.0.1')).toBe(true)
  })
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::2', '0:0:0:0::/64'],
  ['::1', null],
  ['127.0.0.1', null],
])('%s counts as %s', (address, client) => {
  expect(clientOf(address)).toBe(client)
})

test('the tables stay within their bounds', () => {
  const { guard } = throttle(5, 50)
  const names = fc.nat(10_000)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), names, names), { maxLength: 300 }), (steps) => {
      for (const [right, account, host] of steps) {
        const address = `10.${host >> 8}.${host & 255}.1`
        if (right) guard.succeeded(`u${account}`, address)
        else expect(guard.failed(`u${account}`, address)).toBeLessThanOrEqual(30_000)
      }
      expect(guard.size).toBeLessThanOrEqual(100)
    }),
  )
})

test('no history lets anybody guess more than max_failures times in a quarter of an hour from one address', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(2 * 60_000)), { maxLength: 60 }),
      async (tries) => {
        const { clock, guard } = throttle(5)
        let guesses: number[] = []
        for (const [account, pause] of tries) {
          await clock.advance(pause)
          if (guard.refuses(account, HERE)) continue
          guesses = [...guesses.filter((at) => clock.now() - at < QUARTER), clock.now()]
          expect(guesses.length).toBeLessThanOrEqual(5)
          guard.failed(account, HERE)
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('a limit that changes counts for failures that were before', () => {
  let maxFailures = 5
  const guard = new Throttle({ clock: new FakeClock(), maxFailures: () => maxFailures })
  fail(guard, 3, 'alice', HERE)
  expect(guard.refuses('alice', THERE)).toBe(false)
  maxFailures = 3
  expect(guard.refuses('alice', THERE)).toBe(true)
  maxFailures = 4
  expect(guard.refuses('alice', THERE)).toBe(false)
})
