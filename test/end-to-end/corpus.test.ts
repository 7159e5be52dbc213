/** All mails of the corpus go in by SMTP and come out by IMAP, with clients that people use, and are the same octets. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FetchMessageObject, ImapFlow, type MessageAddressObject, type MessageStructureObject } from 'imapflow'
import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { dotEncode } from '../../src/wire/dot-decoder.js'
import { corpus, type Mail } from '../corpus.js'

const exec = promisify(execFile)
const mails = corpus()

/** The trace fields that we put in front, and nothing else (RFC 5321 §4.4). */
const TRACE = /^Return-Path: <[^\r\n]*>\r\n(?:Received: [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)/

const behindTrace = (stored: Buffer): Buffer => {
  const trace = TRACE.exec(stored.toString('latin1'))?.[0] ?? ''
  return stored.subarray(trace.length)
}

/** What submission adds at the end of a header that lacks it (RFC 6409 §8.2, §8.3), and nothing else. */
const addedTo = (header: string): RegExp => {
  const date = /^date[ \t]*:/im.test(header) ? '' : 'Date: [^\\r\\n]+\\r\\n'
  const id = /^message-id[ \t]*:/im.test(header) ? '' : 'Message-ID: <[a-z2-9]+@mail\\.posthorn\\.test>\\r\\n'
  return new RegExp(`^${date}${id}$`)
}

/** A mail that was submitted, without the fields that it lacked. */
const withoutAdded = (kept: Buffer, sent: Buffer): Buffer => {
  const end = sent.indexOf('\r\n\r\n') + 2
  const behind = end + kept.length - sent.length
  expect(kept.subarray(end, behind).toString()).toMatch(addedTo(sent.subarray(0, end).toString('latin1')))
  return Buffer.concat([kept.subarray(0, end), kept.subarray(behind)])
}

/** As they were sent to port 25, or by a user to the submission port. */
type Way = 'relayed' | 'submitted'

function expectMail(stored: Buffer, { name, octets }: Mail, way: Way): void {
  const kept = behindTrace(stored)
  expect((way === 'relayed' ? kept : withoutAdded(kept, octets)).equals(octets), name).toBe(true)
}

/** That all mails came back, each behind our trace fields and otherwise unchanged. */
const expectAllMails = (stored: readonly Buffer[], way: Way): void => {
  expect(stored.length).toBe(mails.length)
  for (const [i, mail] of mails.entries()) expectMail(stored[i] as Buffer, mail, way)
}

let site: TestSite
let server: RunningProcess
const fetched: FetchMessageObject[] = []

beforeAll(async () => {
  site = await TestSite.create(['alice', 'bob'])
  // The corpus is from all over the world.
  await site.cli(['user', 'set', 'bob@posthorn.test', '--send-as', 'any'])
  server = await site.start()
})
afterAll(() => site.remove())

const imapFor = (user: string): ImapFlow =>
  new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: `${user}@posthorn.test`, pass: site.password },
    logger: false,
  })

test('sends all mails with nodemailer by submission', async () => {
  const transport = createTransport({
    host: '127.0.0.1',
    port: server.ports.submission,
    requireTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user: 'bob@posthorn.test', pass: site.password },
    pool: true,
    maxConnections: 1,
    maxMessages: Number.POSITIVE_INFINITY,
  })
  for (const { octets } of mails) {
    const info = await transport.sendMail({
      envelope: { from: 'bob@posthorn.test', to: ['bob@posthorn.test'] },
      raw: octets,
    })
    expect(info.response).toMatch(/^250 2\.0\.0 Message accepted for delivery/)
  }
  transport.close()
})

describe('imapflow', () => {
  beforeAll(async () => {
    const client = imapFor('bob')
    await client.connect()
    await client.mailboxOpen('INBOX')
    for await (const message of client.fetch('1:*', {
      uid: true,
      source: true,
      envelope: true,
      bodyStructure: true,
      size: true,
    }))
      fetched.push(message)
    await client.logout()
  })

  test('finds every mail, octet for octet', () => {
    expectAllMails(
      fetched.map(({ source }) => source as Buffer),
      'submitted',
    )
    for (const { size, source } of fetched) expect(size).toBe(source?.length)
  })

  test.each(mails.map(({ name }, i) => [name, i] as const))(
    'ENVELOPE and BODYSTRUCTURE of %s are what mailparser sees',
    async (name, i) => {
      const message = fetched[i] as FetchMessageObject
      const parsed = await simpleParser(message.source as Buffer, {
        keepCidLinks: true,
        skipTextToHtml: true,
        skipImageLinks: true,
      })
      expect(envelopeOf(message)).toEqual(envelopeOfParsed(parsed))
      expect(attachmentsOf(message.bodyStructure as MessageStructureObject)).toEqual(
        OTHERWISE[name] ?? attachmentsOfParsed(parsed),
      )
    },
  )
})

/** Where the two do not see the same, and are both right: what IMAP says of the attachments, and why. */
const OTHERWISE: { readonly [name: string]: readonly string[] } = {
  // The file name is in bare ISO 8859-1, which nothing declares: mailparser guesses it, imapflow reads UTF-8.
  '016.eml': ['application/mac-binhex40 blueball.png', 'application/mac-binhex40 HasenundFr\ufffdsche.txt'],
  '023.eml': ['image/png blueball.png', 'text/plain farmerandstork.txt', 'text/plain HasenundFr\ufffdsche.txt'],
  '026.eml': ['text/plain HasenundFr\ufffdsche.txt', 'text/plain farmerandstork.txt'],
  // mailparser takes the type from the end of the file name where the mail says application/octet-stream.
  '031.eml': ['application/octet-stream redball.png', 'application/octet-stream blueball.png'],
  '041.eml': ['application/octet-stream redball.png'],
  // mailparser looks into message/rfc822 parts and shows what is in them as parts of the mail around them.
  'rfc-002.eml': ['message/rfc822 '],
  'rfc-004.eml': ['message/rfc822 ', 'message/rfc822 '],
  // Spaces behind a boundary, which RFC 2046 §5.1.1 allows: mailparser does not see that boundary.
  'rfc-007.eml': ['image/jpeg ', 'image/jpeg ', 'image/jpeg ', 'application/x-excel ', 'message/rfc822 '],
}

interface Addresses {
  readonly subject: string
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly cc: readonly string[]
}

const flat = (s: string | undefined): string => (s ?? '').replace(/\s+/g, ' ').trim()

const envelopeOf = ({ envelope }: FetchMessageObject): Addresses => {
  const list = (addresses: MessageAddressObject[] | undefined): string[] =>
    (addresses ?? []).map((a) =>
      flat(a.address)
        .toLowerCase()
        .replace(/.*@missing_domain$/, ''),
    )
  return {
    subject: flat(envelope?.subject),
    from: list(envelope?.from),
    to: list(envelope?.to),
    cc: list(envelope?.cc),
  }
}

const envelopeOfParsed = ({ subject, from, to, cc }: ParsedMail): Addresses => {
  const list = (field: AddressObject | AddressObject[] | undefined): string[] =>
    [field ?? []]
      .flat()
      .flatMap((f) => f.value.flatMap((a) => a.group ?? [a]))
      .map((a) => flat(a.address).toLowerCase())
  return { subject: flat(subject), from: list(from), to: list(to), cc: list(cc) }
}

/** Type and file name of each leaf that is not text for reading. */
const attachmentsOf = (part: MessageStructureObject): string[] => {
  if (part.childNodes !== undefined && part.type.startsWith('multipart/')) return part.childNodes.flatMap(attachmentsOf)
  const name = part.dispositionParameters?.['filename'] ?? part.parameters?.['name']
  const isText = /^text\/(plain|html)$/.test(part.type) && part.disposition !== 'attachment'
  return isText ? [] : [`${part.type} ${flat(name)}`]
}

const attachmentsOfParsed = ({ attachments }: ParsedMail): string[] =>
  attachments.map(({ contentType, filename }) => `${contentType} ${flat(filename)}`)

const installed = async (program: string): Promise<boolean> =>
  exec(program, ['--version']).then(
    () => true,
    () => false,
  )

test('swaks sends every mail to port 25, and they are the same octets', async ({ skip }) => {
  if (!(await installed('swaks'))) skip('swaks is not installed')
  const file = join(site.dir, 'mail')
  for (const { octets } of mails) {
    await writeFile(file, dotEncode(octets))
    await exec('swaks', [
      ...['--server', '127.0.0.1', '--port', String(server.ports.smtp), '--helo', 'client.example'],
      ...['--from', 'somebody@example.org', '--to', 'alice@posthorn.test', '--no-data-fixup', '--data', `@${file}`],
    ])
  }
  const client = imapFor('alice')
  await client.connect()
  await client.mailboxOpen('INBOX')
  const stored: Buffer[] = []
  for await (const message of client.fetch('1:*', { source: true })) stored.push(message.source as Buffer)
  await client.logout()
  expectAllMails(stored, 'relayed')
})

const IMAPLIB = `
import imaplib, ssl, sys, base64
c = ssl._create_unverified_context()
m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
m.starttls(c)
m.login(sys.argv[2], sys.stdin.readline().strip())
m.select('INBOX', readonly=True)
for n in range(1, int(sys.argv[3]) + 1):
    kind, data = m.fetch(str(n), '(RFC822)')
    print(base64.b64encode(data[0][1]).decode())
m.logout()
`

test("Python's imaplib reads every mail, octet for octet", async ({ skip }) => {
  if (!(await installed('python3'))) skip('python3 is not installed')
  const child = exec('python3', ['-c', IMAPLIB, String(server.ports.imap), 'bob@posthorn.test', String(mails.length)], {
    maxBuffer: 64 * 1024 * 1024,
  })
  child.child.stdin?.end(`${site.password}\n`)
  const stored = (await child).stdout
    .trim()
    .split('\n')
    .map((line) => Buffer.from(line, 'base64'))
  expectAllMails(stored, 'submitted')
})

test('curl reads every mail, octet for octet', async ({ skip }) => {
  if (!(await installed('curl'))) skip('curl is not installed')
  await writeFile(join(site.dir, 'curlrc'), `user = "bob@posthorn.test:${site.password}"\n`)
  for (const [i, mail] of mails.entries()) {
    const url = `imaps://127.0.0.1:${server.ports.imaps}/INBOX;UID=${i + 1}`
    const { stdout } = await exec('curl', ['-s', '-k', '-K', join(site.dir, 'curlrc'), url], { encoding: 'buffer' })
    expectMail(stdout, mail, 'submitted')
  }
})
