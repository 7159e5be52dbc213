/** Where mail goes, case by case, over a DNS in memory. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Table, TableResolver } from '../../test/table-resolver.js'
import { type Random, systemRandom } from '../core/ids.js'
import { queueLimits } from '../core/limits.js'
import type { Plan, RouteSettings } from './contracts.js'
import { type OwnHostsParts, ownHosts } from './own-hosts.js'
import { MailPlanner, type PlanRules } from './planner.js'

const settings: RouteSettings = { tls: 'try', credentials: null, perMinute: null, connections: null }
const US = { service: 'smtp', address: '192.0.2.25', port: 25 }

interface World {
  readonly table?: Table
  readonly rules?: Partial<PlanRules>
  readonly own?: Partial<OwnHostsParts>
  readonly random?: Random
}

function plannerOf({ table = {}, rules = {}, own = {}, random = () => Buffer.alloc(4) }: World) {
  const resolver = new TableResolver(table)
  const known = { hostname: 'mail.us.test', listeners: [US], addresses: () => [], machine: () => [], ...own }
  const all: PlanRules = { deliver: 'all', routes: [], tls: 'try', port: 25, ...rules }
  return { resolver, planner: new MailPlanner({ resolver, own: ownHosts(known), random, rules: () => all }) }
}
const plan = (destination: string, world: World): Promise<Plan> => plannerOf(world).planner.plan(destination)

/** `name address address`, or the reply. */
async function planned(destination: string, world: World): Promise<readonly string[] | string> {
  const found = await plan(destination, world)
  if (found.kind !== 'hosts') return `${found.kind} ${found.reply}`
  return found.hosts.map(({ name, addresses }) => [name, ...addresses].join(' '))
}

const route = (domain: string, host: string, port = 25) => ({ domain, host, port, settings })
const A = { a: ['198.51.100.1'] }

describe('by MX', () => {
  const cases: [what: string, table: Table, expected: readonly string[] | string][] = [
    [
      'the hosts by preference, IPv6 and IPv4 by turns',
      {
        'x.test': {
          mx: [
            [20, 'b.test'],
            [10, 'a.test'],
          ],
        },
        'a.test': { a: ['198.51.100.1', '198.51.100.2'], aaaa: ['2001:db8::1'] },
        'b.test': A,
      },
      ['a.test 2001:db8::1 198.51.100.1 198.51.100.2', 'b.test 198.51.100.1'],
    ],
    ['a domain without MX is its own host', { 'x.test': A }, ['x.test 198.51.100.1']],
    [
      'but not one whose MX leads nowhere',
      { 'x.test': { ...A, mx: [[10, 'gone.test']] } },
      'failed 550 5.4.4 The mail servers of x.test have no address',
    ],
    ['a null MX', { 'x.test': { ...A, mx: [[0, '']] } }, 'failed 556 5.1.10 x.test takes no mail'],
    [
      'a null MX beside others is none',
      {
        'x.test': {
          mx: [
            [0, ''],
            [5, 'a.test'],
          ],
        },
        'a.test': A,
      },
      ['a.test 198.51.100.1'],
    ],
    [
      'CNAMEs are followed',
      { 'x.test': { cname: 'y.test' }, 'y.test': { mx: [[1, 'a.test']] }, 'a.test': { cname: 'b.test' }, 'b.test': A },
      ['a.test 198.51.100.1'],
    ],
    [
      'CNAMEs in a circle',
      { 'x.test': { cname: 'x.test' } },
      'later 451 4.4.3 Cannot look up the mail servers of x.test: x.test: CNAMEs go round in circles',
    ],
    ['no such domain', {}, 'failed 550 5.1.2 There is no domain x.test'],
    ['neither MX nor address', { 'x.test': {} }, 'failed 550 5.4.4 x.test has neither mail servers nor an address'],
    [
      'no answer on MX',
      { 'x.test': { ...A, trouble: { mx: 'unavailable' } } },
      'later 451 4.4.3 Cannot look up the mail servers of x.test: x.test: unavailable',
    ],
    [
      'no answer on the address of a domain without MX',
      { 'x.test': { trouble: { a: 'unavailable' } } },
      'later 451 4.4.3 Cannot look up the address of x.test: x.test: unavailable',
    ],
    [
      'no answer on the addresses of all hosts',
      {
        'x.test': {
          mx: [
            [1, 'a.test'],
            [2, 'gone.test'],
          ],
        },
        'a.test': { trouble: 'unavailable' },
      },
      'later 451 4.4.3 Cannot look up the mail servers of x.test: a.test: unavailable',
    ],
    [
      'no answer on one of them',
      {
        'x.test': {
          mx: [
            [1, 'a.test'],
            [2, 'b.test'],
          ],
        },
        'a.test': { trouble: 'unavailable' },
        'b.test': A,
      },
      ['b.test 198.51.100.1'],
    ],
    [
      'no answer on one family',
      { 'x.test': { mx: [[1, 'a.test']] }, 'a.test': { ...A, trouble: { aaaa: 'unavailable' } } },
      ['a.test 198.51.100.1'],
    ],
    [
      'addresses and other texts instead of names',
      {
        'x.test': {
          mx: [
            [1, '198.51.100.1'],
            [2, 'a b.test'],
            [3, 'a\r\nb.test'],
          ],
        },
      },
      'failed 550 5.4.4 The mail servers of x.test have no names of hosts',
    ],
    [
      'a name with underscores',
      { 'x.test': { mx: [[1, '_dc-mx.a.test']] }, '_dc-mx.a.test': A },
      ['_dc-mx.a.test 198.51.100.1'],
    ],
    [
      'a host that is there twice',
      {
        'x.test': {
          mx: [
            [9, 'a.test'],
            [1, 'a.test'],
            [5, 'b.test'],
          ],
        },
        'a.test': A,
        'b.test': A,
      },
      ['a.test 198.51.100.1', 'b.test 198.51.100.1'],
    ],
    [
      'addresses of no server',
      {
        'x.test': { mx: [[1, 'a.test']] },
        'a.test': {
          a: ['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '169.254.169.254'],
          aaaa: ['::', '::1', 'ff02::1', 'fe80::1', '::ffff:7f00:1'],
        },
      },
      'failed 550 5.4.4 Mail for x.test leads to no address of a server',
    ],
    [
      'one of them',
      { 'x.test': { mx: [[1, 'a.test']] }, 'a.test': { a: ['127.0.0.1', '10.0.0.1'] } },
      ['a.test 10.0.0.1'],
    ],
    // Loops
    [
      'our name, and nothing before it',
      {
        'x.test': {
          mx: [
            [10, 'mail.us.test'],
            [10, 'a.test'],
            [20, 'b.test'],
          ],
        },
        'mail.us.test': A,
        'a.test': A,
        'b.test': A,
      },
      'failed 550 5.4.6 Mail loop: mail for x.test comes back to this server',
    ],
    [
      'our name, and others before it',
      {
        'x.test': {
          mx: [
            [20, 'mail.us.test'],
            [10, 'a.test'],
            [30, 'b.test'],
          ],
        },
        'a.test': A,
        'b.test': A,
      },
      ['a.test 198.51.100.1'],
    ],
    [
      'our address under another name',
      {
        'x.test': {
          mx: [
            [20, 'alias.test'],
            [10, 'a.test'],
            [30, 'b.test'],
          ],
        },
        'alias.test': { a: ['198.51.100.9', '192.0.2.25'] },
        'a.test': A,
        'b.test': A,
      },
      ['a.test 198.51.100.1'],
    ],
    [
      'our address as that of a domain',
      { 'x.test': { a: ['192.0.2.25'] } },
      'failed 550 5.4.6 Mail loop: mail for x.test comes back to this server',
    ],
  ]
  test.each(cases)('%s', async (_, table, expected) => {
    expect(await planned('x.test', { table })).toEqual(expected)
  })

  test('our own name without MX', async () => {
    const table = { 'mail.us.test': A }
    expect(await planned('mail.us.test', { table })).toMatch(/^failed 550 5\.4\.6 /)
  })

  test('has a key of its own, and what the configuration says of port and TLS', async () => {
    const world: World = { table: { 'x.test': A }, rules: { port: 2525, tls: 'verify' } }
    expect(await plan('x.test', world)).toEqual({
      kind: 'hosts',
      key: 'mx x.test',
      hosts: [{ name: 'x.test', port: 2525, addresses: ['198.51.100.1'] }],
      settings: { ...settings, tls: 'verify' },
    })
  })

  test('more hosts and addresses than anybody tries are left out', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `mx${i}.test`)
    const table: Table = {
      'x.test': { mx: names.map((name, i) => [i, name]) },
      ...Object.fromEntries(names.map((name) => [name, { a: names.map((_, i) => `198.51.100.${i}`) }])),
    }
    const { planner, resolver } = plannerOf({ table })
    const found = await planner.plan('x.test')
    if (found.kind !== 'hosts') throw new Error(found.reply)
    expect(found.hosts.map(({ name }) => name)).toEqual(names.slice(0, queueLimits.mxHosts))
    expect(new Set(found.hosts.map(({ addresses }) => addresses.length))).toEqual(
      new Set([queueLimits.addressesPerHost]),
    )
    expect(resolver.asked).toHaveLength(1 + 2 * queueLimits.mxHosts)
  })

  test('we are seen in the list even where it is too long to be tried', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `mx${i}.test`)
    const table: Table = { 'x.test': { mx: [...names.map((name) => [5, name] as const), [5, 'mail.us.test']] } }
    expect(await planned('x.test', { table })).toMatch(/^failed 550 5\.4\.6 /)
  })

  test('a fault is no trouble of the DNS', async () => {
    const { planner, resolver } = plannerOf({})
    resolver.mx = () => Promise.reject(new TypeError('broken'))
    await expect(planner.plan('x.test')).rejects.toThrow('broken')
  })

  test('whatever the preferences, they are kept, and every host comes once', async () => {
    const mx = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.constantFrom('a', 'b', 'c', 'd', 'e')), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(mx, async (records) => {
        const best = new Map<string, number>()
        for (const [n, name] of records) best.set(name, Math.min(n, best.get(name) ?? n))
        const table = { 'x.test': { mx: records }, a: A, b: A, c: A, d: A, e: A }
        const found = await plan('x.test', { table, random: systemRandom })
        if (found.kind !== 'hosts') throw new Error(found.reply)
        const names = found.hosts.map(({ name }) => name)
        const order = names.map((name) => best.get(name) ?? -1)
        expect(order).toEqual([...order].sort((a, b) => a - b))
        expect([...names].sort()).toEqual([...best.keys()].sort())
      }),
    )
  })

  test('among equals each order is as likely as any other', async () => {
    const table = {
      'x.test': {
        mx: [
          [1, 'a'],
          [1, 'b'],
          [1, 'c'],
        ] as const,
      },
      a: A,
      b: A,
      c: A,
    }
    // Every draw once: three for the first, two for the second.
    const orders = new Map<string, number>()
    for (let draw = 0; draw < 6; draw++) {
      const octets = [draw % 3, Math.floor(draw / 3), 0]
      const random: Random = () => Buffer.from([0, 0, 0, octets.shift() ?? 0])
      const order = String(await planned('x.test', { table, random }))
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    expect([...orders.values()]).toEqual([1, 1, 1, 1, 1, 1])
  })
})

describe('by route', () => {
  const routes = [
    route('*', '198.51.100.1', 2526),
    route('*.b.test', 'long.test'),
    route('*.test', 'short.test'),
    route('a.b.test', '2001:db8::9'),
  ]
  const table = { 'long.test': { ...A, mx: [[1, 'other.test']] as const }, 'short.test': A, 'b.test': A }

  test.each([
    ['a.b.test', 'route a.b.test', '[IPv6:2001:db8::9] 2001:db8::9'],
    ['c.b.test', 'route *.b.test', 'long.test 198.51.100.1'],
    ['x.a.b.test', 'route *.b.test', 'long.test 198.51.100.1'],
    ['b.test', 'route *.test', 'short.test 198.51.100.1'],
    ['test', 'route *', '[198.51.100.1] 198.51.100.1'],
    ['ab.example', 'route *', '[198.51.100.1] 198.51.100.1'],
    ['[192.0.2.9]', 'route *', '[198.51.100.1] 198.51.100.1'],
    ['[tag:x]', 'route *', '[198.51.100.1] 198.51.100.1'],
  ])('%s takes %s', async (destination, key, host) => {
    const world = { table, rules: { routes } }
    expect(await plan(destination, world)).toMatchObject({ kind: 'hosts', key })
    expect(await planned(destination, world)).toEqual([host])
  })

  test('has the settings and the port of the route, and asks for no MX', async () => {
    const own: RouteSettings = {
      tls: 'verify',
      credentials: { user: 'u', password: 'p' },
      perMinute: 5,
      connections: 2,
    }
    const rules = { routes: [{ ...route('*', 'long.test', 587), settings: own }] }
    const { planner, resolver } = plannerOf({ table, rules })
    expect(await planner.plan('x.test')).toEqual({
      kind: 'hosts',
      key: 'route *',
      hosts: [{ name: 'long.test', port: 587, addresses: ['198.51.100.1'] }],
      settings: own,
    })
    expect(resolver.asked).toEqual(['aaaa long.test', 'a long.test'])
  })

  test.each([
    [{}, 'later 451 4.4.4 gone.test of a route has no address'],
    [
      { 'gone.test': { trouble: 'unavailable' } } as const,
      'later 451 4.4.3 Cannot look up gone.test of a route: gone.test: unavailable',
    ],
  ])('a host that cannot be found fails no mail: %j', async (table, expected) => {
    expect(await planned('x.test', { table, rules: { routes: [route('*', 'gone.test')] } })).toBe(expected)
  })

  test('may be this very server, which is for the administrator to know', async () => {
    expect(await planned('x.test', { rules: { routes: [route('*', '192.0.2.25')] } })).toHaveLength(1)
  })
})

describe('queue.deliver', () => {
  const rules = { routes: [route('a.test', '198.51.100.1')] }
  test.each([
    ['routes', 'a.test', ['[198.51.100.1] 198.51.100.1']],
    ['routes', 'x.test', 'kept 450 4.4.4 No route for x.test, and queue.deliver is routes'],
    ['routes', '[192.0.2.9]', 'kept 450 4.4.4 No route for [192.0.2.9], and queue.deliver is routes'],
    ['none', 'a.test', 'kept 450 4.3.2 Nothing is sent: queue.deliver is none'],
  ] as const)('%s: %s', async (deliver, destination, expected) => {
    const { planner, resolver } = plannerOf({ table: { 'x.test': A }, rules: { ...rules, deliver } })
    const found = await planner.plan(destination)
    expect(await planned(destination, { rules: { ...rules, deliver } })).toEqual(expected)
    expect(found.kind).toBe(typeof expected === 'string' ? 'kept' : 'hosts')
    expect(resolver.asked).toEqual([])
  })
})

describe('address literals', () => {
  test.each([
    ['[198.51.100.1]', ['[198.51.100.1] 198.51.100.1']],
    ['[IPv6:2001:DB8::1]', ['[IPv6:2001:DB8::1] 2001:db8::1']],
    ['[192.0.2.25]', 'failed 550 5.4.6 Mail loop: [192.0.2.25] is this server'],
    ['[127.0.0.1]', 'failed 550 5.4.4 [127.0.0.1] is no address of a server'],
    ['[tag:x]', 'failed 550 5.1.2 [tag:x] is no address that can be reached'],
  ])('%s', async (destination, expected) => {
    const { planner, resolver } = plannerOf({})
    expect(await planned(destination, {})).toEqual(expected)
    await planner.plan(destination)
    expect(resolver.asked).toEqual([])
  })
})
