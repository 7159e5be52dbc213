import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chainFile, makeCertificate, type Wanted } from '../../test/certificate-maker.js'
import { recordingLog } from '../../test/log-recorder.js'
import { streamPair } from '../../test/stream-pair.js'
import { FakeClock, systemClock } from '../core/clock.js'
import type { TlsConfig } from '../core/config.js'
import { Connection } from '../wire/connection.js'
import { CIPHERS } from './certificate-files.js'
import { selfSignedFiles } from './self-signed.js'
import { Certificates, checkCertificates } from './tls.js'
import { TlsFailures } from './tls-failures.js'

const DAY = 86_400_000
const ends = { local: { address: '127.0.0.1', port: 0 }, remote: { address: '127.0.0.1', port: 0 } }
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-tls-'))
})
afterAll(() => rm(dir, { recursive: true }))

const pairFor = (name: string, wanted: Wanted = {}) => makeCertificate(dir, name, wanted)

const source = (tls: TlsConfig, hostname = 'mail.example.org') => ({ tls, dataDir: join(dir, 'data'), hostname })
const quiet = recordingLog()

const exporterOf = (client: TLSSocket): Buffer | null =>
  client.getProtocol() === 'TLSv1.3'
    ? client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    : null

const nothing = async (_: TLSSocket): Promise<void> => {}
const renegotiated = (client: TLSSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    client.once('error', reject)
    client.renegotiate({}, (error) => (error === null ? resolve() : reject(error)))
  })

/** What a client sees of a server that uses `certificates`, and the server's end of the connection. */
async function handshake(certificates: Certificates, options: ConnectionOptions, then = nothing) {
  const [near, far] = streamPair()
  const own = new Connection(near, { clock: systemClock, ...ends })
  const client = connect({ socket: far as Socket, rejectUnauthorized: false, ...options })
  let session: Buffer | undefined
  client.on('session', (ticket) => {
    session = ticket
  })
  try {
    const served = own.startTls(certificates.options())
    served.catch(() => {})
    await once(client, 'secureConnect')
    await served
    // TLS 1.3 sends its ticket in front of what the server says first.
    own.out.text('*')
    own.out.flush()
    await once(client, 'data')
    await then(client)
    const peer = client.getPeerCertificate()
    const [version, cipher, reused] = [client.getProtocol(), client.getCipher().name, client.isSessionReused()]
    return { peer, version, cipher, reused, exporter: exporterOf(client), session: session ?? client.getSession(), own }
  } finally {
    client.destroy()
    own.destroy()
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
    certificates.reload(source({ main: { ...after, key: join(dir, 'missing.key') }, sites: [] }), quiet),
  ).rejects.toThrow('missing.key')
  expect((await handshake(certificates, {})).peer.subject.CN).toBe('before.test')
  await certificates.reload(source({ main: after, sites: [] }), quiet)
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
    await expect(checkCertificates(source({ main: files, sites: [] }))).rejects.toThrow(message)
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
  const log = recordingLog()
  certificates.announce(log)
  certificates.stop()
  expect(log.lines.filter(({ level }) => level !== 'info')).toEqual([])
})

test('a self-signed certificate is made anew for another name and before it expires', async () => {
  const data = join(dir, 'renewed')
  await selfSignedFiles(data, 'mail.example.org', systemClock)
  const later = new FakeClock(systemClock.now() + 790 * DAY)
  expect((await selfSignedFiles(data, 'mail.example.org', later)).made).toBe(null)
  await later.advance(10 * DAY)
  expect((await selfSignedFiles(data, 'mail.example.org', later)).made).not.toBe(null)
  expect((await selfSignedFiles(data, 'mail.example.net', later)).made).not.toBe(null)
})

const said = (log: ReturnType<typeof recordingLog>) => log.lines.map(({ level, message }) => [level, message])

test('what is loaded is logged; from two weeks before the end on there is a warning each day, and one at the end', async () => {
  const main = await pairFor('short.test', { days: 100 })
  const clock = new FakeClock(systemClock.now())
  const log = recordingLog()
  const certificates = await Certificates.load(source({ main, sites: [] }, 'short.test'), clock)
  certificates.announce(log)
  expect(said(log)).toEqual([['info', 'TLS certificates loaded']])
  await clock.advance(85 * DAY)
  expect(log.lines.length).toBe(1)
  await clock.advance(2.5 * DAY)
  expect(said(log).slice(1)).toEqual(Array(2).fill(['warn', 'TLS certificate is about to expire']))
  expect(log.lines.at(-1)?.fields).toMatchObject({ certificate: main.certificate, days_left: 13 })
  await clock.advance(13 * DAY)
  const [, ...warnings] = said(log)
  expect(warnings.filter(([level]) => level === 'warn').length).toBe(14)
  expect(warnings.slice(14)).toEqual([['error', 'TLS certificate has expired']])
  await clock.advance(DAY)
  expect(log.lines.length).toBe(17)
  certificates.stop()
  expect(clock.pending).toBe(0)
})

test('a reload ends the warnings of the certificate before, and a server that has stopped says no more', async () => {
  const clock = new FakeClock(systemClock.now() + 90 * DAY)
  const log = recordingLog()
  const old = await pairFor('old.test', { days: 100 })
  const certificates = await Certificates.load(source({ main: old, sites: [] }, 'old.test'), clock)
  certificates.announce(log)
  expect(log.lines.at(-1)?.message).toBe('TLS certificate is about to expire')
  await certificates.reload(source({ main: await pairFor('fresh.test'), sites: [] }, 'fresh.test'), log)
  await clock.advance(5 * DAY)
  expect(log.lines.at(-1)?.message).toBe('TLS certificates loaded')
  certificates.stop()
  await certificates.reload(source({ main: old, sites: [] }, 'old.test'), log)
  expect(log.lines.at(-1)?.message).toBe('TLS certificates loaded')
  expect(clock.pending).toBe(0)
})

test('a certificate that is not valid yet is said to be so until it is', async () => {
  const clock = new FakeClock(systemClock.now() - 36 * 3_600_000)
  const log = recordingLog()
  const main = await pairFor('early.test')
  const certificates = await Certificates.load(source({ main, sites: [{ names: ['early.test'], ...main }] }), clock)
  certificates.announce(log)
  await clock.advance(3 * DAY)
  const early = log.lines.filter(({ message }) => message === 'TLS certificate is not valid yet')
  expect(early.map(({ level, fields }) => [level, fields['certificate']])).toEqual(
    Array(2).fill(['error', main.certificate]),
  )
  certificates.stop()
})

test('an intermediate that expires first counts', async () => {
  const root = await pairFor('Root', { authority: true })
  const middle = await pairFor('Short intermediate', { authority: true, by: root, days: 5 })
  const leaf = await pairFor('long.test', { by: middle })
  const certificate = await chainFile(join(dir, 'long.pem'), [leaf, middle])
  const log = recordingLog()
  const tls = { main: { certificate, key: leaf.key }, sites: [] }
  const certificates = await Certificates.load(source(tls, 'long.test'), systemClock)
  certificates.announce(log)
  certificates.stop()
  expect(log.lines.at(-1)).toMatchObject({ message: 'TLS certificate is about to expire', fields: { days_left: 4 } })
})

test('names that a certificate does not cover are named with it, in the log and by the check', async () => {
  const main = await pairFor('front.test', { names: ['front.test', 'mail.example.org'] })
  const exact = await pairFor('covered.test', { names: ['covered.test', '*.covered.test', 'other.test'] })
  const names = [
    'covered.test',
    '*.covered.test',
    'deep.sub.covered.test',
    '*.other.test',
    'other.test',
    'strange.test',
  ]
  const tls = { main, sites: [{ names, ...exact }] }
  const missing = ['deep.sub.covered.test', '*.other.test', 'strange.test']
  const log = recordingLog()
  const certificates = await Certificates.load(source(tls), systemClock)
  certificates.announce(log)
  certificates.stop()
  const uncovered = log.lines.filter(({ message }) => message === 'TLS certificate does not cover a name')
  expect(uncovered.map(({ fields }) => fields)).toEqual(
    missing.map((name) => ({ certificate: exact.certificate, name })),
  )
  const words = (name: string) => `the certificate ${exact.certificate} does not cover the name ${name}`
  expect(await checkCertificates(source(tls))).toEqual(missing.map(words))
  expect(await checkCertificates(source(tls, 'mx.example.org'))).toEqual([
    `the certificate ${main.certificate} does not cover the name mx.example.org`,
    ...missing.map(words),
  ])
  expect(await checkCertificates(source({ main, sites: [{ names: ['other.test'], ...exact }] }, 'other.test'))).toEqual(
    [],
  )
  expect(await checkCertificates(source({ main: null, sites: [{ names: ['x.test'], ...exact }] }))).toEqual([
    words('x.test'),
  ])
})

test('a chain that is out of order, or lacks its intermediate, is told of', async () => {
  const root = await pairFor('A root', { authority: true })
  const middle = await pairFor('An intermediate', { authority: true, by: root })
  const leaf = await pairFor('leaf.test', { by: middle })
  const check = async (name: string, files: Parameters<typeof chainFile>[1]) => {
    const certificate = await chainFile(join(dir, name), files)
    const found = await checkCertificates(source({ main: { certificate, key: leaf.key }, sites: [] }, 'leaf.test'))
    return found.map((line) => line.replace(`the chain of the certificate ${certificate} is not in order: `, ''))
  }
  expect(await check('full.pem', [leaf, middle])).toEqual([])
  expect(await check('with-root.pem', [leaf, middle, root])).toEqual([])
  expect(await check('swapped.pem', [leaf, root, middle])).toEqual([
    'certificate 2 of the file did not issue certificate 1',
  ])
  expect(await check('alone.pem', [leaf])).toEqual([
    'its issuer (CN=An intermediate) is missing from the file, which clients need in most cases',
  ])
  await expect(check('first.pem', [middle, leaf])).rejects.toThrow(
    `the TLS key ${leaf.key} belongs to certificate 2 of ${join(dir, 'first.pem')}, which must be the first one there`,
  )
  await expect(check('many.pem', Array(11).fill(leaf))).rejects.toThrow('holds more than 10 certificates')
})

test('a file without an end is not read to its end', () =>
  expect(
    checkCertificates(source({ main: { certificate: '/dev/zero', key: '/dev/zero' }, sites: [] })),
  ).rejects.toThrow('cannot read the TLS certificate /dev/zero: it is larger than 262144 octets'))

describe('the suites', () => {
  const suites = CIPHERS.filter((name) => !name.startsWith('TLS_'))
  const modern = CIPHERS.filter((name) => name.startsWith('TLS_'))

  test.each(['ec', 'rsa'] as const)(
    'with a key of %s are chosen in our order, whatever the client prefers',
    async (kind) => {
      const certificates = await Certificates.load(
        source({ main: await pairFor(`${kind}.test`, { kind }), sites: [] }),
        systemClock,
      )
      const ours = suites.filter((name) => name.includes(kind === 'ec' ? 'ECDSA' : 'RSA'))
      for (let left = 0; left < ours.length; left++) {
        const offer = ours.slice(left).reverse().join(':')
        const { cipher } = await handshake(certificates, { maxVersion: 'TLSv1.2', ciphers: offer })
        expect(cipher).toBe(ours[left])
      }
      for (let left = 0; left < modern.length; left++) {
        const { cipher } = await handshake(certificates, { ciphers: modern.slice(left).reverse().join(':') })
        expect(cipher).toBe(modern[left])
      }
    },
  )

  test('without forward secrecy, or with CBC, are refused', async () => {
    const certificates = await Certificates.load(
      source({ main: await pairFor('cbc.test', { kind: 'rsa' }), sites: [] }),
      systemClock,
    )
    const refused = [
      'AES256-GCM-SHA384',
      'AES128-SHA',
      'DHE-RSA-AES256-GCM-SHA384',
      'ECDHE-RSA-AES256-SHA384',
      'ECDHE-RSA-AES128-SHA',
    ]
    for (const ciphers of refused)
      await expect(handshake(certificates, { maxVersion: 'TLSv1.2', ciphers }), ciphers).rejects.toThrow(
        /handshake failure/,
      )
  })
})

describe('sessions', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('of %s are resumed, until the ticket key changes', async (maxVersion) => {
    const clock = new FakeClock(systemClock.now())
    const sites = [{ names: ['site.test'], ...(await pairFor('site.test')) }]
    const certificates = await Certificates.load(source({ main: await pairFor('resumed.test'), sites }), clock)
    certificates.announce(quiet)
    const options = { maxVersion, servername: 'site.test' }
    const first = await handshake(certificates, options)
    expect(first.reused).toBe(false)
    const again = await handshake(certificates, { ...options, session: first.session })
    expect(again.reused).toBe(true)
    await clock.advance(DAY)
    expect((await handshake(certificates, { ...options, session: first.session })).reused).toBe(false)
    certificates.stop()
  })

  test('that are resumed have a channel binding of their own, the same on both ends', async () => {
    const certificates = await Certificates.load(source({ main: await pairFor('bound.test'), sites: [] }), systemClock)
    const first = await handshake(certificates, {})
    const again = await handshake(certificates, { session: first.session })
    expect(again.reused).toBe(true)
    expect(again.exporter).toEqual(again.own.channelBinding('tls-exporter'))
    expect(again.exporter).not.toEqual(first.exporter)
    expect(again.own.channelBinding('tls-server-end-point')).toEqual(first.own.channelBinding('tls-server-end-point'))
  })

  test('of TLS 1.2 are not renegotiated', async () => {
    const certificates = await Certificates.load(source({ main: await pairFor('again.test'), sites: [] }), systemClock)
    await expect(handshake(certificates, { maxVersion: 'TLSv1.2' }, renegotiated)).rejects.toThrow('no renegotiation')
  })
})

test('failed handshakes do not flood the log', async () => {
  const clock = new FakeClock()
  const failures = new TlsFailures(clock)
  const log = recordingLog()
  const knock = () => failures.report(log, { port: 993, client_ip: '192.0.2.1', error: 'unsupported protocol' })
  for (let i = 0; i < 25; i++) knock()
  expect(log.lines.length).toBe(10)
  await clock.advance(1000)
  knock()
  knock()
  expect(log.lines.slice(10).map(({ fields }) => fields['suppressed'])).toEqual([15, 0])
})

test.skipIf(process.getuid?.() === 0)('a key that may not be read is named', async () => {
  const files = await pairFor('closed.test')
  await chmod(files.key, 0)
  await expect(checkCertificates(source({ main: files, sites: [] }))).rejects.toThrow(
    `cannot read the TLS key ${files.key}: permission denied`,
  )
})
