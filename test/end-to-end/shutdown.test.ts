/**
 * A server under load is asked to end: transactions in progress complete, everyone is told, the exit code
 * is 0, and what was acknowledged is there after the next start (requirement §1.1).
 */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestSite } from '../../bench/server-process.js'
import { SmtpClient } from '../../bench/smtp-client.js'
import { type Ledger, smtpLoad, untilKilled } from '../crash/load.js'
import { expectPromisesKept } from '../crash/promises.js'

const USERS = ['alice', 'bob']
const FIRST_HALF = 'From: <load@example.org>\r\nX-Id: half\r\n'
const SECOND_HALF = 'Subject: half\r\n\r\nthe other half\r\n'
let site: TestSite

beforeAll(async () => {
  site = await TestSite.create(USERS)
})
afterAll(() => site?.remove())

interface LogLine {
  readonly msg: string
  readonly [field: string]: unknown
}

/** A client that has sent half of a message when the server is asked to end. */
async function halfWay(port: number): Promise<SmtpClient> {
  const client = await SmtpClient.connect(port)
  for (const line of ['EHLO half.example', 'MAIL FROM:<x@example.org>', 'RCPT TO:<alice@posthorn.test>', 'DATA'])
    await client.command(line)
  await client.write(FIRST_HALF)
  return client
}

test('SIGTERM under load: nothing acknowledged is lost, nothing sent whole stays without an answer, exit code 0', async () => {
  const ledger: Ledger = new Map()
  const server = await site.start()
  const slow = await halfWay(server.ports.smtp)
  const idle = await SmtpClient.connect(server.ports.smtp)
  const loads = Array.from({ length: 20 }, () => untilKilled(smtpLoad(server.ports, USERS, ledger)))
  await wait(1000)

  const exit = server.stop()
  expect(await idle.reply()).toMatchObject({ code: 421, lines: ['4.3.2 Service is shutting down, try again later'] })
  await Promise.all(loads)
  // The slow one is still in its transaction: the server waits for it, and sends home who comes now.
  const late = SmtpClient.connect(server.ports.smtp)
  await expect(late.then((client) => client.reply())).rejects.toThrow('closed')
  await slow.write(`${SECOND_HALF}.\r\n`)
  expect(await slow.reply()).toMatchObject({ code: 250 })
  expect(await slow.reply()).toMatchObject({ code: 421 })
  expect(await exit).toBe(0)

  const log = server.log.map((line) => JSON.parse(line) as LogLine)
  expect(log.find(({ msg }) => msg === 'SMTP server shutdown')).toMatchObject({ graceful: true })
  const states = [...ledger.values()].map(({ state }) => state)
  expect(states).toContain('acknowledged')
  expect(states).not.toContain('whole')

  const next = await site.start()
  const sha256 = createHash('sha256')
    .update(FIRST_HALF + SECOND_HALF)
    .digest('hex')
  ledger.set('half', { to: ['alice'], state: 'acknowledged', sha256 })
  for (const user of USERS) await expectPromisesKept(user, ledger, next, site.password)
  expect(await next.stop()).toBe(0)
})
