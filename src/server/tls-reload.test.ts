/** A running server whose certificates change under it. */
import { EventEmitter, once } from 'node:events'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import { makeCertificate } from '../../test/certificate-maker.js'
import { configOf, folder, started } from '../../test/started-server.js'
import { supervise } from './signals.js'

const TLS = '[tls]\ncertificate = "used.crt"\nkey = "used.key"\n'

/** A server with TLS of its own files, and SIGHUP for it. */
async function reloadable() {
  const dir = await folder()
  const use = async (name: string): Promise<void> => {
    const made = await makeCertificate(dir, name, { names: ['mail.posthorn.test'] })
    await copyFile(made.certificate, join(dir, 'used.crt'))
    await copyFile(made.key, join(dir, 'used.key'))
  }
  await use('first.test')
  const site = { services: ['imap', 'imaps', 'submissions'], more: TLS, dir } as const
  const running = await started(site)
  const signals = new EventEmitter()
  void supervise(running.server, {
    signals,
    log: running.log,
    load: async () => configOf(dir, site),
    applied: () => signals.emit('applied'),
  })
  return { ...running, dir, use, signals }
}

/** The common name of the certificate that a new connection gets. */
async function served(port: number): Promise<string | undefined> {
  const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(client, 'secureConnect')
  const name = client.getPeerCertificate().subject.CN
  client.destroy()
  return Array.isArray(name) ? name[0] : name
}

test('SIGHUP: sessions go on, and who comes then gets the new certificate', async () => {
  const { client, port, use, signals } = await reloadable()
  const [imap, smtp] = [client('imaps'), client('submissions')]
  await Promise.all([imap.line(), smtp.line()])
  expect(await served(port('imaps'))).toBe('first.test')

  await use('second.test')
  const applied = once(signals, 'applied')
  signals.emit('SIGHUP', 'SIGHUP')
  await applied
  for (const service of ['imaps', 'submissions'] as const) expect(await served(port(service))).toBe('second.test')
  imap.send('a NOOP')
  expect(await imap.line()).toMatch(/^a OK/)
  smtp.send('NOOP')
  expect(await smtp.line()).toMatch(/^250/)
})

test('a new certificate that is broken leaves the old one in use, and says so once', async () => {
  const { client, port, dir, use, signals, log, said } = await reloadable()
  const imap = client('imaps')
  await imap.line()
  await use('third.test')
  await writeFile(join(dir, 'used.key'), 'half of a ke')
  const before = log.lines.length
  signals.emit('SIGHUP', 'SIGHUP')
  while (said('Configuration was not reloaded').length === 0) await new Promise(setImmediate)
  expect(log.lines.slice(before).map(({ level, fields }) => [level, fields['error']])).toEqual([
    ['error', `the TLS key ${join(dir, 'used.key')} is not a private key in PEM form`],
  ])
  expect(await served(port('imaps'))).toBe('first.test')
  imap.send('a NOOP')
  expect(await imap.line()).toMatch(/^a OK/)

  await use('third.test')
  const applied = once(signals, 'applied')
  signals.emit('SIGHUP', 'SIGHUP')
  await applied
  expect(await served(port('imaps'))).toBe('third.test')
})

test('a client that does not speak TLS is logged in words', async () => {
  const { port, said } = await reloadable()
  const client = connectTls({
    port: port('imaps'),
    host: '127.0.0.1',
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  client.on('error', () => {})
  await new Promise((closed) => client.on('close', closed))
  while (said('TLS handshake failed').length === 0) await new Promise(setImmediate)
  expect(said('TLS handshake failed')).toMatchObject([
    { client_ip: '127.0.0.1', error: 'unsupported protocol', suppressed: 0 },
  ])
})
