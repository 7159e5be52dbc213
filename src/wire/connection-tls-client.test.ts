import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'
import { generate } from 'selfsigned'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { streamPair } from '../../test/stream-pair.js'
import { FakeClock } from '../core/clock.js'
import { wireLimits } from '../core/limits.js'
import { Connection, type TlsOptions } from './connection.js'
import { Disconnected } from './writer.js'

const ends = { local: { address: '127.0.0.1', port: 0 }, remote: { address: '127.0.0.1', port: 0 } }
const clock = new FakeClock()
let tls: TlsOptions
let cert: string
let key: string
const open: Connection[] = []

beforeAll(async () => {
  const pair = await generate([{ name: 'commonName', value: 'mail.example.org' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'mail.example.org' },
          { type: 7, ip: '192.0.2.1' },
        ],
      },
    ],
  })
  cert = pair.cert
  key = pair.private
  tls = { secureContext: createSecureContext({ key, cert }) }
})

afterEach(async () => {
  for (const connection of open) connection.destroy()
  await Promise.all(open.splice(0).map(({ closed }) => closed))
  expect(clock.pending).toBe(0)
})

function pair(): { client: Connection; server: Connection; far: Duplex } {
  const [near, far] = streamPair()
  const client = new Connection(near, { clock, ...ends })
  const server = new Connection(far, { clock, ...ends })
  open.push(client, server)
  return { client, server, far }
}

/** Both ends shake hands; what the client made of it. */
async function shake(host: string, verify: boolean, options = tls) {
  const { client, server } = pair()
  const theirs = server.startTls(options)
  theirs.catch(() => {})
  const trusted = { secureContext: createSecureContext({ ca: cert, minVersion: 'TLSv1.2' }) }
  return { client, server, theirs, ours: client.startTlsAsClient({ host, verify, ...trusted }) }
}

describe('as a client', () => {
  test('octets go both ways, the name is asked for, and what was agreed is known', async () => {
    const { client, server, theirs, ours } = await shake('mail.example.org', true)
    const info = { version: 'TLSv1.3', cipher: expect.stringMatching(/^TLS_/), serverName: 'mail.example.org' }
    expect(await ours).toEqual(info)
    expect(client.tls).toEqual(info)
    expect(await theirs).toMatchObject({ serverName: 'mail.example.org' })
    client.out.text('EHLO a\r\n')
    client.out.flush()
    expect(String(await server.read())).toBe('EHLO a\r\n')
    server.out.text('250 b\r\n')
    server.out.flush()
    expect(String(await client.read())).toBe('250 b\r\n')
    await Promise.all([client.end(), server.end()])
  })

  test('an address is not asked for, but looked for in the certificate', async () => {
    const { theirs, ours } = await shake('192.0.2.1', true)
    await ours
    expect(await theirs).toMatchObject({ serverName: null })
  })

  test.each([
    ['other.example.org', /other\.example\.org/],
    ['192.0.2.2', /192\.0\.2\.2/],
  ])('%s is not who the certificate is for', async (host, words) => {
    const { client, ours } = await shake(host, true)
    await expect(ours).rejects.toThrow(words)
    await expect(ours).rejects.toThrow(Disconnected)
    await client.closed
    await (await shake(host, false)).ours
  })

  test('who is not trusted is refused, unless that does not matter', async () => {
    const strangers = async (verify: boolean) => {
      const { client, server } = pair()
      server.startTls(tls).catch(() => {})
      return client.startTlsAsClient({ host: 'mail.example.org', verify })
    }
    await expect(strangers(true)).rejects.toThrow(/self.signed/)
    expect(await strangers(false)).toMatchObject({ version: 'TLSv1.3' })
  })

  test('TLS 1.1 is none', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
    const { client, server } = pair()
    server.startTls({ secureContext: createSecureContext({ key, cert, ...old }) }).catch(() => {})
    await expect(client.startTlsAsClient({ host: 'a.example', verify: false })).rejects.toThrow(Disconnected)
  })
})

describe('a handshake', () => {
  test('with somebody who knows no TLS fails', async () => {
    const { client, far } = pair()
    far.write('500 what?\r\n')
    await expect(client.startTlsAsClient({ host: 'a.example', verify: false })).rejects.toThrow(Disconnected)
  })

  test('that is broken off fails', async () => {
    const { client, far } = pair()
    far.end()
    await expect(client.startTlsAsClient({ host: 'a.example', verify: false })).rejects.toThrow(Disconnected)
  })

  test('that is not answered takes too long', async () => {
    const { client } = pair()
    const started = client.startTlsAsClient({ host: 'a.example', verify: false })
    started.catch(() => {})
    await clock.advance(wireLimits.tlsHandshake)
    await expect(started).rejects.toThrow('took too long')
  })
})
