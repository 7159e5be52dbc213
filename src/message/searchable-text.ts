/**
 * The text of a message that SEARCH looks at (RFC 9051 §6.4.4): header fields and text parts, transfer encodings,
 * charsets and encoded words undone, HTML as it is read. One definition for the index and for those who look
 * into the message itself, so that both find the same.
 */
import { mimeLimits } from '../core/limits.js'
import { addressesText, holdsAddresses } from './address-text.js'
import { CharsetDecoder } from './charset.js'
import { dayOf, parseDate } from './date.js'
import { fieldText } from './encoded-words.js'
import { parseFields } from './headers.js'
import { HtmlText } from './html-text.js'
import type { OctetString, PartIndex, Range } from './index-types.js'
import { readPartHeader } from './part-header.js'
import { headerOctets, type OctetsOf, walkParts } from './part-walk.js'
import { transferDecoder } from './transfer-decoder.js'

/** header: fields of the message, of its parts and of messages inside. body: text parts, without any header field. */
export type Region = 'header' | 'body'

export interface TextPiece {
  readonly region: Region
  readonly text: string
  /** One field, or one part, is over: nothing is found across its end. */
  readonly ends: boolean
}

/** `field: value` for each field, and then each text part in pieces. With `region`, only what belongs to it. */
export function* searchableText(root: PartIndex, octets: OctetsOf, region: Region | null): Generator<TextPiece> {
  for (const { part } of walkParts(root, () => true)) {
    const header = headerOctets(part, octets)
    if (region !== 'body') yield* headerPieces(header)
    if (region !== 'header' && part.kind === 'leaf') yield* bodyPieces(part.body, header, octets)
  }
}

function* headerPieces(header: Buffer): Generator<TextPiece> {
  for (const { name, value } of parseFields(header, mimeLimits.headerFields))
    for (const text of textsOf(name, value)) yield { region: 'header', text: `${name}: ${text}`, ends: true }
}

/** The values of the fields of that name in the message's own header; `name` in any case. */
export function fieldTexts(root: PartIndex, octets: OctetsOf, name: string): string[] {
  const wanted = name.toLowerCase()
  return parseFields(headerOctets(root, octets), mimeLimits.headerFields)
    .filter((field) => field.name.toLowerCase() === wanted)
    .flatMap(({ value }) => textsOf(name, value))
}

/** A field as it is written; and where it is of addresses, as they are meant. */
function textsOf(name: string, value: OctetString): string[] {
  const written = fieldText(value)
  if (!holdsAddresses(name)) return [written]
  const meant = addressesText(value)
  return written.includes(meant) ? [written] : [written, meant]
}

/** The day that the Date field of the message names, in days since 1970-01-01; null if there is none that can be read. */
export function sentDay(root: PartIndex, octets: OctetsOf): number | null {
  const fields = parseFields(headerOctets(root, octets), mimeLimits.headerFields)
  const sent = parseDate(fields.find(({ name }) => name.toLowerCase() === 'date')?.value ?? '')
  return sent === null ? null : dayOf(sent)
}

const NONE = { push: (text: string): string => text, end: (): string => '' }

function* bodyPieces(body: Range, header: Buffer, octets: OctetsOf): Generator<TextPiece> {
  const { type, charset, encoding } = readPartHeader(header)
  // RFC 3501 §6.4.4: leaves of these types may not be left out; a multipart is one when no part of it was found.
  if (!/^(?:text|message|multipart)\//.test(type)) return
  const transfer = transferDecoder(encoding)
  const text = new CharsetDecoder(charset)
  const shown = type === 'text/html' ? new HtmlText() : NONE
  for (const piece of octets(body)) {
    yield { region: 'body', text: shown.push(text.push(transfer.push(piece))), ends: false }
  }
  const last = text.push(transfer.end()) + text.end()
  yield { region: 'body', text: shown.push(last) + shown.end(), ends: true }
}
