import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type PeerCertificate, TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { FakeClock, systemClock } from '../core/clock.js'
import type { TlsConfig } from '../core/config.js'
import { selfSignedFiles } from './self-signed.js'
import { Certificates, CIPHERS, checkCertificates } from './tls.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-tls-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function pairFor(name: string) {
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256' })
  const files = { certificate: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) }
  await writeFile(files.certificate, made.cert)
  await writeFile(files.key, made.private)
  return files
}

const source = (tls: TlsConfig) => ({ tls, dataDir: join(dir, 'data'), hostname: 'mail.example.org' })

/** What a client sees of a server that uses `certificates`. */
async function handshake(certificates: Certificates, options: ConnectionOptions) {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    new TLSSocket(socket, { isServer: true, ...certificates.options() }).on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  try {
    return await new Promise<{ peer: PeerCertificate; version: string | null; cipher: string }>((resolve, reject) => {
      client.once('error', reject)
      client.once('secureConnect', () =>
        resolve({ peer: client.getPeerCertificate(), version: client.getProtocol(), cipher: client.getCipher().name }),
      )
    })
  } finally {
    client.destroy()
    server.close()
  }
}

test('the certificate is the one for the name that the client asks for, else the default', async () => {
  const main = await pairFor('main.test')
  const sites = [
    { names: ['mail.other.test'], ...(await pairFor('exact.test')) },
    { names: ['*.other.test', 'third.test'], ...(await pairFor('wild.test')) },
  ]
  const certificates = await Certificates.load(source({ main, sites }), systemClock)
  const seen = async (servername?: string) =>
    (await handshake(certificates, servername === undefined ? {} : { servername })).peer.subject.CN
  expect(await seen('mail.other.test')).toBe('exact.test')
  expect(await seen('MAIL.other.test')).toBe('exact.test')
  expect(await seen('imap.other.test')).toBe('wild.test')
  expect(await seen('third.test')).toBe('wild.test')
  expect(await seen('a.b.other.test')).toBe('main.test')
  expect(await seen('unknown.test')).toBe('main.test')
  expect(await seen()).toBe('main.test')
})

test('TLS 1.2 at least, and only suites with forward secrecy and AEAD', async () => {
  const certificates = await Certificates.load(source({ main: await pairFor('v.test'), sites: [] }), systemClock)
  expect(await handshake(certificates, {})).toMatchObject({ version: 'TLSv1.3' })
  expect(await handshake(certificates, { maxVersion: 'TLSv1.2' })).toMatchObject({
    version: 'TLSv1.2',
    cipher: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  })
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await expect(handshake(certificates, old)).rejects.toThrow(/protocol version|no protocols/)
  for (const ciphers of ['AES128-SHA', 'ECDHE-ECDSA-AES128-SHA'])
    await expect(handshake(certificates, { maxVersion: 'TLSv1.2', ciphers })).rejects.toThrow(/handshake failure/)
  expect(CIPHERS.filter((name) => !name.startsWith('TLS_'))).toEqual([
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ])
})

test('new handshakes take what a reload has read; a reload that fails changes nothing', async () => {
  const main = await pairFor('before.test')
  const certificates = await Certificates.load(source({ main, sites: [] }), systemClock)
  const after = await pairFor('after.test')
  await expect(
    certificates.reload(source({ main: { ...after, key: join(dir, 'missing.key') }, sites: [] })),
  ).rejects.toThrow('missing.key')
  expect((await handshake(certificates, {})).peer.subject.CN).toBe('before.test')
  await certificates.reload(source({ main: after, sites: [] }))
  expect((await handshake(certificates, {})).peer.subject.CN).toBe('after.test')
})

test('files that cannot be used are named, with what is wrong', async () => {
  const [one, two] = [await pairFor('one.test'), await pairFor('two.test')]
  const garbage = join(dir, 'garbage')
  await writeFile(garbage, 'neither certificate nor key')
  const folder = join(dir, 'folder')
  await mkdir(folder)
  const sealed = join(dir, 'sealed.key')
  const { private: key } = await generate([], { keyType: 'ec', passphrase: 'secret', algorithm: 'sha256' })
  await writeFile(sealed, key)
  const cases = [
    [{ ...one, key: two.key }, `the TLS key ${two.key} does not belong to the certificate ${one.certificate}`],
    [{ ...one, key: join(dir, 'none') }, `cannot read the TLS key ${join(dir, 'none')}: no such file`],
    [{ ...one, certificate: folder }, `cannot read the TLS certificate ${folder}: it is a folder`],
    [{ ...one, certificate: garbage }, `${garbage} is not a certificate in PEM form`],
    [{ ...one, key: garbage }, `the TLS key ${garbage} is not a private key in PEM form`],
    [{ ...one, key: sealed }, `the TLS key ${sealed} is protected by a passphrase`],
  ] as const
  for (const [files, message] of cases) {
    await expect(checkCertificates({ tls: { main: files, sites: [] } })).rejects.toThrow(message)
    await expect(
      Certificates.load(source({ main: null, sites: [{ names: ['x.test'], ...files }] }), systemClock),
    ).rejects.toThrow(message)
  }
})

test('a self-signed certificate is made once, for all names of this machine, with a key for its owner alone', async () => {
  const data = join(dir, 'fresh')
  const first = await selfSignedFiles(data, 'mail.example.org', systemClock)
  expect(first.made?.names).toEqual(['mail.example.org', 'localhost', '127.0.0.1', '::1'])
  expect((await stat(first.key)).mode & 0o777).toBe(0o600)
  expect((await stat(join(data, 'tls'))).mode & 0o777).toBe(0o700)
  const octets = await readFile(first.certificate)

  const again = await selfSignedFiles(data, 'mail.example.org', systemClock)
  expect(again.made).toBe(null)
  expect(await readFile(again.certificate)).toEqual(octets)

  const certificates = await Certificates.load({ ...source({ main: null, sites: [] }), dataDir: data }, systemClock)
  const { peer } = await handshake(certificates, { ca: octets, rejectUnauthorized: true, servername: 'localhost' })
  expect(peer.subjectaltname).toBe(
    'DNS:mail.example.org, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
  )
})

test('a self-signed certificate is made anew for another name and before it expires', async () => {
  const data = join(dir, 'renewed')
  const DAY = 86_400_000
  await selfSignedFiles(data, 'mail.example.org', systemClock)
  const later = new FakeClock(systemClock.now() + 790 * DAY)
  expect((await selfSignedFiles(data, 'mail.example.org', later)).made).toBe(null)
  await later.advance(10 * DAY)
  expect((await selfSignedFiles(data, 'mail.example.org', later)).made).not.toBe(null)
  expect((await selfSignedFiles(data, 'mail.example.net', later)).made).not.toBe(null)
})

test('what is loaded is logged, and what is about to expire is warned of', async () => {
  const main = await pairFor('short.test')
  const soon = new FakeClock(systemClock.now() + 360 * 86_400_000)
  const log = recordingLog()
  const certificates = await Certificates.load(source({ main, sites: [] }), soon)
  certificates.report(log)
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
    ['info', 'TLS certificates loaded'],
    ['warn', 'TLS certificate is about to expire'],
  ])
  expect(log.lines[1]?.fields).toMatchObject({ certificate: main.certificate, expired: false })
})

test.skipIf(process.getuid?.() === 0)('a key that may not be read is named', async () => {
  const files = await pairFor('closed.test')
  await chmod(files.key, 0)
  await expect(checkCertificates({ tls: { main: files, sites: [] } })).rejects.toThrow(
    `cannot read the TLS key ${files.key}: permission denied`,
  )
})
