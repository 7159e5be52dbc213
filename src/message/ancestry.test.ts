/** Ancestry against arrays of parents. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ancestry } from './ancestry.js'

const NODES = 12
const node = fc.integer({ min: 1, max: NODES })
const step = fc.record({ kind: fc.constantFrom('link', 'link', 'cut', 'root'), a: node, b: node })

test('knows the root of every node, whatever was linked and cut', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ancestry = new Ancestry(1)
      for (let i = 1; i <= NODES; i++) ancestry.add(i)
      const parents = new Array<number>(NODES + 1).fill(0)
      const rootOf = (one: number): number => {
        const parent = parents[one] ?? 0
        return parent === 0 ? one : rootOf(parent)
      }
      for (const { kind, a, b } of steps) {
        if (kind === 'link' && parents[a] === 0 && rootOf(b) !== a) {
          ancestry.link(a, b)
          parents[a] = b
        } else if (kind === 'cut' && parents[a] !== 0) {
          ancestry.cut(a)
          parents[a] = 0
        }
        expect(ancestry.root(a)).toBe(rootOf(a))
        expect(ancestry.root(b)).toBe(rootOf(b))
      }
    }),
  )
})

test('a chain of 100,000 is asked, cut and linked again all the way down', () => {
  const count = 100_000
  const ancestry = new Ancestry()
  for (let i = 1; i <= count; i++) ancestry.add(i)
  for (let i = 2; i <= count; i++) ancestry.link(i, i - 1)
  for (let i = 2; i <= count; i += 10) {
    if (ancestry.root(count) !== 1) throw new Error(`lost at ${i}`)
    ancestry.cut(i)
    ancestry.link(i, i - 1)
  }
  expect(ancestry.root(count)).toBe(1)
})
