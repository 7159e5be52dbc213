/** A real Postfix hands mail over: to our port 25, and by LMTP to our socket and our port. */
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { SmtpClient } from '../../bench/smtp-client.js'
import { inboxWith } from './inbox.js'
import { Postfix, whyNoPostfix } from './postfix.js'

const why = whyNoPostfix()

const LMTP = `
[[listener]]
service = "lmtp"
address = "127.0.0.1"
port = 0
[[listener]]
service = "lmtp"
path = "lmtp.sock"
mode = "0666"
`

describe.skipIf(why !== null)(why === null ? 'Postfix' : `Postfix (skipped: ${why})`, () => {
  let site: TestSite
  let server: RunningProcess
  let postfix: Postfix

  beforeAll(async () => {
    site = await TestSite.create(['alice', 'bob', 'carol'], LMTP)
    // Postfix connects to the socket as a user of its own.
    await chmod(site.dir, 0o755)
    server = await site.start()
    const socket = `lmtp:unix:${join(site.dir, 'lmtp.sock')}`
    postfix = await Postfix.start({
      'alice@posthorn.test': `smtp:[127.0.0.1]:${server.ports.smtp}`,
      'bob@posthorn.test': socket,
      'carol@posthorn.test': `lmtp:inet:127.0.0.1:${server.ports.lmtp}`,
      'posthorn.test': socket,
    })
  })
  afterAll(async () => {
    await postfix?.stop()
    await site?.remove()
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(await postfix.log())
  })

  async function send(from: string, to: readonly string[], subject: string): Promise<void> {
    const client = await SmtpClient.connect(postfix.port)
    for (const line of [
      'EHLO test',
      `MAIL FROM:<${from}>`,
      ...to.map((user) => `RCPT TO:<${user}@posthorn.test>`),
      'DATA',
    ])
      expect((await client.command(line)).code, line).toBeLessThan(400)
    await client.write(`From: <${from}>\r\nSubject: ${subject}\r\n\r\n.a line with a dot: ..\r\n..\r\nthe end\r\n.\r\n`)
    expect((await client.reply()).code).toBe(250)
    client.close()
  }

  /** The messages that a user has with such a subject, once there are `count`. */
  const arrived = async (user: string, subject: string, count: number): Promise<readonly string[]> => {
    const ours = (m: { readonly subject: string }): boolean => m.subject.startsWith(subject)
    const all = await inboxWith((messages) => messages.filter(ours).length >= count, user, server.ports, site)
    return all.filter(ours).map(({ source }) => source)
  }

  test('relays to our port 25, with TLS', async () => {
    await send('x@example.org', ['alice'], 'by smtp')
    const [source] = await arrived('alice', 'by smtp', 1)
    expect(source).toMatch(/^Return-Path: <x@example\.org>\r\n/)
    expect(source).toMatch(/from postfix\.test .*by mail\.posthorn\.test with ESMTPS\s/s)
    expect(source).toMatch(/\r\n\r\na line with a dot: \.\.\r\n\.\r\nthe end\r\n$/)
  })

  test.each([
    ['socket', 'bob'],
    ['port', 'carol'],
  ])('delivers by LMTP to our %s', async (_, user) => {
    await send('x@example.org', [user], 'by lmtp')
    const [source] = await arrived(user, 'by lmtp', 1)
    expect(source).toMatch(/^Return-Path: <x@example\.org>\r\n/)
    expect(source).toMatch(/by mail\.posthorn\.test with LMTP/)
    expect(source).toMatch(/\r\n\r\na line with a dot: \.\.\r\n\.\r\nthe end\r\n$/)
  })

  test('everybody has one copy, whichever way it came', async () => {
    await send('x@example.org', ['alice', 'bob', 'carol'], 'to all')
    for (const user of ['alice', 'bob', 'carol']) expect(await arrived(user, 'to all', 1)).toHaveLength(1)
  })

  test('who is refused by LMTP does not cost the other recipients their mail, and the sender hears of it', async () => {
    await send('alice@posthorn.test', ['bob', 'nobody'], 'half refused')
    expect(await arrived('bob', 'half refused', 1)).toHaveLength(1)
    const [bounce] = await arrived('alice', 'Undelivered Mail', 1)
    expect(bounce).toContain('nobody@posthorn.test')
    expect(bounce).toContain('550 5.1.1')
  })

  test('fifty messages on each way, several connections at once', async () => {
    const users = ['alice', 'bob', 'carol']
    const numbers = Array.from({ length: 50 }, (_, i) => i)
    await Promise.all(
      users.map(async (user) => {
        for (const n of numbers) await send('x@example.org', [user], `number ${n} of many`)
      }),
    )
    for (const user of users) {
      const found = await arrived(user, 'number', 50)
      expect(new Set(found.map((source) => /Subject: number (\d+)/.exec(source)?.[1])).size).toBe(50)
      expect(found).toHaveLength(50)
    }
  })
})
