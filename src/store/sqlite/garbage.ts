/**
 * What `store gc` may take away, found in one snapshot by a thread. The writer decides about each thing again when it
 * takes it: what is referred to by then stays.
 */
import { statSync } from 'node:fs'
import { blobPath, listBlobFiles } from './blob-files.js'
import { openReader } from './connection.js'
import { isKnownFile } from './known-files.js'
import { LOST_ROWS } from './prepare.js'
import { Statements } from './statements.js'
import { UNREFERENCED } from './write-blob.js'

/** Found in one go; what is left is for the next time. */
const AT_ONCE = 100_000
/** A SHA-256 in hex. */
const NAME = /^[0-9a-f]{64}$/

export interface Garbage {
  /** Contents that no message has, with their octets. */
  readonly blobs: readonly { readonly id: number; readonly octets: number }[]
  /** Files of contents that the database does not know. */
  readonly files: readonly { readonly name: string; readonly octets: number }[]
  /** Files that may be mail whose rows are lost. */
  readonly doubtful: number
  readonly deliveries: number
  /** Mailboxes with more notes of expunged messages than are kept, and how many too many. */
  readonly expunged: readonly { readonly mailbox: number; readonly count: number }[]
}

export interface BlobFile {
  readonly name: string
  readonly path: string
}

/** `files`: what lay in the blob folder before, when no commit was under way since. `until`: deliveries of then are too old. `kept`: expunged messages of a mailbox that stay known. */
export function findGarbage(
  dir: string,
  files: Iterable<BlobFile>,
  { until, kept }: { readonly until: number; readonly kept: number },
): Garbage {
  const sql = new Statements(openReader(dir))
  try {
    sql.run('BEGIN')
    const orphans = orphansOf(dir, sql, files)
    const certain = sql.get(LOST_ROWS) === undefined
    return {
      blobs: sql.all(`SELECT id, size AS octets FROM blob WHERE ${UNREFERENCED} LIMIT ${AT_ONCE}`),
      files: certain ? orphans : [],
      doubtful: certain ? 0 : orphans.length,
      deliveries: sql.get<{ n: number }>('SELECT count(*) AS n FROM recent_delivery WHERE at <= ?', until)?.n ?? 0,
      expunged: sql.all(
        'SELECT mailbox, count(*) - ? AS count FROM expunged GROUP BY mailbox HAVING count(*) > ?',
        kept,
        kept,
      ),
    }
  } finally {
    sql.db.close()
  }
}

function orphansOf(dir: string, sql: Statements, files: Iterable<BlobFile>): Garbage['files'][number][] {
  const orphans: Garbage['files'][number][] = []
  for (const { name, path } of files) {
    // What has another name or place was put there by somebody: `store repair` moves it to the quarantine.
    if (orphans.length === AT_ONCE || !NAME.test(name) || path !== blobPath(dir, name)) continue
    if (isKnownFile(sql, name)) continue
    const found = statSync(path, { throwIfNoEntry: false })
    if (found !== undefined) orphans.push({ name, octets: found.size })
  }
  return orphans
}

/** Before the snapshot: a file that is here without a row there is an orphan, not one that is just coming. */
export const filesNow = (dir: string): BlobFile[] => [...listBlobFiles(dir)]
