/** Mail programs and libraries that others wrote read, flag, delete and file mail over our IMAP. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ImapFlow } from 'imapflow'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ImapClient } from '../../bench/imap-client.js'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { corpus, type Mail } from '../corpus.js'
import { converse, missing, runProgram } from './programs.js'
import { Terminal } from './terminal.js'

const ALICE = 'alice@posthorn.test'
const SCRIPTS = join(import.meta.dirname, 'scripts')
const mails = corpus().slice(0, 5)

let site: TestSite
let server: RunningProcess
/** Looks at what the others did. */
let client: ImapClient

beforeAll(async () => {
  site = await TestSite.create(['alice'])
  server = await site.start()
  client = await ImapClient.connect(server.ports.imaps)
  await client.command(`LOGIN ${ALICE} "${site.password}"`)
})
afterAll(async () => {
  client?.close()
  await site?.remove()
})

/** A mailbox with some mails of the corpus. */
async function fill(mailbox: string, messages: readonly Mail[] = mails): Promise<void> {
  await client.command(`CREATE ${mailbox}`)
  for (const { octets } of messages) expect((await client.append(mailbox, octets)).status).toBe('OK')
}

const flags = async (mailbox: string): Promise<readonly string[]> => {
  await client.command(`EXAMINE ${mailbox}`)
  const { untagged } = await client.command('FETCH 1:* (FLAGS)')
  await client.command('UNSELECT')
  return untagged.filter((line) => line.includes('FETCH')).map((line) => line.replace(' \\Recent', ''))
}

const trial = (program: string, what: string, body: () => Promise<void>): void => {
  const why = missing(program)
  test.skipIf(why !== null)(why === null ? `${program} ${what}` : `${program} ${what} (skipped: ${why})`, body)
}

test('imapflow uploads, searches, flags, copies, moves, downloads and deletes', async () => {
  const flow = new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imap,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE, pass: site.password },
    logger: false,
  })
  await flow.connect()
  await flow.mailboxCreate('Flow')
  await flow.mailboxCreate('Flowed')
  for (const { octets } of mails) await flow.append('Flow', octets, ['\\Seen', '$Label'])
  await flow.mailboxOpen('Flow')
  expect(await flow.search({ seen: true, keyword: '$Label' }, { uid: true })).toEqual([1, 2, 3, 4, 5])
  expect(await flow.search({ or: [{ subject: 'Frösche' }, { from: 'nobody' }] })).toEqual([2, 3, 4])
  await flow.messageFlagsAdd('1:2', ['\\Flagged'])
  expect(await flow.fetchOne('2', { flags: true })).toMatchObject({
    flags: new Set(['\\Seen', '$Label', '\\Flagged', '\\Recent']),
  })
  expect(await flow.messageCopy('1,3', 'Flowed')).toMatchObject({
    uidMap: new Map([
      [1, expect.any(Number)],
      [3, expect.any(Number)],
    ]),
  })
  expect(await flow.messageMove('4', 'Flowed', { uid: true })).toMatchObject({
    destination: 'Flowed',
    uidMap: new Map([[4, expect.any(Number)]]),
  })
  await flow.messageDelete('2')
  expect(await flow.search({ all: true }, { uid: true })).toEqual([1, 3, 5])
  const { content } = await flow.download('3', '1', { uid: false })
  const pieces: Buffer[] = []
  for await (const piece of content ?? []) pieces.push(piece as Buffer)
  expect(Buffer.concat(pieces).length).toBeGreaterThan(0)
  expect(await flow.getQuota('INBOX')).toMatchObject({ storage: { limit: 1024 ** 3 } })
  expect(await flow.status('Flow', { messages: true, uidNext: true })).toMatchObject({ messages: 3, uidNext: 6 })
  await flow.logout()
})

trial('python3', '(imaplib) does all it can', async () => {
  const script = join(SCRIPTS, 'imaplib_client.py')
  const { code, output } = await runProgram('python3', [script, String(server.ports.imap), ALICE, site.password])
  expect(code, output).toBe(0)
})

trial('perl', '(Mail::IMAPClient) does all it can', async () => {
  const script = join(SCRIPTS, 'mail_imapclient.pl')
  const { code, output } = await runProgram('perl', [script, String(server.ports.imaps), ALICE, site.password])
  expect(code, output).toBe(0)
})

trial('curl', 'uploads, reads, searches and flags', async () => {
  const file = join(site.dir, 'mail.eml')
  const config = join(site.dir, 'curlrc')
  await writeFile(config, `user = "${ALICE}:${site.password}"\ninsecure\nsilent\nshow-error\n`)
  const [mail] = mails
  await writeFile(file, mail?.octets ?? '')
  const curl = async (where: string, ...args: readonly string[]): Promise<string> => {
    const { code, output } = await runProgram('curl', [
      '--config',
      config,
      ...args,
      `imaps://127.0.0.1:${server.ports.imaps}/${where}`,
    ])
    expect(code, output).toBe(0)
    return output
  }
  await curl('', '--request', 'CREATE Curl')
  expect(await curl('')).toMatch(/^\* LIST \(\\HasNoChildren\) "\/" Curl\r?$/m)
  await curl('Curl', '--upload-file', file)
  expect(await curl('Curl', '--request', 'EXAMINE Curl')).toMatch(/^\* 1 EXISTS\r?$/m)
  expect(await curl('Curl;UID=1')).toBe(mail?.octets.toString())
  expect(await curl('Curl;UID=1;SECTION=HEADER.FIELDS%20(SUBJECT)')).toMatch(/^Subject: [^\r\n]+\r\n\r\n$/)
  expect(await curl('Curl;MAILINDEX=1;SECTION=TEXT;PARTIAL=0.10')).toHaveLength(10)
  expect(await curl('Curl', '--request', 'STORE 1 +FLAGS (\\Flagged)')).toMatch(/^\* 1 FETCH \(FLAGS \([^)]*\\Flagged/m)
  expect(await curl('Curl?FLAGGED')).toMatch(/^\* SEARCH 1\r?$/m)
  for (const mechanism of ['PLAIN', 'LOGIN', 'CRAM-MD5'])
    await curl('', '--login-options', `AUTH=${mechanism}`, '--request', 'NOOP')
  await curl('Curl', '--request', 'UID MOVE 1 Trash')
  expect(await curl('', '--request', 'STATUS Trash (MESSAGES)')).toMatch(/^\* STATUS Trash \(MESSAGES 1\)\r?$/m)
  await curl('', '--request', 'DELETE Curl')
})

trial('openssl', 's_client reads a mail by STARTTLS', async () => {
  await fill('Openssl')
  const { code, output } = await converse(
    'openssl',
    ['s_client', '-connect', `127.0.0.1:${server.ports.imap}`, '-starttls', 'imap', '-quiet', '-crlf'],
    [
      [null, `a LOGIN ${ALICE} "${site.password}"\n`],
      [/^a OK /m, 'b SELECT Openssl\n'],
      [/^b OK /m, 'c FETCH 5 BODY[HEADER.FIELDS (SUBJECT)]\n'],
      [/^c OK /m, 'd LOGOUT\n'],
    ],
  )
  expect(code, output).toBe(0)
  expect(output).toMatch(/^\* 5 FETCH \(FLAGS \(\\Seen[^)]*\) BODY\[HEADER\.FIELDS \(SUBJECT\)\] \{\d+\}\r\nSubject: /m)
})

trial('fetchmail', 'takes what is new, once', async () => {
  await fill('Fetchmail')
  const rc = join(site.dir, 'fetchmailrc')
  const got = join(site.dir, 'got')
  const login = `user "${ALICE}" password "${site.password}" folder "Fetchmail"`
  await writeFile(rc, `poll 127.0.0.1 protocol IMAP port ${server.ports.imaps} ${login} ssl no sslcertck keep\n`, {
    mode: 0o600,
  })
  const fetch = () =>
    runProgram('env', [
      `FETCHMAILHOME=${site.dir}`,
      'fetchmail',
      ...['--fetchmailrc', rc, '--pidfile', join(site.dir, 'fetchmail.pid'), '--nosyslog'],
      ...['--mda', `sh -c 'echo next >> ${got}; cat >> ${got}'`],
    ])
  const first = await fetch()
  expect(first.code, first.output).toBe(0)
  const { output } = await runProgram('grep', ['-c', '^next$', got])
  expect(Number(output)).toBe(mails.length)
  expect(await flags('Fetchmail')).toEqual(mails.map((_, i) => `* ${i + 1} FETCH (FLAGS (\\Seen))`))
  // Exit code 1: there was no mail to take.
  const second = await fetch()
  expect(second.code, second.output).toBe(1)
})

describe('neomutt', () => {
  let terminal: Terminal | null = null
  beforeEach(() => {
    terminal = null
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(terminal?.screen())
    terminal?.end()
  })

  const why = missing('tmux') ?? missing('neomutt')
  const what = 'opens, reads, flags, deletes and moves'
  test.skipIf(why !== null)(why === null ? what : `${what} (skipped: ${why})`, async () => {
    await fill('Neomutt')
    await fill('Other', [])
    const rc = join(site.dir, 'neomuttrc')
    await writeFile(rc, NEOMUTTRC(server.ports.imaps, site))
    terminal = new Terminal(site.dir, `neomutt -n -F ${rc}`, { HOME: site.dir })
    await terminal.shows(/Neomutt \[Msgs:5 New:5/)
    // It opens the first unread message; reading it makes it read.
    await terminal.press(['Home'], /1 N /)
    await terminal.press(['Enter'], /^Subject: .*[\s\S]*-\s+1\/5/m)
    await terminal.press(['i'], /Msgs:5 New:4/)
    await terminal.press(['F'], /Flag:1/)
    await terminal.press(['2', 'Enter'], /./)
    await terminal.press(['d'], /Del:1/)
    await terminal.press(['$'], /Msgs:4 New:3 Flag:1/)
    await terminal.press(['4', 'Enter', 's'], /Save to mailbox/)
    await terminal.press(['C-u', '=Other', 'Enter'], /Del:1/)
    await terminal.press(['$'], /Msgs:3 New:2 Flag:1/)
    await terminal.press(['c', 'C-u', '=Other', 'Enter'], /Other \[Msgs:1/)
    await terminal.press(['q'], /^\s*$/)
    expect(await flags('Neomutt')).toEqual([
      '* 1 FETCH (FLAGS (\\Flagged \\Seen))',
      '* 2 FETCH (FLAGS ())',
      '* 3 FETCH (FLAGS ())',
    ])
    expect(await flags('Other')).toHaveLength(1)
    await client.command('EXAMINE Other')
    const { untagged } = await client.command('FETCH 1 BODY.PEEK[]')
    expect(untagged.join('\r\n')).toContain(mails[4]?.octets.toString('latin1'))
  })
})

const NEOMUTTRC = (port: number, { password }: TestSite): string => `
set folder = "imaps://127.0.0.1:${port}/"
set imap_user = "${ALICE}"
set imap_pass = "${password}"
set spool_file = "+Neomutt"
set certificate_file = "${site.dir}/data/tls/self-signed.crt"
set ssl_verify_host = no
set header_cache = ""
set record = ""
set trash = ""
set sort = mailbox-order
set delete = yes
set quit = yes
set sleep_time = 0
set move = no
set mark_old = no
set confirm_append = no
`
