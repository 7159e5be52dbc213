/** The DNS as it is: by a name server of our own on the wire, and by a double where time matters. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DnsReply, type DnsServer, type RecordType, startDnsServer } from '../../test/dns-server.js'
import { FakeClock, systemClock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import { ResolveError } from './contracts.js'
import { type DnsQueries, DnsResolver, nodeQueries } from './dns-resolver.js'

/** What was answered, or `trouble: why`. */
const outcome = (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: unknown) => {
    if (error instanceof ResolveError) return `${error.trouble}: ${error.message}`
    throw error
  })

describe('with a name server', () => {
  const replies: { [question: string]: DnsReply } = {
    'MX x.test': {
      records: [
        { type: 'MX', preference: 20, exchange: 'B.x.test' },
        { type: 'MX', preference: 10, exchange: 'a.x.test' },
      ],
    },
    'MX null.test': { records: [{ type: 'MX', preference: 0, exchange: '' }] },
    'MX alias.test': {
      records: [
        { type: 'CNAME', to: 'x.test' },
        { type: 'MX', preference: 5, exchange: 'a.x.test', name: 'x.test' },
      ],
    },
    'MX odd.test': { records: [{ type: 'MX', preference: 5, exchange: 'a\r\nb.test' }] },
    'MX dangling.test': { records: [{ type: 'CNAME', to: 'nothing.test' }] },
    'A a.x.test': {
      records: [
        { type: 'A', address: '192.0.2.2', ttl: 60 },
        { type: 'A', address: '192.0.2.1', ttl: 30 },
      ],
    },
    'AAAA a.x.test': { records: [{ type: 'AAAA', address: '2001:db8::1', ttl: 30 }] },
    'AAAA mapped.test': { records: [{ type: 'AAAA', address: '::ffff:c000:201' }] },
    'A alias.test': {
      records: [
        { type: 'CNAME', to: 'a.x.test' },
        { type: 'A', address: '192.0.2.1', name: 'a.x.test' },
      ],
    },
    'MX gone.test': { rcode: 3 },
    'MX empty.test': {},
    'MX broken.test': { rcode: 2 },
    'MX secret.test': { rcode: 5 },
  }
  let server: DnsServer
  beforeAll(async () => {
    server = await startDnsServer((name: string, type: RecordType) => replies[`${type} ${name}`] ?? {})
  })
  afterAll(() => server.close())

  let resolver: DnsResolver
  beforeEach(() => {
    resolver = new DnsResolver(nodeQueries([{ address: '127.0.0.1', port: server.port }]), systemClock)
  })

  test.each([
    [
      'x.test',
      [
        { preference: 10, exchange: 'a.x.test' },
        { preference: 20, exchange: 'b.x.test' },
      ],
    ],
    ['null.test', [{ preference: 0, exchange: '' }]],
    ['alias.test', [{ preference: 5, exchange: 'a.x.test' }]],
    ['dangling.test', 'no-data: there are no such records'],
    ['gone.test', 'no-such-name: there is no such name'],
    ['empty.test', 'no-data: there are no such records'],
    ['broken.test', 'unavailable: the name servers fail (SERVFAIL)'],
    ['secret.test', 'unavailable: the name servers refuse to answer'],
    ['x..test', 'no-such-name: there can be no such name'],
  ])('MX of %s', async (domain, expected) => {
    expect(await outcome(resolver.mx(domain))).toEqual(expected)
  })

  test('a name that is none brings no line break into a reply', async () => {
    const answer = await outcome(resolver.mx('odd.test'))
    expect(JSON.stringify(answer)).not.toMatch(/\\r|\\n/)
  })

  test.each([
    ['a.x.test', 4, ['192.0.2.2', '192.0.2.1']],
    ['a.x.test', 6, ['2001:db8::1']],
    ['mapped.test', 6, ['::ffff:c000:201']],
    ['alias.test', 4, ['192.0.2.1']],
    ['x.test', 4, 'no-data: there are no such records'],
    ['localhost', 4, ['127.0.0.1']],
    ['a.localhost', 6, ['::1']],
  ] as const)('addresses of %s, IPv%s', async (host, family, expected) => {
    expect(await outcome(resolver.addresses(host, family))).toEqual(expected)
  })

  test('nothing is added to a name, and localhost is not asked for', async () => {
    const before = server.asked.length
    await outcome(resolver.mx('gone.test'))
    await outcome(resolver.addresses('localhost', 4))
    expect(server.asked.slice(before)).toEqual(['MX gone.test'])
  })
})

test('a name server that is not there', async () => {
  const server = await startDnsServer(() => null)
  await server.close()
  const resolver = new DnsResolver(nodeQueries([{ address: '127.0.0.1', port: server.port }]), systemClock)
  expect(await outcome(resolver.mx('x.test'))).toBe('unavailable: no name server can be reached')
})

/** Answers when the test says so. */
class Double implements DnsQueries {
  readonly asked: string[] = []
  readonly #open: { resolve(value: never): void; reject(error: unknown): void }[] = []

  readonly resolveMx = (name: string) => this.#ask<{ priority: number; exchange: string }[]>(name)
  readonly resolve4 = (name: string) => this.#ask<{ address: string; ttl: number }[]>(name)
  readonly resolve6 = this.resolve4

  #ask<T>(name: string): Promise<T> {
    this.asked.push(name)
    return new Promise<T>((resolve, reject) => this.#open.push({ resolve, reject }))
  }
  /** To the one that was asked first. */
  answer(value: unknown): void {
    this.#open.shift()?.resolve(value as never)
  }
  fail(code: string, syscall = 'queryMx'): void {
    this.#open.shift()?.reject(Object.assign(new Error(code), { code, syscall }))
  }
}

function doubled() {
  const clock = new FakeClock()
  const double = new Double()
  return { clock, double, resolver: new DnsResolver(double, clock) }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))
const mx = [{ priority: 1, exchange: 'a.test' }]

describe('what is remembered', () => {
  test('addresses as long as their shortest TTL', async () => {
    const { clock, double, resolver } = doubled()
    const first = resolver.addresses('a.test', 4)
    double.answer([
      { address: '192.0.2.1', ttl: 60 },
      { address: '192.0.2.2', ttl: 30 },
    ])
    await first
    await clock.advance(29_999)
    expect(await resolver.addresses('a.test', 4)).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(double.asked).toHaveLength(1)
    await clock.advance(1)
    void resolver.addresses('a.test', 4)
    expect(double.asked).toHaveLength(2)
  })

  test.each([
    [0, 0],
    [86_400 * 365, queueLimits.longestTtl],
  ])('with a TTL of %i s for %i ms', async (ttl, kept) => {
    const { clock, double, resolver } = doubled()
    const first = resolver.addresses('a.test', 4)
    double.answer([{ address: '192.0.2.1', ttl }])
    await first
    await clock.advance(Math.max(0, kept - 1))
    if (kept > 0) await resolver.addresses('a.test', 4)
    expect(double.asked).toHaveLength(1)
    await clock.advance(1)
    void resolver.addresses('a.test', 4)
    expect(double.asked).toHaveLength(2)
  })

  test('the families apart', async () => {
    const { double, resolver } = doubled()
    void resolver.addresses('a.test', 4)
    void resolver.addresses('a.test', 6)
    expect(double.asked).toHaveLength(2)
  })

  test.each([
    ['MX', (double: Double) => double.answer(mx), queueLimits.mxTtl],
    ['that there is none', (double: Double) => double.fail('ENODATA'), queueLimits.refusalTtl],
    ['an empty answer', (double: Double) => double.answer([]), queueLimits.refusalTtl],
    ['that there is no such name', (double: Double) => double.fail('ENOTFOUND'), queueLimits.refusalTtl],
    ['not that it is unknown', (double: Double) => double.fail('ESERVFAIL'), 0],
  ])('%s', async (_, answer, kept) => {
    const { clock, double, resolver } = doubled()
    const first = outcome(resolver.mx('x.test'))
    answer(double)
    const said = await first
    if (kept > 0) {
      await clock.advance(kept - 1)
      expect(await outcome(resolver.mx('x.test'))).toEqual(said)
      expect(double.asked).toHaveLength(1)
      await clock.advance(1)
    }
    void outcome(resolver.mx('x.test'))
    expect(double.asked).toHaveLength(2)
  })

  test('what many ask at the same time is asked once, and fails for all', async () => {
    const { clock, double, resolver } = doubled()
    const all = Array.from({ length: 5 }, () => outcome(resolver.mx('x.test')))
    expect(double.asked).toEqual(['x.test'])
    double.fail('ETIMEOUT')
    expect(new Set(await Promise.all(all))).toEqual(new Set(['unavailable: the name servers do not answer']))
    expect(clock.pending).toBe(0)
  })
})

test('a server that says nothing is not waited for without end', async () => {
  const { clock, double, resolver } = doubled()
  const asked = outcome(resolver.mx('x.test'))
  await settled()
  await clock.advance(queueLimits.dnsDeadline)
  expect(await asked).toBe('unavailable: the name servers do not answer')
  // The answer that comes too late is nobody's, and the next one is asked anew.
  double.answer(mx)
  const again = resolver.mx('x.test')
  double.answer(mx)
  expect(await again).toEqual([{ preference: 1, exchange: 'a.test' }])
  expect(clock.pending).toBe(0)
})

test('only so many are asked at once', async () => {
  const { double, resolver } = doubled()
  for (let i = 0; i <= queueLimits.dnsAtOnce; i++) void resolver.mx(`x${i}.test`)
  await settled()
  expect(double.asked).toHaveLength(queueLimits.dnsAtOnce)
  double.answer(mx)
  await settled()
  expect(double.asked).toHaveLength(queueLimits.dnsAtOnce + 1)
})

test('of an answer with too many records, the most preferred are looked at', async () => {
  const { double, resolver } = doubled()
  const asked = resolver.mx('x.test')
  double.answer(Array.from({ length: 5000 }, (_, i) => ({ priority: 5000 - i, exchange: `mx${i}.test` })))
  const found = await asked
  expect(found).toHaveLength(queueLimits.dnsRecords)
  expect(found[0]).toEqual({ preference: 1, exchange: 'mx4999.test' })
})

test('an error that is not of the DNS is a fault', async () => {
  const { double, resolver } = doubled()
  const asked = resolver.mx('x.test')
  double.fail('ERR_INVALID_ARG_TYPE', 'x')
  await expect(asked).rejects.toThrow('ERR_INVALID_ARG_TYPE')
})
