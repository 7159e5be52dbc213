/** An address in UTF-8 from the command line to the mailbox: python's smtplib sends, its imaplib reads. */
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'

const USER = 'jürgen@posthorn.test'
const LONG = `${'ж'.repeat(32)}@posthorn.test`

let site: TestSite
let server: RunningProcess

beforeAll(async () => {
  site = await TestSite.create(['alice', 'JU\u0308RGEN', 'ж'.repeat(32)])
  await site.cli(['alias', 'add', 'Büro@posthorn.test', 'JÜRGEN@posthorn.test', 'alice@posthorn.test'])
  server = await site.start()
})
afterAll(() => site.remove())

/** Sends as one user and reads what came. smtplib's own login is ASCII, so AUTH is said by hand. */
const PYTHON = `
import base64, imaplib, smtplib, ssl, sys
from email import policy, message_from_bytes
from email.message import EmailMessage
user, to, password, submissions, imaps = sys.argv[1:]
tls = ssl._create_unverified_context()
message = EmailMessage(policy=policy.SMTPUTF8)
message['From'], message['To'], message['Subject'] = user, to, 'Grüße'
message.set_content('Text')
with smtplib.SMTP_SSL('127.0.0.1', int(submissions), context=tls) as client:
    client.ehlo()
    plain = chr(0) + user + chr(0) + password
    code, words = client.docmd('AUTH', 'PLAIN ' + base64.b64encode(plain.encode()).decode())
    assert code == 235, words
    client.send_message(message)
with imaplib.IMAP4_SSL('127.0.0.1', int(imaps), ssl_context=tls) as client:
    client.authenticate('PLAIN', lambda _: plain.encode())
    client.select('INBOX')
    octets = client.fetch('1', '(BODY.PEEK[])')[1][0][1]
    found = message_from_bytes(octets, policy=policy.SMTPUTF8)
    print(found['From'], found['To'], found['Subject'], octets.decode().split('Return-Path: ')[1].split()[0])
`

const python = (args: readonly string[]): Promise<string> =>
  new Promise((done, failed) => {
    execFile('python3', ['-X', 'utf8', '-c', PYTHON, ...args], (error, stdout, stderr) =>
      error === null ? done(stdout) : failed(new Error(stderr)),
    )
  })

test('python sends under it, to an alias outside ASCII, and reads what came', async ({ skip }) => {
  if (!(await python3())) skip('python3 is not installed')
  const { submissions, imaps } = server.ports
  const printed = await python([USER, 'BÜRO@posthorn.test', site.password, String(submissions), String(imaps)])
  expect(printed).toBe(`${USER} BÜRO@posthorn.test Grüße <${USER}>\n`)
})

const python3 = (): Promise<boolean> =>
  new Promise((done) => {
    execFile('python3', ['-c', 'import ssl'], (error) => done(error === null))
  })

test('the command line takes it in any form while the server runs, and says why another is none', async () => {
  expect(await site.cli(['user', 'show', 'Jürgen@posthorn.test'])).toContain(USER)
  expect(await site.cli(['user', 'set', LONG.toUpperCase(), '--display-name', 'Ж'])).toContain(LONG)
  expect(await site.cli(['alias', 'list'])).toContain('büro@posthorn.test')
  expect(await site.cli(['alias', 'remove', 'BÜRO@posthorn.test', 'JÜRGEN@posthorn.test'])).toContain('removed')
  const added = site.cli(['user', 'add', '\u0430lice@posthorn.test', '--password-stdin'], 'x\n')
  await expect(added).rejects.toThrow('"\u0430lice" has letters of both Latin and Cyrillic in one word')
  const kelvin = site.cli(['alias', 'add', '\u212aate@posthorn.test', USER])
  await expect(kelvin).rejects.toThrow('U+212A in it is taken for the ASCII character that it looks like')
})
