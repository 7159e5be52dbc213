/** What leaves us of messages in a store. */
import { beforeEach, expect, test } from 'vitest'
import { ModelStore } from '../../test/model-store.js'
import { entriesOf, newInbox, START, seal } from '../../test/store/fixtures.js'
import { FakeClock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import type { Store } from '../store/store.js'
import { OutboundContents } from './content.js'
import type { OutboundContent } from './contracts.js'

let store: Store
let opened: number
let contents: OutboundContents
let ids: number

beforeEach(() => {
  store = new ModelStore(new FakeClock(START))
  opened = 0
  ids = 0
  contents = new OutboundContents({
    indexes: (blobs) => store.indexes(blobs),
    openBlob: async (blob) => {
      const reader = await store.openBlob(blob)
      if (reader === null) return null
      const read = (start: number, end: number) => {
        if (end === reader.size) opened++
        return reader.read(start, end)
      }
      return { size: reader.size, bytes: reader.bytes, read }
    },
  })
})

/** `text`: octets as Latin-1. */
async function stored(text: string) {
  const { inbox } = await newInbox(store, `u${++ids}@example.test`)
  const blob = await seal(store, Buffer.from(text, 'latin1'))
  await store.append(inbox, [{ blob, flags: { system: 0, keywords: [] }, internalDate: START, internalZone: 0 }])
  const [entry] = await entriesOf(store, inbox)
  if (entry === undefined) throw new Error('it is not there')
  return { id: `q${ids}`, blob: entry.blob }
}

async function content(text: string): Promise<OutboundContent> {
  const found = await contents.open(await stored(text))
  if (found === null) throw new Error('it is not there')
  return found
}

async function octets(from: OutboundContent, form: 'as-is' | '7bit'): Promise<string | null> {
  const found = await from.open(form)
  if (found === null) return null
  const pieces: Buffer[] = []
  for await (const piece of found.octets) pieces.push(piece)
  const all = Buffer.concat(pieces)
  if (form === 'as-is') expect(all.length).toBe(found.size)
  expect(all.length).toBeLessThanOrEqual(found.size)
  return all.toString('latin1')
}

const NOTHING = { eightBitBody: false, eightBitHeader: false, binary: false }

test('our Return-Path stays here, whatever is behind it', async () => {
  const mail = 'Received: from a\r\n\tby b\r\nReturn-Path: <theirs@example.test>\r\nSubject: a\r\n\r\nx\r\n'
  const own = await content(`Return-Path: <a@b.example>\r\n${mail}`)
  expect(await octets(own, 'as-is')).toBe(mail)
  expect(await octets(own, '7bit')).toBe(mail)
  expect(await octets(await content(mail), 'as-is')).toBe(mail)
})

test('a Return-Path with octets beyond ASCII is not what the message needs', async () => {
  const own = await content('Return-Path: <\xc3\xa9@b.example>\r\nSubject: a\r\n\r\n\xe9\r\n')
  expect(own.needs).toEqual({ ...NOTHING, eightBitBody: true })
  expect(await octets(own, '7bit')).toMatch(/^Subject: a\r\nMIME-Version: [\s\S]*\r\n\r\n=E9\r\n$/)
})

const part = (header: string): string =>
  `Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n${header}\r\nx\r\n--a--\r\n`

test.each([
  ['nothing', 'Subject: a\r\n\r\nx\r\n', {}],
  ['8-bit body', 'Subject: a\r\n\r\n\xe9\r\n', { eightBitBody: true }],
  ['8-bit header', 'Subject: \xe9\r\n\r\nx\r\n', { eightBitHeader: true }],
  ['8-bit header of a part', part('Content-Description: \xe9\r\n'), { eightBitHeader: true }],
  ['header of a message inside', part('Content-Type: message/rfc822\r\n\r\nA: \xe9\r\n'), { eightBitBody: true }],
  ['bare LF', 'Subject: a\r\n\r\nx\ny\r\n', { binary: true }],
  ['bare CR', 'Subject: a\r\n\r\nx\ry\r\n', { binary: true }],
  ['NUL', 'Subject: a\r\n\r\nx\0\r\n', { binary: true }],
])('needs: %s', async (_, mail, needs) => {
  const own = await content(mail)
  expect(own.needs).toEqual({ ...NOTHING, ...needs })
  expect(await octets(own, 'as-is')).toBe(mail)
  if (own.needs.eightBitHeader) expect(await octets(own, '7bit')).toBeNull()
})

test('a large one is converted while it is read', async () => {
  const line = `${'x\xe9'.repeat(30)}\r\n`
  const own = await content(`Content-Type: text/plain\r\n\r\n${line.repeat(20_000)}`)
  const sent = (await octets(own, '7bit')) ?? ''
  expect(sent).toMatch(
    /^Content-Type: text\/plain\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n/,
  )
  expect(/[^\r\n -~]/.test(sent)).toBe(false)
  expect(sent.replaceAll('=\r\n', '').replaceAll('=E9', '\xe9')).toContain(line.repeat(20_000))
})

test('what a message needs is looked for once, as long as it is remembered', async () => {
  const first = await stored('Subject: a\r\n\r\nx\r\n')
  for (let i = 0; i < 3; i++) await contents.open(first)
  expect(opened).toBe(1)
  for (let i = 0; i < queueLimits.knownContents; i++) await contents.open({ id: `other${i}`, blob: first.blob })
  await contents.open(first)
  expect(opened).toBe(queueLimits.knownContents + 2)
})

test('a content that is gone', async () => {
  expect(await contents.open({ id: 'q1', blob: 12345 as never })).toBeNull()
})
