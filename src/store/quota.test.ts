/** What messages cost, and how full that makes a user: decisions 12 and 13, requirement §1.5. */
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chargeOf, chargeSql, hasRoom, levelOf, type QuotaUse, thresholdOf } from './quota.js'

const MB = 1_000_000
const use = (used: number, octets: number, messages = 0, most = 0): QuotaUse => ({
  used,
  messages,
  limits: { octets, messages: most },
})

test.each([
  [0, 0],
  [19, 19],
  [20, 21],
  [1000, 1050],
  [64 * 1024 * 20, 64 * 1024 * 21],
  [64 * 1024 * 20 + 1000, 64 * 1024 * 21 + 1000],
])('a message of %i octets costs %i', (size, cost) => {
  expect(chargeOf(size)).toBe(cost)
})

test('1000 messages of 0.95 MB come to about 997 MB', () => {
  expect(Math.floor((1000 * chargeOf(0.95 * MB)) / MB)).toBe(997)
})

test('a message of 200 MB takes 500 MB to 700 MB', () => {
  expect(Math.floor((500 * MB + chargeOf(200 * MB)) / MB)).toBe(700)
})

test('SQL computes the same', () => {
  const db = new Database(':memory:')
  const ask = db.prepare(`SELECT ${chargeSql('?')}`.replaceAll('?', 'CAST(@size AS INTEGER)')).pluck()
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 }), (size) => {
      expect(ask.get({ size })).toBe(chargeOf(size))
    }),
  )
  db.close()
})

test.each([
  [799, 0, 'ok'],
  [800, 80, '80'],
  [899, 80, '80'],
  [900, 90, '90'],
  [970, 95, '95'],
  [1000, 95, 'full'],
  [1200, 95, 'full'],
] as const)('%i of 1000: threshold %i, level %s', (used, threshold, level) => {
  expect(thresholdOf(use(used, 1000))).toBe(threshold)
  expect(levelOf(use(used, 1000))).toBe(level)
})

test('the resource that is nearer to its limit decides, and 0 limits nothing', () => {
  expect(levelOf(use(10, 1000, 9, 10))).toBe('90')
  expect(levelOf(use(10 ** 12, 0, 10 ** 6, 0))).toBe('ok')
  expect(hasRoom(use(10 ** 12, 0), { octets: 10 ** 12, messages: 1 })).toBe(true)
})
