/** Takes one message apart: its attachments with their digests, and its text, folded, for the index. */
import { createHash } from 'node:crypto'
import { type AttachmentPart, attachmentParts } from '../../message/attachment-parts.js'
import { CaseFolder } from '../../message/case-fold.js'
import { type Region, searchableText } from '../../message/searchable-text.js'
import { transferDecoder } from '../../message/transfer-decoder.js'
import type { AttachmentRow, Extraction, IndexText } from '../ops.js'
import type { StoredMessage } from './read-octets.js'

export interface ExtractLimits {
  /** Attachments of one message that are listed. */
  readonly attachmentsPerMessage: number
  /** Octets of folded text, as UTF-8, that one message adds to the index. */
  readonly indexedTextOctets: number
}

/** `indexes`: whether the text is wanted. @throws what the disk says */
export function extract(blob: number, message: StoredMessage, indexes: boolean, limits: ExtractLimits): Extraction {
  const attachments: AttachmentRow[] = []
  for (const part of attachmentParts(message.root, message.octets)) {
    if (attachments.length === limits.attachmentsPerMessage) break
    attachments.push(attachmentRow(part, message))
  }
  const text = indexes ? foldedText(message, limits.indexedTextOctets) : { kind: 'unwanted' as const }
  return { blob, failed: null, attachments, text }
}

function attachmentRow({ number, header, body }: AttachmentPart, { octets }: StoredMessage): AttachmentRow {
  const { name, type, disposition, contentId, encoding } = header
  const decoder = transferDecoder(encoding)
  const hash = createHash('sha256')
  let size = 0
  const take = (piece: Buffer): void => {
    hash.update(piece)
    size += piece.length
  }
  for (const piece of octets(body)) take(decoder.push(piece))
  take(decoder.end())
  const found = { part: number, name, type, disposition, contentId, size, sha256: hash.digest('hex') }
  return { ...found, encoding, start: body.start, end: body.end }
}

function foldedText({ root, octets }: StoredMessage, limit: number): IndexText {
  const texts: Record<Region, string[]> = { header: [], body: [] }
  const folder = new CaseFolder()
  let room = limit
  for (const { region, text, ends } of searchableText(root, octets, null)) {
    const folded = folder.push(text) + (ends ? `${folder.end()}\n` : '')
    room -= Buffer.byteLength(folded)
    if (room < 0) return { kind: 'too-long' }
    texts[region].push(folded)
  }
  return { kind: 'text', header: ownOctets(texts.header), body: ownOctets(texts.body) }
}

/** In memory of their own, to be handed from thread to thread. */
const ownOctets = (texts: readonly string[]): Uint8Array => new TextEncoder().encode(texts.join(''))
