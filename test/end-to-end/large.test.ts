/** Messages of the largest size from many at once: stored whole, in bounded memory. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ImapClient } from '../../bench/imap-client.js'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { SmtpClient } from '../../bench/smtp-client.js'

const MB = 1_000_000
const LINE = Buffer.from(`${'x'.repeat(98)}\r\n`)
const BLOCK = Buffer.concat(Array.from({ length: 1000 }, () => LINE))

let site: TestSite
let server: RunningProcess

beforeAll(async () => {
  // No quota: its warnings would be counted too.
  site = await TestSite.create(['alice'], '[quota]\ndefault = 0\n')
  server = await site.start()
})
afterAll(() => site.remove())

async function send(octets: number, mailParameters = ''): Promise<SmtpClient> {
  const client = await SmtpClient.connect(server.ports.smtp)
  await client.command('EHLO client.example')
  await client.command(`MAIL FROM:<a@example.org>${mailParameters}`)
  await client.command('RCPT TO:<alice@posthorn.test>')
  await client.command('DATA')
  await client.write('Subject: large\r\n\r\n')
  for (let sent = 0; sent < octets; sent += BLOCK.length) await client.write(BLOCK)
  await client.write('.\r\n')
  return client
}

test('20 connections send 50 MB each; memory stays under 400 MB and all of it is stored', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, () => send(50 * MB)))
  for (const client of clients) {
    expect((await client.reply()).code).toBe(250)
    client.close()
  }
  expect(server.peakMemory()).toBeLessThan(400 * MB)

  const imap = await ImapClient.connect(server.ports.imaps)
  await imap.command(`LOGIN alice@posthorn.test "${site.password}"`)
  const { untagged } = await imap.command('SELECT INBOX')
  expect(untagged).toContain('* 20 EXISTS')
  const sizes = await imap.command('FETCH 1:* RFC822.SIZE')
  for (const line of sizes.untagged) expect(Number(/RFC822\.SIZE (\d+)/.exec(line)?.[1])).toBeGreaterThan(50 * MB)
  const end = await imap.command(`FETCH 20 BODY.PEEK[TEXT]<${50 * MB - 1000}.100>`)
  expect(end.untagged[0]).toContain('x'.repeat(90))
  imap.close()
  expect(server.peakMemory()).toBeLessThan(400 * MB)
}, 300_000)

test('200 MB is refused at MAIL when announced, after DATA when not, and the connection goes on', async () => {
  const client = await SmtpClient.connect(server.ports.smtp)
  await client.command('EHLO client.example')
  const early = await client.command(`MAIL FROM:<a@example.org> SIZE=${200 * MB}`)
  expect([early.code, early.lines[0]]).toEqual([552, expect.stringMatching(/^5\.3\.4 /)])
  expect((await client.command('NOOP')).code).toBe(250)
  client.close()

  const late = await send(200 * MB)
  const refused = await late.reply()
  expect([refused.code, refused.lines[0]]).toEqual([552, expect.stringMatching(/^5\.3\.4 /)])
  expect((await late.command('MAIL FROM:<a@example.org>')).code).toBe(250)
  late.close()
}, 300_000)
