/** The index of real mail against what mailparser makes of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressObject, type Attachment, type ParsedMail, simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { type ImapValue, readList } from '../../test/imap-list.js'
import type { MessageIndex, PartIndex } from './index-types.js'
import { parameterOf } from './parameters.js'
import { MessageIndexer } from './structure.js'

const CORPUS = new URL('../../test/fixtures/corpus/', import.meta.url)
const names = readdirSync(CORPUS).filter((name) => name.endsWith('.eml'))

/** Where mailparser and we differ on purpose. */
const DIFFERENT: Readonly<Record<string, Readonly<Partial<Record<'headers' | 'parts', string>>>>> = {
  'rfc-004.eml': { parts: 'mailparser does not know the default type of multipart/digest (RFC 2046 §5.1.5)' },
  'rfc-007.eml': { parts: 'mailparser sees no boundary that has white space behind it (RFC 2046 §5.1.1)' },
}

function indexOf(message: Buffer): MessageIndex {
  const indexer = new MessageIndexer()
  indexer.push(message)
  return indexer.end()
}

/** RFC 2152; TextDecoder does not know it. */
const decodeUtf7 = (text: string): string =>
  text.replace(/\+([A-Za-z0-9+/]+)-?/g, (_, word: string) => new TextDecoder('utf-16be').decode(bytesOf('B', word)))

const decode = (charset: string, bytes: Buffer): string =>
  /^utf-7$/i.test(charset) ? decodeUtf7(bytes.toString('latin1')) : new TextDecoder(charset).decode(bytes)

const bytesOf = (encoding: string, text: string): Buffer => {
  if (/b/i.test(encoding)) return Buffer.from(text, 'base64')
  const octets = text
    .replaceAll('_', ' ')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1')
}

/** RFC 2047. Before that, octets that are no UTF-8 become U+FFFD, as with mailparser, in encoded words too. */
const decodeWords = (octets: string): string =>
  Buffer.from(Buffer.from(octets, 'latin1').toString('utf8'))
    .toString('latin1')
    .replace(/(=\?[^?]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .split(/(=\?[^?]+\?[bq]\?[^?]*\?=)/i)
    .map((text) => {
      const [, charset = '', encoding, word = ''] = /^=\?([^?*]+)[^?]*\?([bq])\?([^?]*)\?=$/i.exec(text) ?? []
      return encoding === undefined
        ? decode('utf-8', Buffer.from(text, 'latin1'))
        : decode(charset, bytesOf(encoding, word))
    })
    .join('')

const textOf = (value: ImapValue | undefined): string | null => (typeof value === 'string' ? decodeWords(value) : null)
const listOf = (value: ImapValue | undefined): readonly ImapValue[] => (Array.isArray(value) ? value : [])

/** `name <mailbox@host>` for each mailbox of an ENVELOPE list; groups are left out, their members stay. */
const ourAddresses = (value: ImapValue | undefined): string[] =>
  listOf(value)
    .map(listOf)
    .filter(([, , , host]) => host !== null)
    .map(([name, , mailbox, host]) =>
      host === 'MISSING_DOMAIN'
        ? `${textOf(name) ?? textOf(mailbox)} <>`
        : `${textOf(name) ?? ''} <${mailbox}@${host}>`,
    )

const theirAddresses = (field: AddressObject | AddressObject[] | undefined): string[] =>
  [field ?? []]
    .flat()
    .flatMap(({ value }) => value.flatMap((address) => address.group ?? [address]))
    .map(({ name, address }) => `${name} <${address ?? ''}>`)

const headersOf = (mail: ParsedMail): unknown => ({
  subject: mail.subject ?? null,
  from: theirAddresses(mail.from),
  to: theirAddresses(mail.to),
  cc: theirAddresses(mail.cc),
  replyTo: theirAddresses(mail.replyTo ?? mail.from),
  messageId: mail.messageId ?? null,
  inReplyTo: mail.inReplyTo ?? null,
})

function ourHeaders(index: MessageIndex): unknown {
  const [, subject, from, , replyTo, to, cc, , inReplyTo, messageId] = readList(index.envelope)
  return {
    subject: textOf(subject),
    from: ourAddresses(from),
    to: ourAddresses(to),
    cc: ourAddresses(cc),
    replyTo: ourAddresses(replyTo),
    messageId: textOf(messageId),
    inReplyTo: textOf(inReplyTo),
  }
}

interface Leaf {
  readonly id: string | null
  readonly type: string
  readonly name: string | null
  readonly disposition: string | null
  /** Decoded octets. */
  readonly size: number
}

const parametersOf = (value: ImapValue | undefined): { name: string; value: string }[] => {
  const flat = listOf(value).map(String)
  return flat.flatMap((name, i) => (i % 2 === 0 ? [{ name, value: flat[i + 1] ?? '' }] : []))
}

function decodedSize(encoding: ImapValue | undefined, body: Buffer): number {
  if (encoding === 'BASE64') return Buffer.from(body.toString('latin1').replace(/[^A-Za-z0-9+/]/g, ''), 'base64').length
  if (encoding !== 'QUOTED-PRINTABLE') return body.length
  const text = body.toString('latin1').replace(/[ \t]+(?=\r?\n|$)/g, '')
  return text.replace(/=\r?\n/g, '').replace(/=[0-9A-F]{2}/gi, '.').length
}

/** Octets that are no UTF-8 are taken for Latin-1. */
const fileName = (octets: string): string => {
  const text = decodeWords(octets)
  return text.includes('\ufffd') ? octets : text
}

function leaf(structure: readonly ImapValue[], part: PartIndex, message: Buffer, id: string): Leaf {
  const [type, subtype, parameters, , , encoding] = structure
  const [disposition, more] = listOf(structure[dispositionAt(type, subtype)])
  const name = parameterOf(parametersOf(more), 'filename') ?? parameterOf(parametersOf(parameters), 'name')
  return {
    id: id || null,
    type: `${type}/${subtype}`.toLowerCase(),
    name: name === null ? null : fileName(name),
    disposition: typeof disposition === 'string' ? disposition.toLowerCase() : null,
    size: decodedSize(encoding, message.subarray(part.body.start, part.body.end)),
  }
}

/** RFC 3501 §9, body-type-1part: behind the fields of the type and the MD5. */
function dispositionAt(type: ImapValue | undefined, subtype: ImapValue | undefined): number {
  if (type === 'MESSAGE' && subtype === 'RFC822') return 11
  return type === 'TEXT' ? 9 : 8
}

/** Leaves in order with their part numbers. A message inside is one too unless it is inline, as with mailparser. */
function leavesOf(structure: readonly ImapValue[], part: PartIndex, message: Buffer, id: string): Leaf[] {
  const [inside] = part.parts
  if (part.kind === 'multipart') {
    const numberOf = (i: number): string => (id === '' ? `${i + 1}` : `${id}.${i + 1}`)
    return part.parts.flatMap((inner, i) => leavesOf(listOf(structure[i]), inner, message, numberOf(i)))
  }
  const own = leaf(structure, part, message, id)
  const isOpen = part.kind === 'message' && own.disposition === 'inline' && inside !== undefined
  return isOpen ? leavesOf(listOf(structure[8]), inside, message, id) : [own]
}

const isText = (leaf: Leaf): boolean => /^text\/(plain|html)$/.test(leaf.type) && leaf.disposition !== 'attachment'

/** `ours` is the leaf it should be. */
const theirLeaf = (attachment: Attachment, ours: Leaf | undefined): Leaf => ({
  id: 'partId' in attachment && typeof attachment.partId === 'string' ? attachment.partId : null,
  // By the file name mailparser guesses what an application/octet-stream is.
  type: ours?.type === 'application/octet-stream' && ours.name !== null ? ours.type : attachment.contentType,
  name: attachment.filename ?? null,
  disposition: attachment.contentDisposition ?? null,
  size: attachment.size,
})

describe.each(names)('%s', (name) => {
  const message = readFileSync(new URL(name, CORPUS))
  const index = indexOf(message)
  const different = DIFFERENT[name] ?? {}

  test.skipIf(different.headers)('subject, addresses and ids', async () => {
    expect(ourHeaders(index)).toEqual(headersOf(await simpleParser(message)))
  })

  test.skipIf(different.parts)('parts', async () => {
    const mail = await simpleParser(message, { skipHtmlToText: true, skipTextToHtml: true })
    const leaves = leavesOf(readList(index.bodyStructure), index.root, message, '')
    const attached = leaves.filter((leaf) => !isText(leaf))
    expect(attached).toEqual(mail.attachments.map((attachment, i) => theirLeaf(attachment, attached[i])))
    const texts = leaves.filter(isText)
    expect(texts.some(({ type }) => type === 'text/html')).toBe(Boolean(mail.html))
    // mailparser makes an empty text for a mail that is nothing but HTML.
    expect(texts.some(({ type, id }) => type === 'text/plain' || id === null)).toBe(mail.text !== undefined)
  })
})
