import { expect, test } from 'vitest'
import { LineClient } from '../../test/line-client.js'
import { ends, started } from '../../test/started-server.js'
import { FakeClock, systemClock } from '../core/clock.js'

/** A line that a proxy says for a client. */
const forClient = (address: string): string => `PROXY TCP4 ${address} 192.0.2.1 55555 25`
const PROXIED = 'proxy_protocol = true\nproxy_from = ["127.0.0.0/8"]'
const NO_ROOM = '421 4.3.2 Too many connections, try again later'

test('given 100 connections on a port, the 101st is rejected, told so and closed, and that is logged', async () => {
  const { client, port, said, server } = await started({ services: ['smtp', 'submission'] })
  const inside = Array.from({ length: 100 }, () => client('smtp'))
  for (const one of inside) expect(await one.line()).toMatch(/^220 /)
  expect(await client('smtp').rest()).toEqual([NO_ROOM])
  expect(said('SMTP connection limit reached')).toEqual([
    { port: port('smtp'), current_connections: 100, rejected_ip: '127.0.0.1', max_connections: 100 },
  ])
  expect(server.listeners[0]?.connections).toBe(100)
  // The limit is that of one listener, and a place that is left is free.
  expect(await client('submission').line()).toMatch(/^220 /)
  inside[0]?.send('QUIT')
  expect(await inside[0]?.rest()).toEqual([expect.stringMatching(/^221 /)])
  inside[0]?.close()
  while (server.listeners[0]?.connections === 100) await new Promise(setImmediate)
  expect(await client('smtp').line()).toMatch(/^220 /)
})

test('given 200 IMAP connections on a port, the 201st is rejected, told so and closed, and that is logged', async () => {
  const { client, port, said, server } = await started({ services: ['imap', 'imaps'] })
  const inside = Array.from({ length: 200 }, () => client('imap'))
  for (const one of inside) expect(await one.line()).toMatch(/^\* OK /)
  expect(await client('imap').rest()).toEqual(['* BYE Maximum connections reached'])
  expect(said('IMAP connection limit reached')).toEqual([
    { port: port('imap'), current_connections: 200, rejected_ip: '127.0.0.1', max_connections: 200 },
  ])
  expect(await client('imaps').line()).toMatch(/^\* OK /)
  inside[0]?.send('a LOGOUT')
  expect(await inside[0]?.rest()).toEqual([expect.stringMatching(/^\* BYE /), 'a OK LOGOUT completed'])
  inside[0]?.close()
  while (server.listeners[0]?.connections === 200) await new Promise(setImmediate)
  expect(await client('imap').line()).toMatch(/^\* OK /)
})

test('who is turned away where TLS begins, and does not shake hands, is not waited for longer than 5 seconds', async () => {
  const clock = new FakeClock(systemClock.now())
  const { client, port, said } = await started({ services: ['imaps'], listener: 'max_connections = 1', clock })
  expect(await client('imaps').line()).toMatch(/^\* OK /)
  const silent = LineClient.connect(port('imaps'))
  ends.push(() => silent.close())
  while (said('IMAP connection limit reached').length === 0) await new Promise(setImmediate)
  let over = false
  const rest = silent.rest().finally(() => {
    over = true
  })
  await clock.advance(4_999)
  expect(over).toBe(false)
  await clock.advance(1)
  expect(await rest).toEqual([])
})

test('given 20 connections of one address, its 21st is rejected and others are not', async () => {
  const { client, port, said } = await started({ services: ['smtp'], listener: PROXIED })
  const from = (address: string): LineClient => {
    const one = client('smtp')
    one.send(forClient(address))
    return one
  }
  for (let i = 0; i < 20; i++) expect(await from('203.0.113.9').line()).toMatch(/^220 /)
  expect(await from('203.0.113.9').rest()).toEqual([NO_ROOM])
  expect(await from('203.0.113.10').line()).toMatch(/^220 /)
  expect(said('SMTP connection limit reached')).toEqual([
    { port: port('smtp'), current_connections: 20, rejected_ip: '203.0.113.9', max_connections: 20 },
  ])
})

test('the limit for one address is never one for loopback', async () => {
  const { client } = await started({ services: ['smtp'], more: '[smtp]\nmax_connections_per_address = 1' })
  for (let i = 0; i < 3; i++) expect(await client('smtp').line()).toMatch(/^220 /)
})

test('behind a proxy the client is logged by its own address, in clear and in TLS', async () => {
  const listener = 'proxy_protocol = true\nproxy_from = ["127.0.0.0/8"]'
  const { client, port, said } = await started({ services: ['smtp', 'submissions', 'imaps'], listener })
  const plain = client('smtp')
  plain.send('PROXY TCP4 203.0.113.9 192.0.2.1 55555 25')
  expect(await plain.line()).toMatch(/^220 /)
  for (const [service, greeting] of [
    ['submissions', /^220 /],
    ['imaps', /^\* OK /],
  ] as const) {
    const secure = LineClient.secureBehind('PROXY TCP6 2001:db8::9 2001:db8::1 55555 465', port(service))
    ends.push(() => secure.close())
    expect(await secure.line()).toMatch(greeting)
  }
  expect(said('SMTP connection accepted')).toMatchObject([
    { client_ip: '203.0.113.9', port: port('smtp'), tls_active: false },
    { client_ip: '2001:db8::9', port: port('submissions'), tls_active: true },
  ])
  expect(said('IMAP connection accepted')).toMatchObject([{ client_ip: '2001:db8::9' }])
})
