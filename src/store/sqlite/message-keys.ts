/** Rows of blob_keys as MessageKeys, and back. */
import type { BlobId } from '../../core/ids.js'
import type { ThreadKeys } from '../../message/arrange.js'
import type { MessageKeys } from '../../message/message-keys.js'
import type { Statements } from './statements.js'

/** A msg-id has no space in it. */
const joined = (ids: readonly string[]): string | null => (ids.length === 0 ? null : ids.join(' '))
const split = (ids: string | null): readonly string[] => ids?.split(' ') ?? []

/** `MessageKeys` as columns are: 0 and 1, and lists with spaces. */
type Row = Omit<MessageKeys, 'isReply' | 'inReplyTo' | 'references'> & {
  readonly isReply: number
  readonly inReplyTo: string | null
  readonly references: string | null
}

/** Puts the keys of a blob in the place of what was there. */
export function writeKeys(sql: Statements, blob: number, keys: MessageKeys): void {
  sql.run(
    `INSERT OR REPLACE INTO blob_keys (blob, subject, is_reply, "from", "to", cc, display_from, display_to, sent_date,
       message_id, in_reply_to, "references") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    blob,
    keys.subject,
    Number(keys.isReply),
    keys.from,
    keys.to,
    keys.cc,
    keys.displayFrom,
    keys.displayTo,
    keys.sentDate,
    keys.messageId,
    joined(keys.inReplyTo),
    joined(keys.references),
  )
}

/** What THREAD looks at, and nothing else: it is read of each message of a mailbox. */
export function readThreadKeys(sql: Statements, blob: number): ThreadKeys | null {
  const row = sql.get<Pick<Row, 'inReplyTo' | 'isReply' | 'messageId' | 'references' | 'sentDate' | 'subject'>>(
    `SELECT subject, is_reply AS isReply, sent_date AS sentDate, message_id AS messageId, in_reply_to AS inReplyTo,
       "references" FROM blob_keys WHERE blob = ?`,
    blob,
  )
  if (row === undefined) return null
  const { subject, sentDate, messageId, isReply, inReplyTo, references } = row
  const ids = { inReplyTo: split(inReplyTo), references: split(references) }
  return { subject, sentDate, messageId, isReply: isReply === 1, ...ids }
}

export function readKeys(sql: Statements, blob: BlobId | number): MessageKeys | null {
  const row = sql.get<Row>(
    `SELECT subject, is_reply AS isReply, "from", "to", cc, display_from AS displayFrom, display_to AS displayTo,
       sent_date AS sentDate, message_id AS messageId, in_reply_to AS inReplyTo, "references"
     FROM blob_keys WHERE blob = ?`,
    blob,
  )
  if (row === undefined) return null
  const { isReply, inReplyTo, references, ...texts } = row
  return { ...texts, isReply: isReply === 1, inReplyTo: split(inReplyTo), references: split(references) }
}
