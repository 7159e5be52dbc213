import { stat } from 'node:fs/promises'
import { compare, getRounds, hash } from 'bcrypt'
import { describe, expect, test, vi } from 'vitest'
import { BcryptPasswords, PasswordsBusy, passwordProblem } from './password.js'

vi.mock('bcrypt', { spy: true })

const passwords = new BcryptPasswords({ cost: 4 })
const LONGEST = 'x'.repeat(72)

test('a new user account is created with password "SecurePass123": cost 12, not to be recovered, verified', async () => {
  const real = new BcryptPasswords()
  const stored = await real.hash('SecurePass123')
  expect(getRounds(stored)).toBe(12)
  expect(stored).toMatch(/^\$2b\$12\$/)
  expect(stored).not.toContain('SecurePass123')
  expect(await real.verify('SecurePass123', stored)).toBe(true)
  expect(await real.verify('securepass123', stored)).toBe(false)
})

test('two hashes of one password differ', async () => {
  expect(await passwords.hash('a')).not.toBe(await passwords.hash('a'))
})

describe('what bcrypt would not see is not overlooked', () => {
  test.each([
    [LONGEST, true],
    [`${LONGEST}y`, false],
    [LONGEST.slice(1), false],
    [`${LONGEST}\0`, false],
  ])('%j against 72 x: %s', async (password, right) => {
    expect(await passwords.verify(password, await passwords.hash(LONGEST))).toBe(right)
  })

  test('a NUL and what is behind it', async () => {
    const stored = await passwords.hash('abc')
    expect(await passwords.verify('abc\0def', stored)).toBe(false)
    expect(await passwords.verify('abc\0', stored)).toBe(false)
    expect(await passwords.verify('', stored)).toBe(false)
  })
})

test('the same letters in another normal form are the same password', async () => {
  expect(await passwords.verify('caf\u0065\u0301', await passwords.hash('caf\u00e9'))).toBe(true)
})

test('hashes of others, and texts that are none', async () => {
  const other = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy' // crypt_blowfish 1.3, test vectors
  expect(await compare('', other)).toBe(true)
  expect(await passwords.verify('U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')).toBe(true)
  expect(await passwords.verify('x', 'plain')).toBe(false)
  expect(await passwords.verify('x', '')).toBe(false)
})

test('an unknown user takes the work of the configured cost, and is never let in', async () => {
  for (const password of ['', 'x', `${LONGEST}y`, 'a\0b']) expect(await passwords.verify(password, null)).toBe(false)
  const compared = vi.mocked(compare).mock.lastCall?.[1] ?? ''
  expect(compared).toHaveLength(60)
  expect(getRounds(compared)).toBe(4)
  // A salt that bcrypt would refuse would cost nothing.
  expect(await hash('x', compared.slice(0, 29))).toContain(compared.slice(0, 29))
})

test.each([
  ['', 'empty'],
  ['a\0', 'nul'],
  [LONGEST, null],
  [`${LONGEST}x`, 'too-long'],
  ['\u00e9'.repeat(36), null],
  ['\u00e9'.repeat(37), 'too-long'],
  [' ', null],
])('%j as a password: %s', (password, problem) => {
  expect(passwordProblem(password)).toBe(problem)
})

describe('the line', () => {
  test('only so many run at once, in the order they came; the others get through all the same', async () => {
    const few = new BcryptPasswords({ cost: 4, parallel: 2 })
    const stored = await few.hash('right')
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => few.verify(i % 2 ? 'right' : 'wrong', stored)),
    )
    expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i % 2 === 1))
  })

  test('has an end; who is turned away leaves the others their turn', async () => {
    const short = new BcryptPasswords({ cost: 4, parallel: 1, waiting: 2 })
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => short.verify('x', null)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(results[4]).toMatchObject({ reason: expect.any(PasswordsBusy) })
    expect(await short.verify('x', null)).toBe(false)
  })
})

test('a line of passwords does not stand in the way of files, which the same threads read', async () => {
  const passwords = new BcryptPasswords({ cost: 9 })
  let compared = 0
  const all = Array.from({ length: 20 }, async () => {
    await passwords.verify('one of many', null)
    compared++
  })
  await new Promise((turn) => setImmediate(turn))
  // Without a bound all of them would have a place in the line of the threads before it.
  await stat('.')
  expect(compared).toBeLessThan(10)
  await Promise.all(all)
  expect(compared).toBe(20)
})
