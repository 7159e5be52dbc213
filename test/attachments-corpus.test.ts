/** The attachments of real mail: what the store lists is what mailparser finds, and what FETCH BODY[part] gives. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MailboxId, Uid } from '../src/core/ids.js'
import { findSection } from '../src/imap/sections.js'
import { harmlessName } from '../src/message/file-name.js'
import type { Attachment, Store } from '../src/store/store.js'
import { entriesOf, NONE, newInbox, seal } from './store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from './store/sqlite-folder.js'

const CORPUS = new URL('fixtures/corpus/', import.meta.url)
const names = readdirSync(CORPUS).filter((name) => name.endsWith('.eml'))

/** Where mailparser and we differ on purpose: src/message/mailparser.test.ts says why. */
const DIFFERENT = ['rfc-004.eml', 'rfc-007.eml']

let folder: SqliteFolder
let store: Store
let inbox: MailboxId

beforeAll(async () => {
  folder = sqliteFolder()
  const parts = await folder.open()
  store = parts.store
  inbox = (await newInbox(store)).inbox
  for (const name of names) {
    const blob = await seal(store, readFileSync(new URL(name, CORPUS)))
    await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  }
  await parts.extractor.catchUp()
})
afterAll(() => folder.remove())

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

async function listed(uid: Uid): Promise<readonly Attachment[]> {
  const found = await store.attachments(inbox, uid)
  if (found.kind === 'failed') throw new Error(found.reason)
  return found.attachments
}

async function fetched(uid: Uid, part: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of (await store.openAttachment(inbox, uid, part))?.read() ?? []) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe.each(names.map((name, i) => [name, (i + 1) as Uid] as const))('%s', (name, uid) => {
  const message = readFileSync(new URL(name, CORPUS))

  test.skipIf(DIFFERENT.includes(name))('has the attachments that mailparser finds', async () => {
    const { attachments } = await simpleParser(message, { skipHtmlToText: true, skipTextToHtml: true })
    const theirs = attachments.map((one) => ({
      part: 'partId' in one && typeof one.partId === 'string' ? one.partId : '1',
      name: one.filename === undefined ? null : harmlessName(one.filename),
      disposition: one.contentDisposition ?? null,
      size: one.size,
      sha256: sha256(one.content),
    }))
    const ours = (await listed(uid)).map(({ part, name, disposition, size, sha256 }) => ({
      part,
      name,
      disposition,
      size,
      sha256,
    }))
    expect(ours).toEqual(theirs)
  })

  test('gives each of them under its number, as FETCH does', async () => {
    const entry = (await entriesOf(store, inbox)).find((e) => e.uid === uid)
    const [index] = await store.indexes(entry === undefined ? [] : [entry.blob])
    for (const { part, size, sha256: digest } of await listed(uid)) {
      const content = await fetched(uid, part)
      expect([content.length, sha256(content)]).toEqual([size, digest])
      const section = { part: part.split('.').map(Number), text: { kind: 'whole' } } as const
      const range = index && findSection(index, section)
      const mime = index && findSection(index, { ...section, text: { kind: 'mime' } })
      const header = message.subarray(mime?.start, mime?.end).toString('latin1')
      const body = message.subarray(range?.start, range?.end)
      const isBase64 = /^content-transfer-encoding:\s*base64/im.test(header)
      if (isBase64)
        expect(content.equals(Buffer.from(body.toString('latin1').replace(/[^A-Za-z0-9+/]/g, ''), 'base64'))).toBe(true)
      else if (!/^content-transfer-encoding:\s*quoted/im.test(header)) expect(content.equals(body)).toBe(true)
    }
  })
})

test('some of them have attachments', async () => {
  const all = await Promise.all(names.map((_, i) => listed((i + 1) as Uid)))
  expect(all.flat().length).toBeGreaterThan(20)
})

test('the store finds nothing wrong', async () => {
  expect(await store.check()).toEqual([])
})
