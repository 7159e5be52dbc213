import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, formatSize, parseDuration, parseSize } from './units.js'

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['24h', 86_400_000],
  ['500ms', 500],
  ['1d', 86_400_000],
  ['0s', 0],
  ['5 m', 300_000],
  ['5', null],
  ['-5s', null],
  ['+5s', null],
  ['1.5h', null],
  ['5 minutes', null],
  ['5M', null],
  ['1h30m', null],
  ['', null],
  ['s', null],
  [' 5s', null],
  ['5s\n', null],
  ['5constructor', null],
  ['9999999999999999d', null],
])('the duration %j', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  ['1MiB', 1_048_576],
  ['50MB', 50_000_000],
  ['1024', 1024],
  ['1KiB', 1024],
  ['1kB', 1000],
  ['2GiB', 2 ** 31],
  ['7B', 7],
  ['0', 0],
  ['1Mib', null],
  ['-1', null],
  ['1e6', null],
  ['MiB', null],
  ['0x10', null],
  ['9007199254740992', null],
  ['9007TiB', null],
])('the size %j', (text, octets) => {
  expect(parseSize(text)).toBe(octets)
})

const whole = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.tuple(fc.nat(4000), fc.constantFrom(1000, 1024, 60_000, 1e6, 2 ** 30)).map(([n, unit]) => n * unit),
)

test('what is formatted is read back', () => {
  fc.assert(
    fc.property(whole, (n) => {
      expect(parseDuration(formatDuration(n))).toBe(n)
      expect(parseSize(formatSize(n))).toBe(n)
    }),
  )
})

test.each([
  [90_000, '90s'],
  [86_400_000, '1d'],
  [1500, '1500ms'],
])('%i ms is shown as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([
  [50 * 1024 * 1024, '50MiB'],
  [50e6, '50MB'],
  [1001, '1001'],
])('%i octets are shown as %s', (octets, text) => {
  expect(formatSize(octets)).toBe(text)
})
