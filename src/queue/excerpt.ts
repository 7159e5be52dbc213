/** What of a message goes back to its sender: RFC 3461 §4.3. */
import type { BlobId } from '../core/ids.js'
import { queueLimits } from '../core/limits.js'
import type { BlobReader, Envelope, Store } from '../store/store.js'
import type { Returned } from './report.js'
import { isText } from './report-lines.js'

export interface Excerpted {
  readonly blob: BlobId
  readonly envelope: Envelope
}

type Shelf = Pick<Store, 'openBlob' | 'indexes'>

/**
 * All of it where that is wanted, is not too long, and can stand in a message; else its header, as far as it is not
 * too long. null: it is not there any more.
 * @throws StoreError
 */
export async function excerptOf(shelf: Shelf, { blob, envelope }: Excerpted, all: boolean): Promise<Returned | null> {
  const reader = await shelf.openBlob(blob)
  if (reader === null) return null
  if (all && envelope.body !== 'BINARYMIME' && reader.size <= queueLimits.returnedOctets) {
    const octets = await read(reader, reader.size)
    if (isText(octets)) return { kind: 'full', octets }
  }
  const [index] = await shelf.indexes([blob])
  const end = Math.min(index?.root.header.end ?? 0, reader.size)
  const octets = await read(reader, Math.min(end, queueLimits.returnedOctets))
  return { kind: 'headers', octets: withoutEmptyLine(octets) }
}

async function read(reader: BlobReader, end: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of reader.read(0, end)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** RFC 6533 §4.3. A line that is cut, because the header is too long, is left out too. */
function withoutEmptyLine(octets: Buffer): Buffer {
  const whole = octets.subarray(0, octets.lastIndexOf('\n') + 1)
  return whole.subarray(-4).equals(EMPTY_LINE) ? whole.subarray(0, -2) : whole
}

const EMPTY_LINE = Buffer.from('\r\n\r\n')
