/** Queries about recipients that failed for good. */
import type { BlobId } from '../../core/ids.js'
import type { Envelope, FailedMessage, FailedRecipient, Notify } from '../store.js'
import type { Statements } from './statements.js'

interface MessageRow extends Omit<Envelope, 'utf8'> {
  readonly id: string
  readonly from: string
  readonly blob: BlobId
  readonly enqueuedAt: number
  readonly utf8: number
}

interface RecipientRow {
  readonly recipient: string
  readonly notify: string | null
  readonly originalRecipient: string | null
  readonly diagnostic: string
}

/** By id, those behind `after`. */
export const readFailed = (sql: Statements, after: string, limit: number): FailedMessage[] =>
  sql
    .all<MessageRow>(
      `SELECT id, sender AS "from", blob, enqueued_at AS enqueuedAt, body, utf8, returned, envelope_id AS envelopeId
       FROM queue_message WHERE id IN (
         SELECT DISTINCT message FROM queue_recipient WHERE report IS NOT NULL AND report = 'failed' AND message > ? ORDER BY message LIMIT ?)
       ORDER BY id`,
      after,
      limit,
    )
    .map(({ id, from, blob, enqueuedAt, body, utf8, returned, envelopeId }) => ({
      ...{ id, from, blob, enqueuedAt },
      envelope: { body, utf8: utf8 === 1, returned, envelopeId },
      recipients: recipientsOf(sql, id),
    }))

const recipientsOf = (sql: Statements, message: string): FailedRecipient[] =>
  sql
    .all<RecipientRow>(
      `SELECT recipient, notify, original_recipient AS originalRecipient, coalesce(last_error, '') AS diagnostic
       FROM queue_recipient WHERE message = ? AND report = 'failed' ORDER BY recipient`,
      message,
    )
    .map(({ notify, originalRecipient, ...rest }) => ({ ...rest, dsn: { notify: words(notify), originalRecipient } }))

/** The column holds what `accept` made of a list of these words. */
export const words = (notify: string | null): Notify[] | null =>
  notify === null ? null : (notify.split(',').filter((word) => word !== '') as Notify[])
