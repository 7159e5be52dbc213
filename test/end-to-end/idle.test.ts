/** A client in IDLE hears of a mail that another client sends, and of flags that a third one sets. */
import { once } from 'node:events'
import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ImapClient } from '../../bench/imap-client.js'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { SmtpClient } from '../../bench/smtp-client.js'

let site: TestSite
let server: RunningProcess
let idler: ImapFlow

beforeAll(async () => {
  site = await TestSite.create(['alice'])
  server = await site.start()
  idler = new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: 'alice@posthorn.test', pass: site.password },
    logger: false,
  })
  await idler.connect()
  await idler.mailboxOpen('INBOX')
})
afterAll(async () => {
  idler.close()
  await site.remove()
})

async function deliver(): Promise<void> {
  const client = await SmtpClient.connect(server.ports.smtp)
  await client.command('EHLO client.example')
  await client.command('MAIL FROM:<a@example.org>')
  await client.command('RCPT TO:<alice@posthorn.test>')
  await client.command('DATA')
  expect((await client.command('Subject: news\r\n\r\nhello\r\n.')).code).toBe(250)
  client.close()
}

test('imapflow in IDLE is told of new mail, of flags and of an expunge', async () => {
  void idler.idle()
  const exists = once(idler, 'exists')
  await deliver()
  expect((await exists)[0]).toMatchObject({ path: 'INBOX', count: 1, prevCount: 0 })

  const other = await ImapClient.connect(server.ports.imaps)
  await other.command(`LOGIN alice@posthorn.test "${site.password}"`)
  await other.command('SELECT INBOX')
  const flags = once(idler, 'flags')
  await other.command('STORE 1 +FLAGS (\\Flagged \\Deleted)')
  const [told] = (await flags) as [{ seq: number; flags: Set<string> }]
  expect(told.seq).toBe(1)
  expect([...told.flags]).toEqual(expect.arrayContaining(['\\Flagged', '\\Deleted']))

  const gone = once(idler, 'expunge')
  expect((await other.command('EXPUNGE')).untagged).toContain('* 1 EXPUNGE')
  expect((await gone)[0]).toMatchObject({ path: 'INBOX', seq: 1 })
  other.close()
})
