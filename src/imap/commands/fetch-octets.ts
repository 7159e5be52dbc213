/**
 * A section on its way out: its exact length first, then its octets, with no more than a piece of 64 KiB
 * in memory. Octets go as they are stored, NUL included, although RFC 3501 §4.3 has no NUL in a literal:
 * a client then has what was sent and signed, its length agrees with RFC822.SIZE and BODYSTRUCTURE, and
 * partial ranges fit together. (Dovecot sends 0x80 for NUL; literal8 of RFC 3516 is for BINARY alone.)
 */
import { FieldFilter, selectFields } from '../../message/headers.js'
import type { MessageIndex, Range } from '../../message/index-types.js'
import type { BlobReader } from '../../store/store.js'
import { turn } from '../pace.js'
import { findSection, type Section } from '../sections.js'

/** `<origin.count>`: `count` octets at most, from `origin` on (RFC 3501 §6.4.5). */
export interface Window {
  readonly origin: number
  readonly count: number
}

/** The value of an item: NIL, octets at hand, or octets to be read. `work`: octets that were gone through for it. */
export type Octets = { readonly work: number } & (
  | { readonly kind: 'nil' }
  | { readonly kind: 'bytes'; readonly size: number; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly size: number; readonly source: AsyncIterable<Buffer> }
)

/** A header up to this size is filtered in memory; a longer one is read twice, first for its length. */
const FILTERED_WHOLE = 64 * 1024

/** The part of `range` that `window` shows: none of it where the window begins behind its end. */
function within({ start, end }: Range, window: Window | null): Range {
  if (window === null) return { start, end }
  const from = Math.min(start + window.origin, end)
  return { start: from, end: Math.min(from + window.count, end) }
}

/**
 * The octets that `section` and `window` name in the message behind `blob`.
 * @throws StoreError 'unavailable' when they cannot be read, now or out of the stream
 */
export async function sectionOctets(
  blob: BlobReader,
  index: MessageIndex,
  section: Section,
  window: Window | null,
): Promise<Octets> {
  const range = findSection(index, section)
  if (range === null) return { kind: 'nil', work: 0 }
  if (section.text.kind === 'fields') return fieldOctets(blob, range, section.text, window)
  return rangeOctets(blob, within(range, window))
}

function rangeOctets(blob: BlobReader, { start, end }: Range): Octets {
  const size = end - start
  if (blob.bytes !== null) return { kind: 'bytes', size, bytes: blob.bytes.subarray(start, end), work: size }
  return { kind: 'stream', size, source: blob.read(start, end), work: size }
}

interface FieldChoice {
  readonly names: readonly string[]
  readonly not: boolean
}

/** "A substring fetch of a HEADER.FIELDS part specifier is calculated after subsetting the header." */
async function fieldOctets(
  blob: BlobReader,
  header: Range,
  choice: FieldChoice,
  window: Window | null,
): Promise<Octets> {
  const work = header.end - header.start
  if (work <= FILTERED_WHOLE) {
    const fields = selectFields(await readWhole(blob, header), choice.names, choice.not)
    const { start, end } = within({ start: 0, end: fields.length }, window)
    return { kind: 'bytes', size: end - start, bytes: fields.subarray(start, end), work }
  }
  let all = 0
  for await (const piece of filtered(blob, header, choice)) all += piece.length
  const shown = within({ start: 0, end: all }, window)
  const source = portion(filtered(blob, header, choice), shown)
  return { kind: 'stream', size: shown.end - shown.start, source, work }
}

async function readWhole(blob: BlobReader, { start, end }: Range): Promise<Buffer> {
  if (blob.bytes !== null) return blob.bytes.subarray(start, end)
  const pieces: Buffer[] = []
  for await (const piece of blob.read(start, end)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function* filtered(blob: BlobReader, { start, end }: Range, choice: FieldChoice): AsyncGenerator<Buffer> {
  const filter = new FieldFilter(choice.names, choice.not)
  for await (const piece of blob.read(start, end)) {
    yield filter.push(piece)
    // Out of memory it would all come in one go.
    await turn()
  }
  yield filter.end()
}

async function* portion(source: AsyncIterable<Buffer>, { start, end }: Range): AsyncGenerator<Buffer> {
  let at = 0
  for await (const piece of source) {
    if (at >= end) return
    yield piece.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += piece.length
  }
}
