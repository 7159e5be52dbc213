import fc from 'fast-check'
import { expect, test } from 'vitest'
import { distance, nearest } from './spelling.js'

test.each([
  ['idle_timout', ['idle_timeout', 'command_timeout'], 'idle_timeout'],
  ['Hostname', ['hostname', 'data_dir'], 'hostname'],
  ['prot', ['port', 'address'], 'port'],
  ['idle', ['idle_timeout'], null],
  ['xyz', ['abc'], null],
  ['', ['port'], null],
  ['prt', [], null],
])('%s is near one of %j: %s', (word, known, near) => {
  expect(nearest(word, known)).toBe(near)
})

const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') })

test('a distance is 0 for equals, the same both ways, and one edit is at most 1', () => {
  fc.assert(
    fc.property(word, word, fc.nat(8), (a, b, at) => {
      expect(distance(a, a)).toBe(0)
      expect(distance(a, b)).toBe(distance(b, a))
      expect(distance(a, `${a.slice(0, at)}x${a.slice(at)}`)).toBe(1)
      expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }),
  )
})
