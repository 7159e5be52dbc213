/** Connecting: real sockets on loopback, and sockets that a test opens and closes where time matters. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { FakeClock, systemClock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import { connect, hostAt, type OpenSocket, type Reached } from './connect.js'
import { HostTrouble } from './contracts.js'

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

describe('real sockets', () => {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
  })
  async function listen(address: string): Promise<{ readonly port: number; readonly from: Promise<string> }> {
    const server = createServer()
    servers.push(server)
    const from = new Promise<string>((resolve) => {
      server.once('connection', (socket) => {
        resolve(socket.remoteAddress ?? '')
        socket.end('220 hello\r\n').resume()
      })
    })
    server.listen(0, address)
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, from }
  }
  const reach = (addresses: readonly string[], port: number, sources: readonly string[] = []): Promise<Reached> =>
    connect({ name: 'mx.test', port, addresses }, { clock: systemClock, sources })

  test.each(['127.0.0.1', ...(hasIPv6 ? ['::1'] : [])])('%s', async (address) => {
    const { port } = await listen(address)
    const { connection, address: reached } = await reach([address], port)
    expect(reached).toBe(address)
    expect(connection.remote).toEqual({ address, port })
    expect(connection.local.address).toBe(address)
    expect(String(await connection.read())).toBe('220 hello\r\n')
    await connection.end()
  })

  test.runIf(hasIPv6)('the one that answers, when the one before does not', async () => {
    const { port } = await listen('127.0.0.1')
    const { connection, address } = await reach(['::1', '127.0.0.1'], port)
    expect(address).toBe('127.0.0.1')
    await connection.end()
  })

  test('comes from the address that it is told', async () => {
    const { port, from } = await listen('127.0.0.1')
    const { connection } = await reach(['127.0.0.1'], port, ['::1', '127.0.0.1'])
    expect(await from).toBe('127.0.0.1')
    await connection.end()
  })

  test('nobody listens', async () => {
    const { port } = await listen('127.0.0.1')
    await new Promise((resolve) => servers.pop()?.close(resolve))
    await expect(reach(['127.0.0.1'], port)).rejects.toMatchObject({
      reply: '450 4.4.1 Connection refused by mx.test [127.0.0.1]',
      permanent: false,
      transcript: '(Connection refused by mx.test [127.0.0.1])\n',
    })
  })
})

/** Attempts that wait for the test, on a clock that it moves. */
class Race {
  readonly clock = new FakeClock()
  readonly sockets = new Map<string, Socket>()
  readonly from: (string | undefined)[] = []
  /** What came of it. */
  outcome: string | null = null
  reached: Reached | null = null
  trouble: HostTrouble | null = null

  constructor(addresses: readonly string[], sources: readonly string[] = []) {
    const open: OpenSocket = ({ host, localAddress }) => {
      const socket = new Socket()
      this.sockets.set(host, socket)
      this.from.push(localAddress)
      return socket
    }
    connect({ name: 'mx.test', port: 25, addresses }, { clock: this.clock, sources, open }).then(
      (reached) => {
        this.reached = reached
        this.outcome = reached.address
      },
      (error: unknown) => {
        if (!(error instanceof HostTrouble)) throw error
        this.trouble = error
        this.outcome = error.reply
      },
    )
  }

  /** Addresses that were tried, in order. */
  get tried(): readonly string[] {
    return [...this.sockets.keys()]
  }
  /** Of those, the ones that are still open. */
  get open(): readonly string[] {
    return this.tried.filter((address) => this.sockets.get(address)?.destroyed === false)
  }
  async connected(address: string): Promise<void> {
    this.sockets.get(address)?.emit('connect')
    await settled()
  }
  async failed(address: string, code: string): Promise<void> {
    this.sockets.get(address)?.destroy(Object.assign(new Error(code), { code }))
    await settled()
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))
const [A, B, C] = ['2001:db8::1', '192.0.2.1', '192.0.2.2']

describe('the race', () => {
  test('begins with the first alone, and goes on after a quarter of a second', async () => {
    const race = new Race([A, B, C])
    expect(race.tried).toEqual([A])
    await race.clock.advance(queueLimits.connectStagger - 1)
    expect(race.tried).toEqual([A])
    await race.clock.advance(1)
    expect(race.tried).toEqual([A, B])
    await race.clock.advance(queueLimits.connectStagger)
    expect(race.open).toEqual([A, B, C])
  })

  test('goes on at once when one fails, and the next waits its time again', async () => {
    const race = new Race([A, B, C])
    await race.clock.advance(queueLimits.connectStagger - 1)
    await race.failed(A, 'ENETUNREACH')
    expect(race.tried).toEqual([A, B])
    await race.clock.advance(queueLimits.connectStagger - 1)
    expect(race.tried).toEqual([A, B])
    await race.clock.advance(1)
    expect(race.tried).toEqual([A, B, C])
  })

  test.each([A, B])('is won by %s, and the others are given up', async (winner) => {
    const race = new Race([A, B, C])
    await race.clock.advance(queueLimits.connectStagger)
    await race.connected(winner)
    expect([race.outcome, race.open, race.tried]).toEqual([winner, [winner], [A, B]])
    expect(race.clock.pending).toBe(0)
    // What the others still say is nobody's, and nobody else is tried for it.
    for (const socket of race.sockets.values()) if (socket.destroyed) socket.emit('error', new Error('late'))
    expect(race.tried).toEqual([A, B])
    race.reached?.connection.destroy()
  })

  test('two that answer together are one connection', async () => {
    const race = new Race([A, B])
    await race.clock.advance(queueLimits.connectStagger)
    race.sockets.get(A)?.emit('connect')
    race.sockets.get(B)?.emit('connect')
    await settled()
    expect([race.outcome, race.open]).toEqual([A, [A]])
    race.reached?.connection.destroy()
  })

  test('an address that says nothing is given up in the end', async () => {
    const race = new Race([B])
    await race.clock.advance(queueLimits.connectTimeout - 1)
    expect(race.outcome).toBeNull()
    await race.clock.advance(1)
    expect(race.outcome).toBe('450 4.4.1 No answer from mx.test [192.0.2.1]')
    expect([race.open, race.clock.pending]).toEqual([[], 0])
  })

  test('each has its own time', async () => {
    const race = new Race([A, B])
    await race.clock.advance(queueLimits.connectTimeout)
    expect([race.open, race.outcome]).toEqual([[B], null])
    race.sockets.get(A)?.emit('error', new Error('late'))
    await race.clock.advance(queueLimits.connectStagger)
    expect(race.outcome).toBe('450 4.4.1 No answer from mx.test [2001:db8::1]')
    expect(race.trouble?.transcript.split('\n')).toHaveLength(3)
  })

  test.each([
    [['ENETUNREACH', 'ECONNREFUSED', 'EHOSTUNREACH'], '450 4.4.1 Connection refused by mx.test [192.0.2.1]'],
    [['EMFILE', 'ECONNREFUSED', 'ECONNREFUSED'], '450 4.4.1 Too many open files to connect to mx.test [2001:db8::1]'],
    [['EODD', 'EODD', 'EHOSTUNREACH'], '450 4.4.1 No way to mx.test [192.0.2.2]'],
    [['EODD', 'EODD', 'EODD'], '450 4.4.1 No connection to mx.test [2001:db8::1] (EODD)'],
  ])('of many failures %j the one is told that says most', async (codes, reply) => {
    const race = new Race([A, B, C])
    for (const [i, address] of [A, B, C].entries()) await race.failed(address, codes[i] ?? '')
    expect(race.outcome).toBe(reply)
    expect(race.trouble?.transcript.split('\n')).toHaveLength(4)
    expect(race.clock.pending).toBe(0)
  })

  test('each family comes from its own address', () => {
    const race = new Race([A, B, C], ['192.0.2.9'])
    void race.clock.advance(0)
    expect(race.from).toEqual([undefined])
    const other = new Race([B], ['2001:db8::9', '192.0.2.9'])
    expect(other.from).toEqual(['192.0.2.9'])
  })

  test('whatever happens, it ends once, with one connection or none, and no timer is left', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(1, 249, 250, 10_000, 30_000) }),
      fc.record({ kind: fc.constantFrom('connect' as const, 'fail' as const), which: fc.nat({ max: 3 }) }),
    )
    const addresses = [A, B, C, '192.0.2.3']
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const race = new Race(addresses)
        for (const one of steps) {
          if (one.kind === 'advance') await race.clock.advance(one.ms)
          else if (!race.open.includes(addresses[one.which] ?? '') || race.outcome !== null) continue
          else if (one.kind === 'connect') await race.connected(addresses[one.which] ?? '')
          else await race.failed(addresses[one.which] ?? '', 'ECONNREFUSED')
        }
        await race.clock.advance(queueLimits.connectTimeout + addresses.length * queueLimits.connectStagger)
        await settled()
        expect(race.outcome).not.toBeNull()
        expect(race.open).toEqual(race.reached === null ? [] : [race.reached.address])
        expect(race.clock.pending).toBe(0)
        race.reached?.connection.destroy()
      }),
      { numRuns: 200 },
    )
  })
})

test('what a host is called', () => {
  expect(hostAt('mx.test', '2001:db8::1')).toBe('mx.test [2001:db8::1]')
  expect(hostAt('[IPv6:2001:db8::1]', '2001:db8::1')).toBe('[2001:db8::1]')
})
