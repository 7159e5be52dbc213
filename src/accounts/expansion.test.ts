import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AccountId, MailboxId } from '../core/ids.js'
import { aliasLimits } from '../core/limits.js'
import { expand, type Step } from './expansion.js'

const at = (n: number): string => `n${n}@example.org`
const local = (address: string): Step => ({
  kind: 'local',
  account: 1 as AccountId,
  mailbox: Number.parseInt(address.slice(1), 10) as MailboxId,
  address,
})

/** Each node leads to others, or, without any, is what its number says. */
type Graph = readonly (readonly number[])[]
const LEAVES = ['local', 'remote', 'unknown-user', 'disabled'] as const

function lookIn(graph: Graph): (address: string) => Promise<Step> {
  return async (address) => {
    const n = Number.parseInt(address.slice(1), 10)
    const targets = graph[n] ?? []
    if (targets.length > 0) return { kind: 'leads-to', targets: targets.map(at) }
    const kind = LEAVES[n % LEAVES.length] ?? 'local'
    return kind === 'local' ? local(address) : kind === 'remote' ? { kind, address } : { kind }
  }
}

/** All that can be reached from `n`, itself included. */
function reachable(graph: Graph, n: number, seen = new Set<number>()): Set<number> {
  if (!seen.has(n)) {
    seen.add(n)
    for (const next of graph[n] ?? []) reachable(graph, next, seen)
  }
  return seen
}

test('any graph of aliases ends, and mail reaches exactly its reachable leaves, each once', async () => {
  const node = fc.nat({ max: aliasLimits.depth - 1 })
  const graphs = fc.array(fc.uniqueArray(node, { maxLength: 4 }), {
    minLength: aliasLimits.depth,
    maxLength: aliasLimits.depth,
  })
  await fc.assert(
    fc.asyncProperty(graphs, async (graph) => {
      const leaves = [...reachable(graph, 0)].filter((n) => graph[n]?.length === 0)
      const alive = leaves.filter((n) => ['local', 'remote'].includes(LEAVES[n % LEAVES.length] ?? ''))
      const found = await expand([at(0)], lookIn(graph))
      if (found.kind !== 'alias') {
        expect(alive).toEqual([])
        const dead = new Set(leaves.map((n) => LEAVES[n % LEAVES.length]))
        expect(found.kind).toBe(dead.has('disabled') ? 'disabled' : dead.has('unknown-user') ? 'unknown-user' : 'loop')
      } else expect(found.targets.map(({ address }) => address).sort()).toEqual(alive.map(at).sort())
    }),
    { numRuns: 2000 },
  )
})

const chain = (n: number): Graph => Array.from({ length: n + 1 }, (_, i) => (i < n ? [i + 1] : []))

test('a chain of aliases is followed so far and no further', async () => {
  const look = (graph: Graph) => async (address: string) => {
    const step = await lookIn(graph)(address)
    return step.kind === 'leads-to' ? step : local(address)
  }
  expect(await expand([at(0)], look(chain(aliasLimits.depth - 1)))).toMatchObject({ kind: 'alias' })
  expect(await expand([at(0)], look(chain(aliasLimits.depth)))).toEqual({ kind: 'loop' })
})

test('one recipient becomes so many and no more', async () => {
  const many = (n: number) => Array.from({ length: n }, (_, i) => at(i))
  const all = await expand(many(aliasLimits.addresses), async (address) => local(address))
  expect(all.kind === 'alias' ? all.targets.length : 0).toBe(aliasLimits.addresses)
  const look = async (): Promise<Step> => ({ kind: 'leads-to', targets: many(aliasLimits.addresses) })
  expect(await expand(['x@example.org'], look)).toEqual({ kind: 'loop' })
})

test('one mailbox by two addresses gets one copy', async () => {
  const same = async (address: string): Promise<Step> => ({ ...local('n1@x'), address }) as Step
  expect(await expand([at(1), 'n1+x@example.org'], same)).toMatchObject({ kind: 'alias', targets: [{ kind: 'local' }] })
})

test("a fault in a look-up is the caller's", async () => {
  await expect(expand([at(0)], () => Promise.reject(new Error('gone')))).rejects.toThrow('gone')
})
