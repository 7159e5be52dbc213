/** QueueStore on SQLite. */
import { mayBeReport } from '../../message/report-parts.js'
import type { Submit } from '../ops.js'
import type { Envelope, QueueEntry, QueueStore } from '../store.js'
import { blobData, release } from './blob-data.js'
import { words } from './read-reports.js'
import { reading } from './reading.js'
import type { Statements } from './statements.js'

export const queueStore = ({ sql, submit }: { readonly sql: Statements; readonly submit: Submit }): QueueStore => ({
  accept: async ({
    id,
    from,
    envelope = null,
    deliveries,
    blob,
    receivedAt,
    partial = false,
    diagnostic = null,
    expanded = [],
    settles = null,
  }) => {
    try {
      const received = blob.index.messageId === null ? null : blob.markedSha256
      return await submit({
        kind: 'accept',
        id,
        from,
        envelope,
        deliveries,
        blob: blobData(blob),
        received,
        at: receivedAt,
        partial,
        diagnostic,
        expanded,
        settles,
        mayReport: from === '' && settles === null && mayBeReport(blob.index),
      })
    } finally {
      await release(blob)
    }
  },
  listQueue: (limit) => reading(() => sql.all<Row>(LIST, limit).map(entryOf)),
})

const LIST = `
  SELECT m.id, m.sender AS "from", r.recipient, b.size, r.status, r.retry_count AS retryCount,
    r.next_retry AS nextRetry, m.enqueued_at AS enqueuedAt, m.body, m.utf8, m.returned, m.envelope_id AS envelopeId,
    r.notify, r.original_recipient AS originalRecipient
  FROM queue_recipient r JOIN queue_message m ON m.id = r.message JOIN blob b ON b.id = m.blob
  WHERE r.status = 'pending' ORDER BY r.next_retry, r.message, r.recipient LIMIT ?`

/** A `QueueEntry` as its columns are: 0 and 1, and a list with commas. */
type Row = Omit<QueueEntry, 'envelope' | 'dsn'> &
  Omit<Envelope, 'utf8'> & {
    readonly utf8: number
    readonly notify: string | null
    readonly originalRecipient: string | null
  }

function entryOf({ body, utf8, returned, envelopeId, notify, originalRecipient, ...entry }: Row): QueueEntry {
  return {
    ...entry,
    envelope: { body, utf8: utf8 === 1, returned, envelopeId },
    dsn: { notify: words(notify), originalRecipient },
  }
}
