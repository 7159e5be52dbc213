import { expect, test } from 'vitest'
import { sizeText, table, timeText } from './output.js'

test('columns are as wide as they need, numbers to the right, nothing behind the last', () => {
  expect(table(['NAME', 'N', 'X'], [])).toBe('NAME  N  X')
  expect(
    table(
      ['NAME', 'N', 'X'],
      [
        ['a', 5, ''],
        ['longer', 1000, 'y'],
      ],
    ),
  ).toBe('NAME       N  X\na          5\nlonger  1000  y')
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1.5 * 1024 ** 3, '1.5 GiB'],
  [5000 * 1024 ** 4, '5000.0 TiB'],
])('%d octets are %s', (octets, text) => expect(sizeText(octets)).toBe(text))

test('a time is shown in UTC to the second', () => {
  expect(timeText('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04:05 UTC')
  expect(timeText(null)).toBe('never')
})
