import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UidRanges } from './uid-ranges.js'

const step = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), gap: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('remove' as const), pick: fc.array(fc.nat(40), { maxLength: 6 }) }),
)

test('ranges answer as a plain array does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 60 }), (steps, probe) => {
      const ranges = UidRanges.of([1, 2, 3, 7])
      let plain = [1, 2, 3, 7]
      let next = 8
      for (const s of steps) {
        if (s.kind === 'push') {
          next += s.gap
          ranges.push(next)
          plain.push(next++)
        } else {
          const gone = [...new Set(s.pick.map((i) => plain[i]))].filter((n) => n !== undefined).sort((a, b) => a - b)
          ranges.remove(gone)
          plain = plain.filter((uid) => !gone.includes(uid))
        }
      }
      expect(ranges.count).toBe(plain.length)
      expect(ranges.last).toBe(plain.at(-1) ?? 0)
      expect(plain.map((_uid, i) => ranges.at(i + 1))).toEqual(plain)
      expect([ranges.at(0), ranges.at(plain.length + 1)]).toEqual([null, null])
      const where = plain.indexOf(probe)
      expect(ranges.position(probe)).toBe(where === -1 ? null : where + 1)
      expect(ranges.countFrom(probe)).toBe(plain.filter((uid) => uid >= probe).length)
      const within = [
        ...ranges.within([
          { first: 2, last: probe },
          { first: probe + 2, last: probe + 9 },
        ]),
      ]
      const wanted = plain.filter((uid) => (uid >= 2 && uid <= probe) || (uid >= probe + 2 && uid <= probe + 9))
      expect(within).toEqual(wanted.map((uid) => ({ seq: plain.indexOf(uid) + 1, uid })))
    }),
    { numRuns: 3000 },
  )
})

test('a list is taken with all of its holes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), (uids) => {
      const sorted = Uint32Array.from(uids).sort()
      const ranges = UidRanges.of(sorted)
      expect([ranges.count, ranges.last]).toEqual([sorted.length, sorted.at(-1) ?? 0])
      expect(Array.from(sorted, (_, i) => ranges.at(i + 1))).toEqual([...sorted])
      expect(Array.from(sorted, (uid) => ranges.position(uid))).toEqual(Array.from(sorted, (_, i) => i + 1))
    }),
  )
})

test('a million messages in a row cost one range', () => {
  const ranges = UidRanges.of(Array.from({ length: 1_000_000 }, (_, i) => i + 1))
  ranges.remove([500_000])
  expect([ranges.count, ranges.at(500_000), ranges.position(999_999)]).toEqual([999_999, 500_001, 999_998])
})
