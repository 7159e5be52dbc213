import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import {
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type SecureVersion,
  type TLSSocket,
} from 'node:tls'
import fc from 'fast-check'
import { generate } from 'selfsigned'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { certificates } from '../../test/certificates.js'
import { streamPair } from '../../test/stream-pair.js'
import { FakeClock } from '../core/clock.js'
import { endPointHash } from './channel-binding.js'
import { Connection, type TlsOptions } from './connection.js'

const ends = { local: { address: '127.0.0.1', port: 0 }, remote: { address: '127.0.0.1', port: 0 } }
const clock = new FakeClock()
const open: { destroy(): void }[] = []
let main: SecureContext
let site: SecureContext

async function contextFor(name: string, algorithm: 'sha256' | 'sha512'): Promise<SecureContext> {
  const pair = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm })
  return createSecureContext({ key: pair.private, cert: pair.cert })
}

beforeAll(async () => {
  main = await contextFor('mail.example.org', 'sha256')
  site = await contextFor('other.example.org', 'sha512')
})

afterEach(() => {
  for (const thing of open.splice(0)) thing.destroy()
})

/** Both ends of one TLS connection. */
async function handshake(maxVersion: SecureVersion, servername: string): Promise<[Connection, TLSSocket]> {
  const [near, far] = streamPair()
  const connection = new Connection(near, { clock, ...ends })
  const options: TlsOptions = {
    secureContext: main,
    SNICallback: (name, done) => done(null, name.startsWith('other.') ? site : main),
  }
  const served = connection.startTls(options)
  const client = connectTls({ socket: far, servername, maxVersion, rejectUnauthorized: false })
  client.on('error', () => {})
  open.push(connection, client)
  await Promise.all([served, once(client, 'secureConnect')])
  return [connection, client]
}

const exporterOf = (client: TLSSocket): Buffer =>
  client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
const certificateOf = (client: TLSSocket): Buffer => client.getPeerCertificate().raw

describe('both ends see the same', () => {
  test('tls-exporter in TLS 1.3 (RFC 9266)', async () => {
    const [connection, client] = await handshake('TLSv1.3', 'mail.example.org')
    expect(connection.channelBinding('tls-exporter')).toEqual(exporterOf(client))
    const [another] = await handshake('TLSv1.3', 'mail.example.org')
    expect(another.channelBinding('tls-exporter')).not.toEqual(exporterOf(client))
  })

  test.each([
    ['mail.example.org', 'sha256'],
    ['other.example.org', 'sha512'],
  ])('tls-server-end-point of the certificate for %s is its %s (RFC 5929 §4)', async (name, hash) => {
    const [connection, client] = await handshake('TLSv1.2', name)
    expect(new X509Certificate(certificateOf(client)).subject).toBe(`CN=${name}`)
    const own = createHash(hash).update(certificateOf(client)).digest()
    expect(connection.channelBinding('tls-server-end-point')).toEqual(own)
  })

  test('TLS 1.2 has no tls-exporter: whether it would be safe cannot be known', async () => {
    const [connection] = await handshake('TLSv1.2', 'mail.example.org')
    expect(connection.channelBinding('tls-exporter')).toBeNull()
  })

  test.each(['tls-unique', 'toString', ''])('there is no %j', async (type) => {
    const [connection] = await handshake('TLSv1.3', 'mail.example.org')
    expect(connection.channelBinding(type)).toBeNull()
  })

  test('in clear there is none', () => {
    const [near] = streamPair()
    const connection = new Connection(near, { clock, ...ends })
    expect(connection.channelBinding('tls-exporter')).toBeNull()
    connection.destroy()
  })
})

describe('the hash of a certificate is that of its signature, MD5 and SHA-1 excepted (RFC 5929 §4.1)', () => {
  test.each(certificates)('%s: %s', (_signature, hash, base64) => {
    const der = Buffer.from(base64, 'base64')
    expect(endPointHash(der)).toEqual(hash === null ? null : createHash(hash).update(der).digest())
  })

  test('octets that are no certificate have none', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => endPointHash(Buffer.from(octets)) === null))
    expect(endPointHash(null)).toBeNull()
  })
})
