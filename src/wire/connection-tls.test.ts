import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { streamPair } from '../../test/stream-pair.js'
import { FakeClock } from '../core/clock.js'
import { wireLimits } from '../core/limits.js'
import { Connection, type TlsOptions } from './connection.js'
import { Disconnected } from './writer.js'

const ends = { local: { address: '127.0.0.1', port: 0 }, remote: { address: '127.0.0.1', port: 0 } }
const clock = new FakeClock()
let server: Server
let tls: TlsOptions
const open: { destroy(): void }[] = []

beforeAll(async () => {
  const pair = await generate([{ name: 'commonName', value: 'mail.example.org' }], { keyType: 'ec' })
  tls = { secureContext: createSecureContext({ key: pair.private, cert: pair.cert, minVersion: 'TLSv1.2' }) }
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  for (const thing of open.splice(0)) thing.destroy()
  expect(clock.pending).toBe(0)
})

afterAll(() => new Promise((closed) => server.close(closed)))

/** A client's socket, and the connection that the server has made of its end. */
async function dial(): Promise<[Socket, Connection]> {
  const accepted = once(server, 'connection')
  const socket = connectTcp({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  const [near] = (await accepted) as [Socket]
  const connection = new Connection(near, { clock, ...ends })
  open.push(socket, connection)
  return [socket, connection]
}

function secure(socket: Socket, servername = 'mail.example.org', options = {}): TLSSocket {
  const client = connectTls({ socket, servername, rejectUnauthorized: false, ...options })
  client.on('error', () => {})
  open.push(client)
  return client
}

const line = async (from: Socket): Promise<string> => String((await once(from, 'data'))[0])

describe('TLS from the first octet', () => {
  test('carries both ways and says what was agreed', async () => {
    const [socket, connection] = await dial()
    expect(connection.tls).toBe(null)
    const client = secure(socket)
    const info = await connection.startTls(tls)
    expect(info).toEqual({ version: 'TLSv1.3', cipher: expect.stringMatching(/^TLS_/), serverName: 'mail.example.org' })
    expect(connection.tls).toEqual(info)
    client.write('EHLO a\r\n')
    expect(String(await connection.read())).toBe('EHLO a\r\n')
    connection.out.text('250 b\r\n')
    connection.out.flush()
    expect(await line(client)).toBe('250 b\r\n')
  })

  test('a client that names no server is served too', async () => {
    const [socket, connection] = await dial()
    secure(socket, '')
    expect((await connection.startTls(tls)).serverName).toBe(null)
  })

  test('a client that closes its side still gets its replies', async () => {
    const [socket, connection] = await dial()
    const client = secure(socket)
    await connection.startTls(tls)
    client.end('QUIT\r\n')
    expect(String(await connection.read())).toBe('QUIT\r\n')
    expect(await connection.read()).toBe(null)
    connection.out.text('221 Bye\r\n')
    const [got] = await Promise.all([line(client), connection.end()])
    expect(got).toBe('221 Bye\r\n')
    await connection.closed
  })

  test('works over any stream', async () => {
    const [near, far] = streamPair()
    const connection = new Connection(near, { clock, ...ends })
    const client = secure(far as Socket)
    open.push(connection, far)
    await connection.startTls(tls)
    client.write('x')
    expect(String(await connection.read())).toBe('x')
    connection.out.text('y')
    const end = connection.end()
    expect(await line(client)).toBe('y')
    client.end()
    await end
  })
})

describe('STARTTLS', () => {
  test('goes on in TLS behind the reply in clear', async () => {
    const [socket, connection] = await dial()
    socket.write('STARTTLS\r\n')
    expect(String(await connection.read())).toBe('STARTTLS\r\n')
    expect(connection.unread).toBe(false)
    connection.out.text('220 go ahead\r\n')
    const started = connection.startTls(tls)
    expect(await line(socket)).toBe('220 go ahead\r\n')
    const client = secure(socket)
    await started
    client.write('EHLO a\r\n')
    expect(String(await connection.read())).toBe('EHLO a\r\n')
    const end = connection.end()
    client.resume().end()
    await end
    await connection.closed
  })

  test('octets in clear behind it are seen', async () => {
    const [near, far] = streamPair()
    const connection = new Connection(near, { clock, ...ends })
    open.push(connection, far)
    far.write('STARTTLS\r\n')
    await connection.read()
    far.write('MAIL FROM:<>\r\n')
    await new Promise((resolve) => setImmediate(resolve))
    expect(connection.unread).toBe(true)
  })

  test('the handshake may arrive with the reply still on its way', async () => {
    const [socket, connection] = await dial()
    const client = secure(socket)
    while (!connection.unread) await new Promise((resolve) => setImmediate(resolve))
    await connection.startTls(tls)
    client.write('x')
    expect(String(await connection.read())).toBe('x')
  })

  test('on a lost connection fails', async () => {
    const [, connection] = await dial()
    connection.destroy()
    await expect(connection.startTls(tls)).rejects.toThrow(Disconnected)
  })
})

describe('a handshake', () => {
  test('of octets that are not TLS fails', async () => {
    const [socket, connection] = await dial()
    const started = connection.startTls(tls)
    socket.write('EHLO plain\r\n'.repeat(20))
    await expect(started).rejects.toThrow(Disconnected)
    await connection.closed
    await expect(connection.read()).rejects.toThrow(Disconnected)
  })

  test('with an old version fails', async () => {
    const [socket, connection] = await dial()
    secure(socket, 'a', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' })
    await expect(connection.startTls(tls)).rejects.toThrow(Disconnected)
    await connection.closed
  })

  test('that the client breaks off fails', async () => {
    const [socket, connection] = await dial()
    const started = connection.startTls(tls)
    socket.destroy()
    await expect(started).rejects.toThrow(Disconnected)
    await connection.closed
  })

  test('that does not come takes too long', async () => {
    const [, connection] = await dial()
    const started = connection.startTls(tls)
    started.catch(() => {})
    await clock.advance(wireLimits.tlsHandshake - 1)
    await clock.advance(1)
    await expect(started).rejects.toThrow('took too long')
    await connection.closed
  })
})

test('the name that the client asks for chooses the certificate', async () => {
  const other = await generate([{ name: 'commonName', value: 'other.example' }], { keyType: 'ec' })
  const context = createSecureContext({ key: other.private, cert: other.cert })
  const [socket, connection] = await dial()
  const client = secure(socket, 'other.example')
  await connection.startTls({
    ...tls,
    SNICallback: (name, done) => done(null, name === 'other.example' ? context : tls.secureContext),
  })
  expect(client.getPeerCertificate().subject.CN).toBe('other.example')
})

test('over a real socket a client that never reads pushes back', async () => {
  const [, connection] = await dial()
  let written = 0
  while (!connection.out.full && written < 64 * 1024 * 1024) {
    connection.out.bytes(Buffer.alloc(1024 * 1024))
    written += 1024 * 1024
    await new Promise((resolve) => setImmediate(resolve))
  }
  const room = connection.room()
  room.catch(() => {})
  await clock.advance(wireLimits.writeTimeout)
  await expect(room).rejects.toThrow(Disconnected)
  await connection.closed
})
