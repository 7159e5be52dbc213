/** EMAILID and THREADID of a message (RFC 8474 §5): prefixes keep the two apart. */
import type { MailboxId } from '../../core/ids.js'
import type { ObjectIds } from '../store.js'
import type { Statements } from './statements.js'

/** Octets of a SHA-256 that tell all messages apart. */
const EMAIL_ID_OCTETS = 20

/** Of the hash of a message in hex. */
export const emailId = (sha256: string): string => `M${sha256.slice(0, 2 * EMAIL_ID_OCTETS)}`

export function readObjectIds(sql: Statements, mailbox: MailboxId, uid: number): ObjectIds | null {
  const row = sql.get<{ sha256: Buffer; thread: Buffer | null }>(
    `SELECT b.sha256, t.name AS thread FROM message m JOIN blob b ON b.id = m.blob LEFT JOIN thread t ON t.id = m.thread
     WHERE m.mailbox = ? AND m.uid = ?`,
    mailbox,
    uid,
  )
  if (row === undefined) return null
  const { sha256 } = row
  return {
    emailId: emailId(sha256.toString('hex')),
    threadId: row.thread === null ? null : `T${row.thread.toString('hex')}`,
  }
}
