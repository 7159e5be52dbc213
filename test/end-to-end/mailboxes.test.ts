/** A client of the wild makes, renames, follows and deletes mailboxes; and a server that is killed has kept what it said. */
import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ImapClient } from '../../bench/imap-client.js'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'

let site: TestSite
let server: RunningProcess

beforeAll(async () => {
  site = await TestSite.create(['alice'])
  server = await site.start()
})
afterAll(() => site.remove())

async function flow(): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: 'alice@posthorn.test', pass: site.password },
    logger: false,
  })
  await client.connect()
  return client
}

test('imapflow finds the special uses, and works with names beyond ASCII', async () => {
  const client = await flow()
  const uses = (await client.list()).map(({ path, specialUse }) => [path, specialUse])
  expect(uses).toContainEqual(['Spam', '\\Junk'])
  expect(uses).toContainEqual(['Sent', '\\Sent'])
  expect(await client.mailboxCreate(['Projekte', 'Bé & C'])).toMatchObject({ path: 'Projekte/Bé & C', created: true })
  await client.mailboxRename('Projekte', 'Alt')
  await client.mailboxSubscribe('Alt')
  const listed = await client.list({ statusQuery: { messages: true } })
  expect(listed.find(({ path }) => path === 'Alt')).toMatchObject({ subscribed: true, status: { messages: 0 } })
  expect(listed.map(({ path }) => path)).toContain('Alt/Bé & C')
  await client.mailboxDelete('Alt/Bé & C')
  expect((await client.list()).map(({ path }) => path)).not.toContain('Alt/Bé & C')
  await client.logout()
})

test('what was answered OK is there after a kill', async () => {
  const before = await ImapClient.connect(server.ports.imaps)
  await before.command(`LOGIN alice@posthorn.test "${site.password}"`)
  for (const line of ['CREATE a/b/c', 'SUBSCRIBE a/b/c', 'RENAME a x', 'DELETE x/b', 'UNSUBSCRIBE Spam'])
    expect((await before.command(line)).status).toBe('OK')
  await server.kill()
  server = await site.start()
  const after = await ImapClient.connect(server.ports.imaps)
  await after.command(`LOGIN alice@posthorn.test "${site.password}"`)
  expect((await after.command('LIST "" x*')).untagged).toEqual([
    '* LIST (\\HasChildren) "/" x',
    '* LIST (\\Noselect \\HasChildren) "/" x/b',
    '* LIST (\\HasNoChildren) "/" x/b/c',
  ])
  expect((await after.command('LSUB "" a*')).untagged).toEqual(['* LSUB () "/" a/b/c'])
  expect((await after.command('LSUB "" Sp*')).untagged).toEqual([])
  after.close()
})
