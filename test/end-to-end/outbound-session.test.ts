/** Our own client against our own server: TLS in each way, AUTH by each mechanism, chunks, UTF-8, and what comes of DSN. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { ImapFlow } from 'imapflow'
import { beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { Service } from '../../src/core/config.js'
import { systemRandom } from '../../src/core/ids.js'
import { clientLimits } from '../../src/core/limits.js'
import type { OutboundContent, OutboundMail, OutboundSession, RouteSettings } from '../../src/queue/contracts.js'
import { openSession } from '../../src/queue/session.js'
import type { RecipientDsn } from '../../src/store/store.js'
import { Connection } from '../../src/wire/connection.js'
import { recordingLog } from '../log-recorder.js'
import { ends, started } from '../started-server.js'

const ALICE = 'alice@posthorn.test'
const BOB = 'bob@posthorn.test'
const JURGEN = 'jürgen@posthorn.test'
const PASSWORD = 'correct horse, battery'
const NO_DSN: RecipientDsn = { notify: null, originalRecipient: null }

let server: Awaited<ReturnType<typeof started>>
const log = recordingLog()

beforeEach(async () => {
  server = await started({ services: ['smtp', 'submission', 'submissions', 'imaps', 'admin'] })
  await server.server.accounts.addDomain('posthorn.test')
  await addUser(ALICE)
})

const addUser = (user: string) => server.server.accounts.addUser(user, PASSWORD)

async function open(service: Service, settings: Partial<RouteSettings>): Promise<OutboundSession> {
  const connect = async (): Promise<Connection> => {
    const socket = connectTcp({ port: server.port(service), host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    const local = { address: '127.0.0.1', port: socket.localPort ?? 0 }
    return new Connection(socket, {
      clock: systemClock,
      local,
      remote: { address: '127.0.0.1', port: server.port(service) },
    })
  }
  const trust = createSecureContext({ ca: readFileSync(join(server.dir, 'data/tls/self-signed.crt')) })
  const session = await openSession(connect, {
    ...{ host: { name: 'mail.posthorn.test' }, settings: { tls: 'require', credentials: null, ...settings } },
    ...{ hostname: 'client.example', clock: systemClock, random: systemRandom, log, trust },
  })
  ends.push(() => session.end())
  return session
}

const contentOf = (message: Buffer, needs: Partial<OutboundContent['needs']> = {}): OutboundContent => ({
  needs: { eightBitBody: false, eightBitHeader: false, binary: false, ...needs },
  open: async () => ({
    size: message.length,
    octets: (async function* () {
      for (let at = 0; at < message.length; at += 30_000) yield message.subarray(at, at + 30_000)
    })(),
  }),
})

const mail = (message: string, more: Partial<OutboundMail> = {}, dsn = NO_DSN): OutboundMail => ({
  ...{ id: 'q1', from: BOB, recipients: [{ recipient: ALICE, dsn }], content: contentOf(Buffer.from(message)) },
  envelope: { body: null, utf8: false, returned: null, envelopeId: null },
  ...more,
})

const TEXT = 'From: bob@posthorn.test\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: x\r\n\r\n.hello\r\n'

/** Octets of all messages in somebody's INBOX, once there are `count` of them. */
async function inbox(user: string, count: number): Promise<string[]> {
  const secure = { host: '127.0.0.1', port: server.port('imaps'), secure: true, tls: { rejectUnauthorized: false } }
  const client = new ImapFlow({ ...secure, auth: { user, pass: PASSWORD }, logger: false })
  await client.connect()
  await client.mailboxOpen('INBOX')
  const found: string[] = []
  while (found.length < count) {
    await client.noop()
    for await (const { source } of client.fetch(`${found.length + 1}:*`, { source: true }))
      if (source !== undefined) found.push(source.toString())
  }
  await client.logout()
  return found
}

const accepted = {
  verdicts: [{ kind: 'accepted', reply: expect.stringMatching(/^250 2\.0\.0 /), reports: true }],
  hostTrouble: null,
}

test('with each kind of TLS it takes messages, one behind the other', async () => {
  for (const tls of ['none', 'try', 'require', 'verify'] as const) {
    const session = await open('smtp', { tls })
    expect(session.tls).toBe(tls === 'none' ? null : 'TLSv1.3')
    for (let i = 0; i < 2; i++) expect(await session.deliver(mail(TEXT))).toMatchObject(accepted)
    expect(session.usable).toBe(true)
  }
  for (const [at, octets] of (await inbox(ALICE, 8)).entries()) {
    expect(octets).toContain(`Return-Path: <${BOB}>\r\n`)
    expect(octets).toMatch(at < 2 ? /with ESMTP\s/ : /with ESMTPS\s/)
    expect(octets.endsWith(TEXT)).toBe(true)
  }
})

test('it takes each mechanism of AUTH, behind STARTTLS and in TLS from the first octet', async () => {
  await addUser(BOB)
  const credentials = { user: BOB, password: PASSWORD }
  for (const mechanism of ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256']) {
    await server.server.stop()
    const more = `[auth]\nmechanisms = ["${mechanism}"]\n`
    server = await started({ dir: server.dir, services: ['submission', 'submissions', 'admin'], more })
    for (const [service, tls] of [
      ['submission', 'verify'],
      ['submissions', 'implicit'],
    ] as const) {
      const session = await open(service, { tls, credentials })
      const dialogue = session.transcript()
      expect(dialogue).toContain(`C: AUTH ${mechanism}`)
      expect(dialogue).not.toContain(Buffer.from(PASSWORD).toString('base64').slice(4, 20))
      expect(await session.deliver(mail(TEXT))).toMatchObject(accepted)
    }
  }
  const wrong = open('submission', { tls: 'require', credentials: { ...credentials, password: 'other' } })
  await expect(wrong).rejects.toMatchObject({ reply: expect.stringMatching(/^535 5\.7\.8 /), permanent: false })
})

test('a large message goes in chunks, and a binary one as it is', async () => {
  const session = await open('smtp', {})
  const head = 'From: bob@posthorn.test\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nMessage-ID: <1@x>\r\n\r\n'
  const large = head + '.line of text\r\n'.repeat(Math.ceil(clientLimits.chunkedFrom / 10))
  expect(await session.deliver(mail(large))).toMatchObject(accepted)
  expect(session.transcript()).toMatch(/C: BDAT 1048576\nC: …\(1048576 octets\)\nS: 250 .*\nC: BDAT \d+ LAST\n/)
  const raw = 'From: bob@posthorn.test\r\nMessage-ID: <2@x>\r\n\r\nbare\n.\r\nno end'
  const content = contentOf(Buffer.from(raw), { binary: true })
  expect(await session.deliver(mail('', { content }))).toMatchObject(accepted)
  const [first, second] = await inbox(ALICE, 2)
  expect(first?.endsWith(large)).toBe(true)
  expect(second?.endsWith(raw)).toBe(true)
})

test('addresses and headers in UTF-8 get through', async () => {
  await addUser(JURGEN)
  const session = await open('smtp', {})
  const text = 'From: Jürgen <jürgen@posthorn.test>\r\nSubject: Grüße\r\n\r\nä\r\n'
  const content = contentOf(Buffer.from(text), { eightBitHeader: true, eightBitBody: true })
  const recipients = [{ recipient: JURGEN, dsn: NO_DSN }]
  expect(await session.deliver(mail('', { from: JURGEN, recipients, content }))).toMatchObject(accepted)
  expect(session.transcript()).toContain(
    `C: MAIL FROM:<${JURGEN}> SIZE=${Buffer.byteLength(text)} BODY=8BITMIME SMTPUTF8\n`,
  )
  const [octets] = await inbox(JURGEN, 1)
  expect(octets?.endsWith(text)).toBe(true)
})

test('each recipient has a verdict of its own', async () => {
  const session = await open('smtp', {})
  const recipients = [ALICE, 'nobody@posthorn.test', 'x@elsewhere.example'].map((recipient) => ({
    recipient,
    dsn: NO_DSN,
  }))
  const { verdicts } = await session.deliver(mail(TEXT, { recipients }))
  expect(verdicts.map(({ kind, reply }) => `${kind} ${reply.slice(0, 9)}`)).toEqual([
    'accepted 250 2.0.0',
    'refused 550 5.1.1',
    'refused 550 5.7.1',
  ])
  const nobody = await session.deliver(mail(TEXT, { recipients: recipients.slice(1) }))
  expect(nobody.verdicts.map(({ kind }) => kind)).toEqual(['refused', 'refused'])
  expect(await session.deliver(mail(TEXT))).toMatchObject(accepted)
})

test('what was asked for by DSN is asked for', async () => {
  await addUser(BOB)
  const session = await open('smtp', {})
  const dsn: RecipientDsn = { notify: ['success'], originalRecipient: 'rfc822;first+1@elsewhere.example' }
  const envelope = { body: null, utf8: false, returned: 'headers', envelopeId: 'Q=1+2' } as const
  expect(await session.deliver(mail(TEXT, { envelope }, dsn))).toMatchObject(accepted)
  const [report] = await inbox(BOB, 1)
  expect(report).toContain('\r\nOriginal-Envelope-Id: Q=1+2\r\n')
  expect(report).toContain('\r\nOriginal-Recipient: rfc822; first+1@elsewhere.example\r\n')
  expect(report).toContain('\r\nAction: delivered\r\n')
})
