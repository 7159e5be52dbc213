/** InsideStore on SQLite: attachments from their table, searches in the reader threads. */

import type { BlobId, MailboxId, Uid } from '../../core/ids.js'
import { transferDecoder } from '../../message/transfer-decoder.js'
import { StoreError } from '../errors.js'
import type { AttachmentRow, Extraction } from '../ops.js'
import type {
  AttachmentReader,
  Attachments,
  InsideStore,
  SearchDate,
  SearchOptions,
  SearchText,
} from '../search-store.js'
import type { BlobReader } from '../store.js'
import { openBlob } from './blob-reader.js'
import type { Recorder } from './extraction.js'
import type { MailParts } from './mail.js'
import { readMailbox } from './read-accounts.js'
import type { Found } from './reader-messages.js'
import type { ReaderPool } from './reader-pool.js'
import { reading } from './reading.js'
import { noSuchMailbox } from './refusals.js'

export interface InsideParts extends MailParts {
  readonly readers: ReaderPool
  readonly record: Recorder
  /** store.search_index */
  readonly indexes: boolean
}

export const insideStore = (parts: InsideParts): InsideStore => ({
  attachments: (mailbox, uid) => reading(async () => listed(await extractionOf(parts, blobOf(parts, mailbox, uid)))),
  openAttachment: (mailbox, uid, part) => reading(() => openAttachment(parts, blobOf(parts, mailbox, uid), part)),
  search: (mailbox, wanted, options = {}) => reading(() => search(parts, mailbox, wanted, options)),
})

/** @throws 'no-such-message' */
function blobOf({ sql }: InsideParts, mailbox: MailboxId, uid: Uid): BlobId {
  const row = sql.get<{ blob: BlobId }>('SELECT blob FROM message WHERE mailbox = ? AND uid = ?', mailbox, uid)
  if (row === undefined) throw gone()
  return row.blob
}

const gone = (): StoreError => new StoreError('no-such-message', 'there is no such message')

type Known = Pick<Extraction, 'failed' | 'attachments'>

/** What is known of a message; one that still waits is taken apart now, and the background has less to do. */
async function extractionOf({ sql, readers, record, indexes }: InsideParts, blob: BlobId): Promise<Known> {
  const known = sql.get<{ failed: string | null }>('SELECT failed FROM extraction WHERE blob = ?', blob)
  if (known !== undefined) return { failed: known.failed, attachments: readAttachments(sql, blob) }
  const [made] = await readers.run({ kind: 'extract', blobs: [blob], indexes })
  if (made === undefined || made === null) throw new StoreError('unavailable', 'the message cannot be read now')
  await record([made])
  return made
}

interface Row extends Omit<AttachmentRow, 'sha256'> {
  readonly sha256: Buffer
}

export const readAttachments = (sql: InsideParts['sql'], blob: number): AttachmentRow[] =>
  sql
    .all<Row>(
      `SELECT part, name, type, disposition, content_id AS contentId, size, sha256, encoding, start_at AS start,
         end_at AS "end" FROM attachment WHERE blob = ? ORDER BY position`,
      blob,
    )
    .map((row) => ({ ...row, sha256: row.sha256.toString('hex') }))

function listed({ failed, attachments }: Known): Attachments {
  if (failed !== null) return { kind: 'failed', reason: failed }
  return { kind: 'found', attachments: attachments.map(({ encoding: _, start: __, end: ___, ...shown }) => shown) }
}

async function openAttachment(parts: InsideParts, blob: BlobId, part: string): Promise<AttachmentReader | null> {
  const { attachments } = await extractionOf(parts, blob)
  const row = attachments.find((attachment) => attachment.part === part)
  if (row === undefined) return null
  const content = await openBlob(parts, blob)
  if (content === null) throw gone()
  const { encoding, start, end, ...shown } = row
  return { ...shown, read: () => decoded(content, encoding, start, end) }
}

async function* decoded(content: BlobReader, encoding: string, start: number, end: number): AsyncGenerator<Buffer> {
  const decoder = transferDecoder(encoding)
  for await (const piece of content.read(start, end)) {
    const octets = decoder.push(piece)
    if (octets.length > 0) yield octets
  }
  const rest = decoder.end()
  if (rest.length > 0) yield rest
}

/** One job after the other, so that others get their turns, and an end can be made between two. */
async function search(
  { sql, readers, limits, watch }: InsideParts,
  mailbox: MailboxId,
  wanted: SearchText | SearchDate,
  { uids, signal }: SearchOptions,
): Promise<readonly Uid[]> {
  if (readMailbox(sql, mailbox) === null) throw noSuchMailbox(mailbox)
  const found: Uid[] = []
  for (const slice of slicesOf(uids, limits.rowsPerSlice)) {
    for (let after: number | null = 0; after !== null; ) {
      signal?.throwIfAborted()
      const {
        uids: more,
        upTo,
        damage,
      }: Found = await readers.run({ kind: 'search', mailbox, wanted, after, uids: slice })
      if (damage !== null) watch.failed(damage)
      for (const uid of more) found.push(uid as Uid)
      after = upTo
    }
  }
  return found
}

function* slicesOf(uids: readonly Uid[] | undefined, size: number): Generator<readonly Uid[] | null> {
  if (uids === undefined) {
    yield null
    return
  }
  const ascending = [...new Set(uids)].sort((a, b) => a - b)
  for (let at = 0; at < ascending.length; at += size) yield ascending.slice(at, at + size)
}
