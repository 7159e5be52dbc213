import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { LineClient } from '../../test/line-client.js'
import { recordingLog } from '../../test/log-recorder.js'
import { type Clock, FakeClock, systemClock } from '../core/clock.js'
import type { TcpListenerConfig } from '../core/config.js'
import { serverLimits } from '../core/limits.js'
import type { Ends } from './entrance.js'
import { type Listener, listen } from './listeners.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A listener behind a proxy that tells each client its address, and then repeats what it says. */
async function behindProxy({ proxyFrom = ['127.0.0.1'], clock = systemClock as Clock, maxPerAddress = 0 } = {}) {
  const config: TcpListenerConfig = {
    kind: 'tcp',
    service: 'smtp',
    address: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    trusted: false,
    proxyFrom,
  }
  const log = recordingLog()
  const inside: Socket[] = []
  const desk = {
    limits: () => ({ maxConnections: 100, maxPerAddress }),
    accept: (socket: Socket, { remote }: Ends) => {
      inside.push(socket)
      socket.on('error', () => {})
      socket.write(`${remote.address} ${remote.port}\r\n`)
      socket.pipe(socket)
    },
    refusal: 'no room\r\n',
    closing: 'closing\r\n',
    secured: null,
    rejected: () => {},
  }
  const listener: Listener = await listen(config, desk, clock, log)
  closers.push(async () => {
    for (const socket of inside) socket.destroy()
    await listener.close()
  })
  const client = (): LineClient => {
    const made = LineClient.connect(listener.port)
    closers.push(() => made.close())
    return made
  }
  return { listener, log, inside, client }
}

const LINE = 'PROXY TCP4 203.0.113.9 192.0.2.1 55555 25'
const binary = Buffer.from(
  `${'0d0a0d0a000d0a515549540a2121002420010db8000000000000000000000001'.padEnd(96, '0')}d9030019`,
  'hex',
)

test('the client is the one that the header names, and what follows it is for the session', async () => {
  const { client } = await behindProxy()
  const one = client()
  one.send(LINE, 'EHLO me')
  expect(await one.line()).toBe('203.0.113.9 55555')
  expect(await one.line()).toBe('EHLO me')
  one.send('NOOP')
  expect(await one.line()).toBe('NOOP')
})

test('a header in version 2, octet by octet', async () => {
  const { client } = await behindProxy()
  const one = client()
  for (const octet of binary) {
    one.write(Buffer.of(octet))
    await new Promise(setImmediate)
  }
  expect(await one.line()).toBe('2001:db8::1 55555')
})

test('a proxy that speaks for itself is the client', async () => {
  const { client } = await behindProxy()
  const one = client()
  one.send('PROXY UNKNOWN')
  expect(await one.line()).toMatch(/^127\.0\.0\.1 \d+$/)
})

test('the limit for one address counts clients, not proxies', async () => {
  const { client } = await behindProxy({ maxPerAddress: 1 })
  const [one, two, other] = [client(), client(), client()]
  one.send(LINE)
  expect(await one.line()).toBe('203.0.113.9 55555')
  two.send(LINE)
  expect(await two.rest()).toEqual(['no room'])
  other.send('PROXY TCP4 203.0.113.10 192.0.2.1 55555 25')
  expect(await other.line()).toBe('203.0.113.10 55555')
})

test('a proxy that says no header is closed, and logged', async () => {
  const { client, log } = await behindProxy()
  const one = client()
  one.send('EHLO me')
  expect(await one.rest()).toEqual([])
  expect(log.lines.map(({ message, fields }) => [message, fields['error']])).toEqual([
    ['Connection refused: PROXY header missing or wrong', 'no PROXY header'],
  ])
})

test('whoever is no configured proxy is closed before a word, and logged', async () => {
  const { listener, client, log } = await behindProxy({ proxyFrom: ['10.0.0.0/8', '::1'] })
  const one = client()
  one.send(LINE)
  expect(await one.rest()).toEqual([])
  expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([
    ['Connection refused: not from a configured proxy', { port: listener.port, client_ip: '127.0.0.1' }],
  ])
})

test('a header that does not come to its end in time is waited for no longer', async () => {
  const clock = new FakeClock()
  const { client, log } = await behindProxy({ clock })
  const one = client()
  one.write(Buffer.from(LINE))
  while (clock.pending === 0) await new Promise(setImmediate)
  await clock.advance(serverLimits.proxyHeader)
  expect(await one.rest()).toEqual([])
  expect(log.lines.map(({ fields }) => fields['error'])).toEqual(['not sent in time'])
  expect(clock.pending).toBe(0)
})

test('a check whether the port is open is nothing to speak of; half a header is', async () => {
  const { client, log } = await behindProxy()
  const [check, half] = [client(), client()]
  check.end()
  expect(await check.rest()).toEqual([])
  half.write(Buffer.from('PROXY TCP4'))
  half.end()
  expect(await half.rest()).toEqual([])
  expect(log.lines.map(({ fields }) => fields['error'])).toEqual(['not whole'])
})

test('a shutdown does not wait for headers', async () => {
  const clock = new FakeClock()
  const { listener, client } = await behindProxy({ clock })
  const one = client()
  while (clock.pending === 0) await new Promise(setImmediate)
  listener.turnAway()
  expect(await one.rest()).toEqual([])
  expect(await client().rest()).toEqual(['closing'])
})
