/** What clients hear when the disk fails under a server, and that all goes on when it is back, without a restart. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeClock } from '../../src/core/clock.js'
import { storeLimits } from '../../src/core/limits.js'
import { LineClient } from '../line-client.js'
import { ends, started } from '../started-server.js'

type Server = Awaited<ReturnType<typeof started>>

/** With alice and bob, and an LMTP socket. Its clock stands still. */
async function site() {
  const clock = new FakeClock(Date.UTC(2026, 0, 1))
  const socket = join('/tmp', `posthorn-disk-${process.pid}-${Math.random().toString(36).slice(2)}.sock`)
  const server = await started({ clock, more: `[[listener]]\nservice = "lmtp"\npath = "${socket}"\n` })
  await server.server.accounts.addDomain('posthorn.test')
  for (const name of ['alice', 'bob']) await server.server.accounts.addUser(`${name}@posthorn.test`, 'correct horse')
  const data = join(server.dir, 'data')
  return { ...server, clock, socket, data }
}

const large = (name: string): Buffer => Buffer.from(`Subject: ${name}\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(20_000)}`)
const small = (name: string): Buffer => Buffer.from(`Subject: ${name}\r\n\r\nhello\r\n`)

async function smtp(server: Server): Promise<LineClient> {
  const client = server.client('smtp')
  await client.until('220')
  client.send('EHLO client.example')
  await client.until('250 ')
  return client
}

/** @returns the reply to the end of the message */
async function deliver(client: LineClient, message: Buffer): Promise<string | undefined> {
  client.send('MAIL FROM:<a@example.org>')
  await client.until('250')
  client.send('RCPT TO:<alice@posthorn.test>')
  await client.until('250')
  client.send('DATA')
  await client.until('354')
  client.write(message)
  client.send('.')
  return (await client.line()) ?? undefined
}

async function imap(server: Server): Promise<LineClient> {
  const client = server.client('imaps')
  await client.until('* OK')
  client.send('a LOGIN alice@posthorn.test "correct horse"')
  await client.until('a OK')
  return client
}

async function append(client: LineClient, message: Buffer): Promise<string | undefined> {
  client.send(`a APPEND INBOX {${message.length}}`)
  await client.until('+')
  client.write(message)
  client.send('')
  return (await client.until('a ')).at(-1)
}

test('a spool that is gone refuses what needs it, in SMTP, LMTP and IMAP, and is told once', async () => {
  const server = await site()
  const [sender, reader] = [await smtp(server), await imap(server)]
  const spool = join(server.data, 'spool')
  await rm(spool, { recursive: true })
  expect(await deliver(sender, large('one'))).toBe('452 4.3.1 Insufficient system storage')
  expect(await deliver(sender, small('two'))).toMatch(/^250 /)
  expect(await append(reader, large('three'))).toMatch(/^a NO \[UNAVAILABLE\] /)
  expect(await append(reader, small('four'))).toMatch(/^a OK /)
  expect(await byLmtp(server.socket, large('five'))).toEqual([
    '452 4.3.1 <alice@posthorn.test> Insufficient system storage',
    '452 4.3.1 <bob@posthorn.test> Insufficient system storage',
  ])
  const chunk = large('six')
  sender.send('MAIL FROM:<a@example.org>', 'RCPT TO:<alice@posthorn.test>', `BDAT ${chunk.length} LAST`)
  sender.write(chunk)
  expect((await sender.until('452')).at(-1)).toBe('452 4.3.1 Insufficient system storage')
  expect(server.said('Storage unavailable')).toMatchObject([{ trouble: 'refused', place: 'spool', path: spool }])
  expect(server.said('SMTP session fault')).toEqual([])
  await mkdir(spool)
  expect(await deliver(sender, large('seven'))).toMatch(/^250 /)
  expect(await append(reader, large('eight'))).toMatch(/^a OK /)
  await server.clock.advance(storeLimits.storageQuiet)
  expect(server.said('Storage available again')).toMatchObject([
    { place: 'spool', duration_ms: storeLimits.storageQuiet, refused: 4 },
  ])
  expect(server.said('Storage unavailable')).toHaveLength(1)
})

/** RFC 2033 §4.2: a reply for each recipient. */
async function byLmtp(socket: string, message: Buffer): Promise<readonly (string | null)[]> {
  const client = LineClient.connectPath(socket)
  ends.push(() => client.close())
  await client.until('220')
  client.send('LHLO client.example')
  await client.until('250 ')
  client.send('MAIL FROM:<a@example.org>', 'RCPT TO:<alice@posthorn.test>', 'RCPT TO:<bob@posthorn.test>', 'DATA')
  await client.until('354')
  client.write(message)
  client.send('.')
  return [await client.line(), await client.line()]
}

test('a message whose file is gone costs its own FETCH, not the others nor the session', async () => {
  const server = await site()
  const reader = await imap(server)
  for (const message of [small('one'), large('two'), small('three')]) await append(reader, message)
  reader.send('b SELECT INBOX')
  await reader.until('b OK')
  const blobs = join(server.data, 'blobs')
  const [file] = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const path = join(file?.parentPath ?? '', file?.name ?? '')
  await rename(path, `${path}.away`)
  for (let i = 0; i < 2; i++) {
    reader.send('c FETCH 1:* (UID BODY.PEEK[TEXT])')
    const answer = await reader.until('c ')
    expect(answer.filter((line) => line.startsWith('* '))).toEqual([
      '* 1 FETCH (UID 1 BODY[TEXT] {7}',
      '* 2 FETCH (UID 2)',
      '* 3 FETCH (UID 3 BODY[TEXT] {7}',
    ])
    expect(answer.at(-1)).toBe('c NO [UNAVAILABLE] Some of the requested messages could not be read')
  }
  reader.send('d FETCH 2 (FLAGS ENVELOPE RFC822.SIZE)')
  expect((await reader.until('d ')).at(-1)).toBe('d OK FETCH completed')
  expect(server.said('Storage unavailable')).toMatchObject([{ trouble: 'damaged', place: 'blobs', path }])
  await rename(`${path}.away`, path)
  reader.send('e FETCH 2 RFC822.SIZE', 'f FETCH 2 BODY.PEEK[TEXT]<0.5>')
  expect(await reader.until('f ')).toContain('f OK FETCH completed')
  expect(server.said('Storage available again')).toMatchObject([{ path, refused: 2 }])
})
