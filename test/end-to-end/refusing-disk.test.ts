/**
 * A disk that refuses in the middle of a large message, at each place where its file is written, synced and renamed:
 * nobody hears "stored" of what is not, nothing half is left, and all goes on when the disk is back.
 */
import { createHash } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { systemClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/ids.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { Store } from '../../src/store/store.js'
import { LineClient } from '../line-client.js'
import { entriesOf, inboxOf, read } from '../store/fixtures.js'

const FAULTS = new URL('../crash/disk-faults.mjs', import.meta.url).href

let site: TestSite
let server: RunningProcess
let sender: LineClient
let reader: LineClient
let file: string
/** Hashes of the large messages that were acknowledged. */
const stored: string[] = []

beforeEach(async () => {
  stored.length = 0
  site = await TestSite.create(['alice'])
  file = join(site.dir, 'faults')
  server = await site.start({ NODE_OPTIONS: `--import ${FAULTS}`, POSTHORN_TEST_FAULTS: file })
  sender = LineClient.connect(server.ports.smtp)
  reader = LineClient.secure(server.ports.imaps)
  await sender.until('220')
  sender.send('EHLO client.example')
  await sender.until('250 ')
  await reader.until('* OK')
  reader.send(`a LOGIN alice@posthorn.test "${site.password}"`)
  await reader.until('a OK')
})
afterEach(async () => {
  sender.close()
  reader.close()
  await site.remove()
})

const large = (name: string): Buffer => Buffer.from(`Subject: ${name}\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(20_000)}`)
const small = (name: string): Buffer => Buffer.from(`Subject: ${name}\r\n\r\nhello\r\n`)

/** @returns the reply to the end of the message */
async function deliver(message: Buffer): Promise<string> {
  sender.send('MAIL FROM:<a@example.org>', 'RCPT TO:<alice@posthorn.test>', 'DATA')
  await sender.until('354')
  sender.write(message)
  sender.send('.')
  return (await sender.line()) ?? ''
}

async function append(message: Buffer): Promise<string> {
  reader.send(`a APPEND INBOX {${message.length}}`)
  await reader.until('+')
  reader.write(message)
  reader.send('')
  const said = (await reader.until('a ')).at(-1) ?? ''
  if (said.startsWith('a OK')) stored.push(hashOf(message))
  return said
}

const hashOf = (message: Buffer): string => createHash('sha256').update(message).digest('hex')
const events = (text: string): number => server.log.filter((line) => line.includes(`"${text}"`)).length

async function logged(text: string, times: number): Promise<void> {
  while (events(text) < times) await new Promise((resolve) => setTimeout(resolve, 100))
}

async function filesIn(name: string): Promise<string[]> {
  const entries = await readdir(join(site.dir, 'data', name), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

const PLACES = [
  'open ENOSPC',
  'open EROFS',
  'write ENOSPC',
  'write EIO',
  'sync EIO',
  'sync ENOSPC',
  'rename EROFS',
  'rename ENOSPC',
  'rename EIO',
  'folder EROFS',
]

test('what a large message needs is refused, and small ones and what was there before go on', async () => {
  expect(await append(large('before'))).toMatch(/^a OK/)
  for (const fault of PLACES) {
    await writeFile(file, fault)
    expect(await deliver(large(fault)), fault).toBe('452 4.3.1 Insufficient system storage')
    expect(await append(large(fault)), fault).toMatch(/^a NO \[UNAVAILABLE\] /)
    expect(await deliver(small(fault)), fault).toMatch(/^250 /)
    expect(await append(small(fault)), fault).toMatch(/^a OK/)
    await rm(file)
    expect(await append(large(`after ${fault}`)), fault).toMatch(/^a OK/)
    expect(await filesIn('spool'), fault).toEqual([])
  }
  // A folder that has a new name in it must be synced before anything is acknowledged (decision 22): small ones wait too.
  await writeFile(file, 'folder-sync EIO')
  expect(await append(large('folder'))).toMatch(/^a NO \[UNAVAILABLE\] /)
  expect(await deliver(small('folder'))).toBe('452 4.3.1 Insufficient system storage')
  await rm(file)
  expect(await append(large('after all'))).toMatch(/^a OK/)
  expect(events('Storage unavailable')).toBe(1)
  expect(events('SMTP session fault') + events('IMAP session fault')).toBe(0)
  await logged('Storage available again', 1)
  await writeFile(file, 'sync EIO')
  expect(await deliver(large('another'))).toMatch(/^452 /)
  expect(events('Storage unavailable')).toBe(2)
  expect(await server.stop()).toBe(0)
  await expectWhole()
})

test('a disk that takes nothing away either leaves files, which are collected when it is back', async () => {
  expect(await append(large('before'))).toMatch(/^a OK/)
  await writeFile(file, 'rename EROFS\nremove EROFS')
  expect(await append(large('spool'))).toMatch(/^a NO \[UNAVAILABLE\] /)
  await writeFile(file, 'folder-sync EIO\nremove EIO')
  expect(await append(large('blobs'))).toMatch(/^a NO \[UNAVAILABLE\] /)
  const left = [await filesIn('spool'), await filesIn('blobs')].map(({ length }) => length)
  expect(left).toEqual([1, 2])
  await rm(file)
  expect(await append(small('after'))).toMatch(/^a OK/)
  const freed = JSON.parse(await site.cli(['store', 'gc', '--json'])) as { readonly spool: { readonly count: number } }
  expect(freed.spool.count).toBe(1)
  expect(events('Storage unavailable')).toBe(1)
  expect(await server.stop()).toBe(0)
  await expectWhole()
})

/** Every acknowledged message is there, octet by octet, and no file beside them. */
async function expectWhole(): Promise<void> {
  const dir = join(site.dir, 'data')
  expect(await filesIn('spool')).toEqual([])
  const store: Store = await openSqliteStore({ dir, clock: systemClock, random: systemRandom })
  try {
    expect(await store.check()).toEqual([])
    const user = await store.findUser('alice@posthorn.test')
    if (user === null) throw new Error('alice is gone')
    const found = new Set<string>()
    for (const { blob } of await entriesOf(store, (await inboxOf(store, user)).id)) {
      const octets = await read(store, blob)
      if (octets !== null) found.add(hashOf(octets))
    }
    expect(stored.filter((hash) => !found.has(hash))).toEqual([])
  } finally {
    await store.close()
  }
  const kept = (await filesIn('blobs')).toSorted()
  expect(stored).toEqual(expect.arrayContaining(kept))
}
