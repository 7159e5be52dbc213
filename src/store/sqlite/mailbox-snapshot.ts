/** A mailbox with all of its messages as it is at one moment: the same for the protocol thread and for reader threads. */
import type { MailboxId } from '../../core/ids.js'
import type { MailboxSnapshot } from '../mailbox-state.js'
import type { ColumnReader } from './column-reader.js'
import { readKeywords } from './keyword-list.js'
import { readStatus } from './read-accounts.js'
import type { Statements } from './statements.js'

/** `columns` is that of `sql`. null: there is no such mailbox, or it has more than `most` messages. */
export function readSnapshot(
  sql: Statements,
  columns: ColumnReader,
  mailbox: MailboxId,
  most = Number.POSITIVE_INFINITY,
): MailboxSnapshot | null {
  return sql.db.transaction(() => {
    const status = readStatus(sql, mailbox)
    if (status === null || status.messages > most) return null
    const { uidNext, highestModSeq } = status
    const keywords = readKeywords(sql, mailbox)
    return { mailbox, uidNext, highestModSeq, keywords, ...columns.read(mailbox, status.messages) }
  })()
}

/** The memory that goes over to another thread with it. */
export const buffersOf = ({ columns, keywordSets, uids }: MailboxSnapshot): ArrayBuffer[] =>
  [...Object.values(columns), ...Object.values(keywordSets), uids.first, uids.before].map(({ buffer }) => buffer)
