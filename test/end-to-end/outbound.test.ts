/** Two servers of ours: what a user of one sends to a user of the other is in her mailbox, once, whoever is away meanwhile. */
import { expect, test } from 'vitest'
import { FakeClock, systemClock } from '../../src/core/clock.js'
import type { LineClient } from '../line-client.js'
import { PATIENCE } from '../patience.js'
import { configOf, started } from '../started-server.js'
import { TableResolver } from '../table-resolver.js'

type Site = Awaited<ReturnType<typeof started>>

const PASSWORD = 'SecurePass123'
const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function withUser(site: Site, address: string): Promise<void> {
  await site.server.accounts.addDomain(address.slice(address.indexOf('@') + 1))
  await site.server.accounts.addUser(address, PASSWORD)
}

const routeTo = (port: number, more = ''): string =>
  `[queue]\n${more}[[queue.route]]\ndomain = "b.test"\nhost = "127.0.0.1:${port}"\n`

/** Ann submits a mail; lines of its body may begin with dots. @returns the last reply */
async function submit(site: Site, to: readonly string[], body: readonly string[], parameters = ''): Promise<string> {
  const client = site.client('submissions')
  await client.line()
  client.send('EHLO pc.a.test', `AUTH PLAIN ${base64(`\0ann@a.test\0${PASSWORD}`)}`)
  await client.until('235')
  client.send(`MAIL FROM:<ann@a.test>`, ...to.map((one) => `RCPT TO:<${one}>${parameters}`), 'DATA')
  await client.until('354')
  const header = ['From: <ann@a.test>', 'Subject: Hello', 'Message-ID: <1@a.test>', '']
  client.send(...header, ...body.map((line) => (line.startsWith('.') ? `.${line}` : line)), '.')
  return (await client.until('2')).at(-1) ?? ''
}

async function opened(site: Site, address: string): Promise<LineClient> {
  const client = site.client('imaps')
  client.send(`1 LOGIN ${address} ${PASSWORD}`, '2 SELECT INBOX')
  await client.until('2 ')
  return client
}

/** Number of messages in an INBOX, and the text of the last. */
async function inbox(site: Site, address: string): Promise<readonly string[]> {
  const client = await opened(site, address)
  client.send('3 FETCH 1:* (BODY.PEEK[])')
  const lines = await client.until('3 ')
  client.close()
  return lines
}

const mails = (lines: readonly string[]): number => lines.filter((line) => /^\* \d+ FETCH/.test(line)).length

test('mail goes by a route to another server, as it was, and is told in both logs', async () => {
  const b = await started()
  await withUser(b, 'bob@b.test')
  const a = await started({ more: routeTo(b.port('smtp')) })
  await withUser(a, 'ann@a.test')
  expect(await submit(a, ['bob@b.test'], ['One', '.two', '..three'])).toMatch(/^250 /)
  await expect.poll(() => a.said('Successful delivery'), PATIENCE).toHaveLength(1)
  const lines = await inbox(b, 'bob@b.test')
  expect(mails(lines)).toBe(1)
  expect(lines).toEqual(expect.arrayContaining(['Subject: Hello', 'One', '.two', '..three']))
  expect(lines.filter((line) => line.startsWith('Return-Path:') || line.includes('Return-Path:'))).toHaveLength(1)
  expect(lines.filter((line) => line.includes('Received: from'))).toHaveLength(2)
  expect(a.said('Queue enqueue')).toMatchObject([{ sender: 'ann@a.test', recipient_count: 1, queue_size: 1 }])
  expect(a.said('Successful delivery')).toMatchObject([{ recipient: 'bob@b.test', retry_count: 0 }])
})

test('who does not exist there fails at once, and the sender has a report in her mailbox', async () => {
  const b = await started()
  await withUser(b, 'bob@b.test')
  const a = await started({ more: routeTo(b.port('smtp')) })
  await withUser(a, 'ann@a.test')
  await submit(a, ['nobody@b.test', 'bob@b.test'], ['Hello'])
  await expect.poll(() => a.said('Permanent delivery failure'), PATIENCE).toHaveLength(1)
  await expect.poll(() => a.said('Bounce generated'), PATIENCE).toHaveLength(1)
  const lines = await inbox(a, 'ann@a.test')
  expect(lines.join('\n')).toMatch(/Final-Recipient: rfc822; ?nobody@b\.test/)
  expect(mails(await inbox(b, 'bob@b.test'))).toBe(1)
})

test('a server that is away is tried again when it is due, also by the next process', async () => {
  const away = await started({ services: ['smtp'] })
  const port = away.port('smtp')
  await away.server.stop()
  const clock = new FakeClock(systemClock.now())
  const more = routeTo(port, 'retry_schedule = ["5m", "15m"]\n')
  const first = await started({ more, clock })
  await withUser(first, 'ann@a.test')
  await submit(first, ['bob@b.test'], ['Hello'])
  await expect.poll(() => first.said('Delivery failure with retry'), PATIENCE).toHaveLength(1)
  expect(first.said('Delivery failure with retry')).toMatchObject([{ retry_count: 0 }])
  await first.server.stop()
  const b = await started()
  await withUser(b, 'bob@b.test')
  const second = await started({ more: routeTo(b.port('smtp')), clock, dir: first.dir })
  await clock.advance(5 * 60_000)
  await expect.poll(() => second.said('Successful delivery'), PATIENCE).toMatchObject([{ retry_count: 1 }])
  expect(mails(await inbox(b, 'bob@b.test'))).toBe(1)
})

test('a route that a reload brings is taken at once', async () => {
  const b = await started()
  await withUser(b, 'bob@b.test')
  const a = await started({ more: '[queue]\ndeliver = "routes"\n' })
  await withUser(a, 'ann@a.test')
  await submit(a, ['bob@b.test'], ['Hello'])
  await a.server.reload(configOf(a.dir, { more: routeTo(b.port('smtp'), 'deliver = "routes"\n') }))
  await expect.poll(() => a.said('Successful delivery'), PATIENCE).toMatchObject([{ retry_count: 0 }])
})

test('without a route mail goes where the DNS says', async () => {
  const b = await started()
  await withUser(b, 'bob@b.test')
  const resolver = new TableResolver({
    'b.test': { mx: [[10, 'mx.b.test']] },
    'mx.b.test': { a: ['127.0.0.1'] },
  })
  const a = await started({ more: `[queue]\nport = ${b.port('smtp')}\n`, resolver })
  await withUser(a, 'ann@a.test')
  await submit(a, ['bob@b.test', 'x@nowhere.test'], ['Hello'])
  await expect.poll(() => a.said('Successful delivery'), PATIENCE).toHaveLength(1)
  await expect.poll(() => a.said('Permanent delivery failure'), PATIENCE).toHaveLength(1)
  expect(a.said('Permanent delivery failure')[0]?.['error_msg']).toMatch(/^550 5\.1\.2 /)
})

test('a shutdown in the middle completes or keeps what is on its way', async () => {
  const b = await started()
  await withUser(b, 'bob@b.test')
  const a = await started({ more: routeTo(b.port('smtp')) })
  await withUser(a, 'ann@a.test')
  for (let i = 0; i < 20; i++) await submit(a, ['bob@b.test'], [`Number ${String(i)}`])
  await a.server.stop()
  const again = await started({ more: routeTo(b.port('smtp')), dir: a.dir })
  const done = () => [...a.said('Successful delivery'), ...again.said('Successful delivery')]
  await expect.poll(done, PATIENCE).toHaveLength(20)
  expect(again.said('Delivery interrupted')).toEqual([])
})
