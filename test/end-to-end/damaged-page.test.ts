/** A page of the database that makes no sense costs clients what is on it; the rest goes on, and all when it is mended. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { FakeClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/ids.js'
import { databasePath } from '../../src/store/sqlite/connection.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { LineClient } from '../line-client.js'
import { folder, started } from '../started-server.js'
import { message, seal } from '../store/fixtures.js'

const PAGE = 4096
/** Messages in INBOX: their rows fill several pages. */
const MESSAGES = 600

type Server = Awaited<ReturnType<typeof started>>

const octets = (name: string): Buffer => Buffer.from(`Subject: ${name}\r\n\r\nhello\r\n`)

/** A folder with mail for alice (in INBOX and Archive) and bob, a large message among it. */
async function filled(): Promise<string> {
  const dir = await folder()
  const { server } = await started({ dir, services: ['admin'] })
  await server.accounts.addDomain('posthorn.test')
  for (const name of ['alice', 'bob']) await server.accounts.addUser(`${name}@posthorn.test`, 'correct horse')
  await server.stop()
  const clock = new FakeClock(Date.UTC(2026, 0, 1))
  const store = await openSqliteStore({ dir: join(dir, 'data'), clock, random: systemRandom })
  const alice = await store.findUser('alice@posthorn.test')
  if (alice === null) throw new Error('alice is gone')
  const archive = await store.findMailbox(alice.id, 'Archive')
  const inbox = await store.findMailbox(alice.id, 'INBOX')
  if (archive === null || inbox === null) throw new Error('a mailbox is missing')
  const large = { blob: await seal(store, Buffer.alloc(1_100_000, 'x')), flags: { system: 0, keywords: [] } }
  await store.append(archive.id, [{ ...large, internalDate: 0, internalZone: 0 }])
  const many = await Promise.all(Array.from({ length: MESSAGES }, (_, i) => message(store, `${i}`)))
  await store.append(inbox.id, many)
  await store.close()
  return dir
}

async function expectSound(dir: string): Promise<void> {
  const store = await openSqliteStore({ dir: join(dir, 'data'), clock: new FakeClock(0), random: systemRandom })
  try {
    expect(await store.check()).toEqual([])
  } finally {
    await store.close()
  }
}

/** Pages of `name` in the database, in the order of its keys. */
function pagesOf(dir: string, name: string, type: 'leaf' | 'internal'): number[] {
  const db = new Database(databasePath(join(dir, 'data')), { readonly: true })
  try {
    const pages = db.prepare('SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY path')
    return pages.pluck().all(name, type) as number[]
  } finally {
    db.close()
  }
}

/** Garbles a page. @returns what puts it back */
function garble(dir: string, page: number): () => void {
  const fd = openSync(databasePath(join(dir, 'data')), 'r+')
  const before = Buffer.alloc(PAGE)
  readSync(fd, before, 0, PAGE, (page - 1) * PAGE)
  writeSync(fd, Buffer.alloc(PAGE, 0xa5), 0, PAGE, (page - 1) * PAGE)
  return () => {
    writeSync(fd, before, 0, PAGE, (page - 1) * PAGE)
    closeSync(fd)
  }
}

async function imap(server: Server, name: string): Promise<LineClient> {
  const client = server.client('imaps')
  await client.until('* OK')
  client.send(`a LOGIN ${name}@posthorn.test "correct horse"`)
  await client.until('a OK')
  return client
}

async function said(client: LineClient, command: string): Promise<string> {
  client.send(`x ${command}`)
  return (await client.until('x ')).at(-1) ?? ''
}

async function append(client: LineClient, mailbox: string, name: string): Promise<string> {
  const text = octets(name)
  client.send(`x APPEND ${mailbox} {${text.length}}`)
  await client.until('+')
  client.write(text)
  client.send('')
  return (await client.until('x ')).at(-1) ?? ''
}

async function smtp(server: Server): Promise<LineClient> {
  const client = server.client('smtp')
  await client.until('220')
  client.send('EHLO client.example')
  await client.until('250 ')
  return client
}

/** @returns the reply to the end of the message */
async function deliver(client: LineClient, to: string, name: string): Promise<string | null> {
  client.send('MAIL FROM:<a@example.org>', `RCPT TO:<${to}@posthorn.test>`, 'DATA')
  await client.until('354')
  client.write(octets(name))
  client.send('.')
  return client.line()
}

const SITE = { services: ['smtp', 'imaps', 'admin'], more: '[smtp]\ngreeting_delay = "0s"\n' } as const
const faults = ({ said }: Server): number =>
  ['SMTP session fault', 'IMAP session fault', 'Store writer died', 'Reader thread died'].flatMap(said).length

test('of the messages of a mailbox: the others and new mail go on', async () => {
  const dir = await filled()
  const [first = 0] = pagesOf(dir, 'message', 'leaf')
  const mend = garble(dir, first)
  const server = await started({ dir, ...SITE })
  const [alice, bob, sender] = [await imap(server, 'alice'), await imap(server, 'bob'), await smtp(server)]
  expect(await said(alice, 'SELECT INBOX')).toMatch(/^x NO \[UNAVAILABLE\] /)
  expect(await said(alice, 'SELECT Archive')).toMatch(/^x OK /)
  expect(await said(alice, 'FETCH 1 (FLAGS ENVELOPE BODY.PEEK[TEXT])')).toBe('x OK FETCH completed')
  expect(await append(alice, 'Archive', 'one')).toMatch(/^x OK /)
  expect(await deliver(sender, 'bob', 'two')).toMatch(/^250 /)
  expect(await said(bob, 'SELECT INBOX')).toMatch(/^x OK /)
  expect(await said(bob, 'FETCH 1 BODY.PEEK[]')).toBe('x OK FETCH completed')
  expect(await said(alice, 'SELECT INBOX')).toMatch(/^x NO \[UNAVAILABLE\] /)
  expect(server.said('Storage unavailable')).toMatchObject([{ trouble: 'damaged', place: 'database' }])
  expect(faults(server)).toBe(0)
  await server.server.stop()
  mend()
  const again = await started({ dir, ...SITE })
  const reader = await imap(again, 'alice')
  expect(await said(reader, 'SELECT INBOX')).toMatch(/^x OK /)
  expect(await said(reader, `FETCH 1:${MESSAGES} BODY.PEEK[]`)).toBe('x OK FETCH completed')
  await again.server.stop()
  await expectSound(dir)
})

test('of the index by which a content is found: no mail is taken, what is there can be read', async () => {
  const dir = await filled()
  const [root = 0] = pagesOf(dir, 'sqlite_autoindex_blob_1', 'internal')
  const mend = garble(dir, root)
  const server = await started({ dir, ...SITE })
  const [alice, sender] = [await imap(server, 'alice'), await smtp(server)]
  for (let i = 0; i < 2; i++) {
    expect(await deliver(sender, 'bob', 'one')).toBe('452 4.3.1 Insufficient system storage')
    expect(await append(alice, 'Archive', 'one')).toMatch(/^x NO \[UNAVAILABLE\] /)
  }
  expect(await said(alice, 'SELECT INBOX')).toMatch(/^x OK /)
  expect(await said(alice, `FETCH 1:${MESSAGES} BODY.PEEK[]`)).toBe('x OK FETCH completed')
  expect(await said(alice, 'STORE 1 +FLAGS (\\Seen)')).toBe('x OK STORE completed')
  expect(server.said('Storage unavailable')).toMatchObject([{ trouble: 'damaged', place: 'database' }])
  expect(faults(server)).toBe(0)
  await server.server.stop()
  mend()
  const again = await started({ dir, ...SITE })
  expect(await deliver(await smtp(again), 'bob', 'one')).toMatch(/^250 /)
  await again.server.stop()
  await expectSound(dir)
})
