/** Clients that mean no good: each gets its reply or is closed by a named limit, and the others notice nothing. */
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ImapClient } from '../../bench/imap-client.js'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { SmtpClient } from '../../bench/smtp-client.js'

let site: TestSite
let server: RunningProcess
let witness: { smtp: SmtpClient; imap: ImapClient }

beforeAll(async () => {
  site = await TestSite.create(['alice'], '[smtp]\ncommand_timeout = "2s"\n[imap]\ncommand_timeout = "2s"\n')
  server = await site.start()
  witness = { smtp: await SmtpClient.connect(server.ports.smtp), imap: await login() }
  await witness.smtp.command('EHLO witness.example')
  await witness.imap.command('SELECT INBOX')
})
afterAll(() => site.remove())

/** A client that was there all the time still gets its answers. */
afterEach(async () => {
  expect((await witness.smtp.command('NOOP')).code).toBe(250)
  expect((await witness.imap.command('NOOP')).status).toBe('OK')
})

async function login(): Promise<ImapClient> {
  const client = await ImapClient.connect(server.ports.imaps)
  expect((await client.command(`LOGIN alice@posthorn.test "${site.password}"`)).status).toBe('OK')
  return client
}

/** Sends octets to a port in clear and collects what comes until the server closes or `enough` is in it. */
function provoke(port: number, octets: string | Buffer, enough: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(octets))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (enough.test(text)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

async function deliver(message: Buffer): Promise<number> {
  const client = await SmtpClient.connect(server.ports.smtp)
  await client.command('EHLO client.example')
  await client.command('MAIL FROM:<a@example.org>')
  await client.command('RCPT TO:<alice@posthorn.test>')
  await client.command('DATA')
  await client.write(message)
  await client.write('\r\n.\r\n')
  const { code } = await client.reply()
  client.close()
  return code
}

test('SMTP: a line of 1 MB', async () => {
  const text = await provoke(server.ports.smtp, `EHLO ${'x'.repeat(1_000_000)}\r\nNOOP\r\n`, /^250[^\n]*\r\n$/m)
  expect(text).toMatch(/^500 5\.5\.\d [^\r\n]*\r\n/m)
  expect(text).toMatch(/^250 2\.0\.0 [^\r\n]*\r\n$/m)
})

test('SMTP: NUL octets', async () => {
  const text = await provoke(server.ports.smtp, 'EHLO a\0b\r\n\0\0\0\r\nNOOP\r\n', /^250 2/m)
  expect(text.match(/^50[01] /gm)).toHaveLength(2)
})

test('IMAP: a line of 1 MB', async () => {
  const text = await provoke(server.ports.imap, `a NOOP ${'x'.repeat(1_000_000)}\r\nb NOOP\r\n`, /^b OK/m)
  expect(text).toMatch(/^(\* BYE|a BAD) /m)
})

test.each(['9223372036854775808', '99999999999999999999999999', '9223372036854775808+'])(
  'IMAP: a literal of %s octets',
  async (size) => {
    const client = await login()
    const answer = await client.command(`APPEND INBOX {${size}}`).catch((error: Error) => error)
    if (answer instanceof Error) expect(answer.message).toMatch(/closed/)
    else expect(['NO', 'BAD']).toContain(answer.status)
    client.close()
  },
)

test('IMAP: a literal in a LOGIN that nobody could hold', async () => {
  expect(await provoke(server.ports.imap, 'a LOGIN {9223372036854775808}\r\n', /^(a|\* BYE) /m)).toMatch(
    /^(a (NO|BAD)|\* BYE) /m,
  )
})

test('IMAP: {1 without end, NUL, and 10,000 parentheses', async () => {
  const client = await login()
  await client.command('SELECT INBOX')
  for (const text of [
    'STATUS {1',
    'STATUS {1 (MESSAGES)',
    'NO\0OP',
    'STATUS "a\0b" (MESSAGES)',
    `FETCH 1 ${'('.repeat(10_000)}`,
  ])
    expect((await client.command(text)).status, text.slice(0, 20)).toBe('BAD')
  expect((await client.command('NOOP')).status).toBe('OK')
  client.close()
})

test('a header of 10 MB is refused; 100,000 parts and 10,000 levels are stored, and their structure can be asked for', async () => {
  const field = `X-Long: ${'y'.repeat(60)}\r\n`
  const header = Buffer.from(`Subject: long\r\n${field.repeat(10_000_000 / field.length)}\r\nbody\r\n`)
  const parts = '--b\r\n\r\nx\r\n'.repeat(100_000)
  const multipart = Buffer.from(`Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`)
  const nested = Buffer.from(
    `Subject: nested\r\n${Array.from({ length: 10_000 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join('')}`,
  )
  expect(await deliver(header)).toBe(552)
  for (const message of [multipart, nested]) expect(await deliver(message)).toBe(250)

  const client = await login()
  await client.command('SELECT INBOX')
  const { status, untagged } = await client.command('FETCH 1:* (RFC822.SIZE ENVELOPE BODYSTRUCTURE)')
  expect(status).toBe('OK')
  expect(untagged).toHaveLength(2)
  for (const [i, subject] of ['parts', 'nested'].entries()) expect(untagged[i]).toContain(`"${subject}"`)
  const whole = await client.command('FETCH 1 BODY.PEEK[TEXT]')
  expect(whole.untagged[0]).toContain(parts)
  client.close()
})

test.each(['smtp', 'imap'] as const)(
  '%s: a client that sends an octet now and then is closed by the command timeout',
  async (service) => {
    const line = service === 'smtp' ? 'EHLO slow.example' : 'a CAPABILITY'
    const socket: Socket = connect(server.ports[service], '127.0.0.1')
    const text = new Promise<string>((resolve) => {
      let all = ''
      socket.on('data', (chunk) => {
        all += chunk.toString('latin1')
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(all))
    })
    for (const sign of line.repeat(10)) {
      if (socket.destroyed || socket.readableEnded) break
      socket.write(sign)
      await wait(100)
    }
    expect(await text).toMatch(service === 'smtp' ? /^421 4\.4\.2 /m : /^\* BYE /m)
  },
)

test('a client that never reads costs its buffer and no more', async () => {
  expect(await deliver(Buffer.from(`Subject: large\r\n\r\n${'z\r\n'.repeat(1_600_000)}`))).toBe(250)
  const deaf = connect(server.ports.smtp, '127.0.0.1')
  deaf.on('error', () => {})
  deaf.pause()
  deaf.write('EHLO deaf.example\r\n')
  deaf.write('NOOP\r\n'.repeat(500_000))

  const client = await login()
  await client.command('SELECT INBOX')
  client.pause()
  for (let i = 0; i < 200; i++) client.write(`x${i} FETCH 1:* BODY.PEEK[]\r\n`)
  await wait(1000)
  expect(server.peakMemory()).toBeLessThan(400_000_000)
  expect((await witness.imap.command('STATUS INBOX (MESSAGES)')).status).toBe('OK')
  deaf.destroy()
  client.close()
})
