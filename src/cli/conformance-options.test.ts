import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ConformanceOptions, targetOf } from './conformance-options.js'

let dir = ''
let passwordFile = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-conformance-'))
  passwordFile = join(dir, 'passwords')
  await writeFile(passwordFile, 'one word\ntwo words\n')
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const none: ConformanceOptions = { port: [], recipient: [], only: [], rfc: [], seed: 1, report: 'text' }
const target = (family: 'imap' | 'smtp', options: Partial<ConformanceOptions>) =>
  targetOf('mail.example.org', family, { ...none, passwordFile, user: 'one@example.net', ...options })
const plain = (port: number) => ({ service: null, port })

test.each([
  ['imap', {}, { imap: 143 }, 'starttls'],
  ['imap', { tls: true }, { imaps: 993 }, 'tls'],
  ['imap', { port: [plain(993)] }, { imaps: 993 }, 'tls'],
  ['imap', { port: [plain(1143)] }, { imap: 1143 }, 'starttls'],
  ['imap', { port: [plain(1993)], tls: true }, { imaps: 1993 }, 'tls'],
  ['imap', { port: [plain(1143)], tls: false }, { imap: 1143 }, 'none'],
  ['imap', { port: [{ service: 'smtp', port: 2525 }] }, { imap: 143, smtp: 2525 }, 'starttls'],
  ['imap', { port: [plain(143), { service: 'imaps', port: 993 }] }, { imap: 143, imaps: 993 }, 'starttls'],
  ['smtp', {}, { smtp: 25 }, 'starttls'],
  ['smtp', { submission: true }, { submission: 587 }, 'starttls'],
  ['smtp', { submission: true, tls: true }, { submissions: 465 }, 'tls'],
  ['smtp', { port: [plain(25)], submission: 1587 }, { smtp: 25, submission: 1587 }, 'starttls'],
  ['smtp', { port: [plain(465)] }, { submissions: 465 }, 'tls'],
  ['smtp', { port: [{ service: 'imap', port: 143 }] }, { smtp: 25, imap: 143 }, 'starttls'],
] as const)('%s with %j is at %j, %s', async (family, options, ports, security) => {
  expect(await target(family, options)).toMatchObject({ ports, security })
})

test('names have their defaults, and certificates are checked', async () => {
  expect(await target('imap', { user2: 'two' })).toEqual({
    host: 'mail.example.org',
    ports: { imap: 143 },
    users: [
      { username: 'one@example.net', password: 'one word' },
      { username: 'two', password: 'two words' },
    ],
    recipients: [],
    domain: 'example.net',
    hostname: 'mail.example.org',
    security: 'starttls',
    certificates: { verify: true, authorities: null },
  })
  const own = { domain: 'a.example', hostname: 'b.example', insecure: true } as const
  expect(await target('imap', own)).toMatchObject({
    ...{ domain: 'a.example', hostname: 'b.example', certificates: { verify: false } },
  })
})

test.each([
  ['imap', { user: undefined }, 'IMAP needs an account'],
  ['smtp', { user: undefined }, 'SMTP needs somebody who takes mail'],
  ['imap', { user3: 'three' }, 'none left out'],
  ['imap', { user2: 'two', user3: 'three' }, 'has no password of three'],
  ['imap', { tls: false, starttls: true }, '--starttls and --no-tls exclude each other'],
  ['imap', { tls: true, starttls: true }, '--starttls and --tls exclude each other'],
  ['imap', { ca: 'x', insecure: true }, '--ca and --insecure exclude each other'],
  ['imap', { ca: '/no/such/file' }, '--ca /no/such/file cannot be read'],
  ['imap', { passwordFile: '/no/such/file' }, '--password-file /no/such/file cannot be read'],
  ['imap', { passwordStdin: true }, '--password-stdin and --password-file exclude each other'],
] as const)('%s with %j is refused', async (family, options, message) => {
  await expect(target(family, options as Partial<ConformanceOptions>)).rejects.toThrow(message)
})
