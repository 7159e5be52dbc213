import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { LineClient } from '../../test/line-client.js'
import { recordingLog } from '../../test/log-recorder.js'
import { systemClock } from '../core/clock.js'
import type { TcpListenerConfig } from '../core/config.js'
import type { Desk, Rejection } from './entrance.js'
import { StartupError } from './errors.js'
import { type Listener, listen } from './listeners.js'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const config = (port = 0): TcpListenerConfig => ({
  kind: 'tcp',
  service: 'smtp',
  address: '127.0.0.1',
  port,
  maxConnections: 2,
  trusted: false,
  proxyFrom: [],
})

/** A listener that says hello to those it lets in. */
async function greeter(more: Partial<Desk> = {}, at = config()) {
  const inside: Socket[] = []
  const rejections: Rejection[] = []
  const desk: Desk = {
    limits: () => ({ maxConnections: at.maxConnections, maxPerAddress: 0 }),
    accept: (socket) => {
      inside.push(socket)
      socket.on('error', () => {})
      socket.write('hello\r\n')
    },
    refusal: 'no room\r\n',
    closing: 'closing\r\n',
    secured: null,
    rejected: (rejection) => void rejections.push(rejection),
    ...more,
  }
  const listener: Listener = await listen(at, desk, systemClock, recordingLog())
  ends.push(async () => {
    for (const socket of inside) socket.destroy()
    await listener.close()
  })
  const connect = (): LineClient => {
    const client = LineClient.connect(listener.port)
    ends.push(() => client.close())
    return client
  }
  return { listener, inside, rejections, connect }
}

test('one connection too many is told so, counted and closed; who is in stays; a place that is left is free', async () => {
  const { listener, inside, rejections, connect } = await greeter()
  const [first, second] = [connect(), connect()]
  expect(await first.line()).toBe('hello')
  expect(await second.line()).toBe('hello')

  expect(await connect().rest()).toEqual(['no room'])
  expect(rejections).toEqual([{ port: listener.port, current: 2, max: 2, rejectedIp: '127.0.0.1' }])
  expect(listener.connections).toBe(2)

  const left = new Promise((resolve) => inside[0]?.once('close', resolve))
  first.close()
  inside[0]?.resume().on('end', () => inside[0]?.destroy())
  await left
  expect(await connect().line()).toBe('hello')
})

test('what a client sends before it is turned away does not cost it the words', async () => {
  const { connect } = await greeter({ limits: () => ({ maxConnections: 0, maxPerAddress: 0 }) })
  const client = connect()
  client.send('EHLO me', 'x'.repeat(100_000))
  expect(await client.rest()).toEqual(['no room'])
})

test('during a shutdown, who comes is told so, and who is in stays', async () => {
  const { listener, connect } = await greeter()
  const first = connect()
  expect(await first.line()).toBe('hello')
  listener.turnAway()
  expect(await connect().rest()).toEqual(['closing'])
  expect(listener.connections).toBe(1)
})

test('a client that waits for TLS is turned away without words', async () => {
  const { connect } = await greeter({ refusal: null, limits: () => ({ maxConnections: 0, maxPerAddress: 0 }) })
  expect(await connect().rest()).toEqual([])
})

test('nothing is read before the session reads', async () => {
  const { inside, connect } = await greeter()
  const client = connect()
  client.send('early')
  await client.line()
  // The hello made a round trip behind the octets that were sent first.
  expect(inside[0]?.readableLength).toBe(0)
  expect(inside[0]?.bytesRead).toBe(0)
})

test('a port in use is refused with address, port and service', async () => {
  const { listener } = await greeter()
  await expect(greeter({}, config(listener.port))).rejects.toThrow(
    new StartupError(`cannot listen on 127.0.0.1:${listener.port} for smtp: the port is in use`),
  )
})

test('an address that is not ours is refused in words', async () => {
  await expect(greeter({}, { ...config(), address: '192.0.2.1' })).rejects.toThrow(
    'cannot listen on 192.0.2.1:0 for smtp: this machine has no such address',
  )
})
