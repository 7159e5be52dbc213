/**
 * A client of the wild copies and moves messages and learns their new UIDs; and a server that is killed in the middle
 * of a COPY too large for one commit has all of it afterwards, or nothing.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type CopyResponseObject, ImapFlow } from 'imapflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ImapClient } from '../../bench/imap-client.js'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { storeLimits } from '../../src/core/limits.js'
import { PATIENCE } from '../patience.js'

let site: TestSite
let server: RunningProcess

beforeAll(async () => {
  site = await TestSite.create(['alice', 'bob'])
  server = await site.start()
})
afterAll(() => site.remove())

test('imapflow copies, moves and expunges by UID', async () => {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: 'alice@posthorn.test', pass: site.password },
    logger: false,
  })
  await client.connect()
  for (const name of ['one', 'two', 'three', 'four']) {
    const appended = await client.append('INBOX', `Subject: ${name}\r\n\r\n${name}\r\n`, ['\\Seen'])
    expect(appended).toMatchObject({ uid: expect.any(Number) })
  }
  await client.mailboxOpen('INBOX')
  const copied = (await client.messageCopy('1:2', 'Archive', { uid: true })) as CopyResponseObject
  expect([...(copied.uidMap ?? [])]).toEqual([
    [1, 1],
    [2, 2],
  ])
  const moved = (await client.messageMove('2:3', 'Archive', { uid: true })) as CopyResponseObject
  expect([...(moved.uidMap ?? [])]).toEqual([
    [2, 3],
    [3, 4],
  ])
  expect(await client.messageDelete('4', { uid: true })).toBe(true)
  expect(await client.search({ all: true }, { uid: true })).toEqual([1])
  await client.mailboxOpen('Archive')
  const subjects: (string | undefined)[] = []
  for await (const { envelope } of client.fetch('1:*', { envelope: true })) subjects.push(envelope?.subject)
  expect(subjects).toEqual(['one', 'two', 'two', 'three'])
  await client.logout()
})

const MANY = 2 * storeLimits.rowsPerWrite + 1

async function login(): Promise<ImapClient> {
  const client = await ImapClient.connect(server.ports.imaps)
  await client.command(`LOGIN bob@posthorn.test "${site.password}"`)
  return client
}

const countOf = async (client: ImapClient, mailbox: string): Promise<number> => {
  const { untagged } = await client.command(`STATUS ${mailbox} (MESSAGES)`)
  return Number(/MESSAGES (\d+)/.exec(untagged.join())?.[1])
}

test('a large COPY that is killed is whole or gone', async () => {
  const before = await login()
  const message = ' {1+}\r\nx'
  for (let left = MANY; left > 0; left -= 1000)
    expect((await before.command(`APPEND INBOX${message.repeat(Math.min(left, 1000))}`)).status).toBe('OK')
  await before.command('SELECT INBOX')
  const watcher = await login()
  const copying = before.command('COPY 1:* Archive').then(
    ({ status }) => status,
    () => 'lost',
  )
  while ((await countOf(watcher, 'Archive')) === 0) await wait(1)
  await server.kill()
  const answer = await copying
  server = await site.start()
  const after = await login()
  const whole = answer === 'OK' ? [MANY] : [0, MANY]
  await expect.poll(async () => whole.includes(await countOf(after, 'Archive')), PATIENCE).toBe(true)
  expect(await countOf(after, 'INBOX')).toBe(MANY)
  await after.command('SELECT INBOX')
  const moved = await after.command('UID MOVE 1:* Trash')
  expect(moved.status).toBe('OK')
  expect(moved.untagged.filter((line) => line.includes('COPYUID')).length).toBe(3)
  expect([await countOf(after, 'INBOX'), await countOf(after, 'Trash')]).toEqual([0, MANY])
  after.close()
  expect(await server.stop()).toBe(0)
  await site.cli(['store', 'check'])
  server = await site.start()
})
