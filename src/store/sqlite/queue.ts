/** QueueStore on SQLite. */
import type { Submit } from '../ops.js'
import type { QueueEntry, QueueStore } from '../store.js'
import { blobData, release } from './blob-data.js'
import { reading } from './reading.js'
import type { Statements } from './statements.js'

export const queueStore = ({ sql, submit }: { readonly sql: Statements; readonly submit: Submit }): QueueStore => ({
  accept: async ({ id, from, deliveries, blob, receivedAt }) => {
    try {
      await submit({ kind: 'accept', id, from, deliveries, blob: blobData(blob), at: receivedAt })
    } finally {
      await release(blob)
    }
  },
  listQueue: (limit) =>
    reading(() =>
      sql.all<QueueEntry>(
        `SELECT m.id, m.sender AS "from", r.recipient, b.size, r.status, r.retry_count AS retryCount,
           r.next_retry AS nextRetry, m.enqueued_at AS enqueuedAt
         FROM queue_recipient r JOIN queue_message m ON m.id = r.message JOIN blob b ON b.id = m.blob
         WHERE r.status = 'pending' ORDER BY r.next_retry, r.message, r.recipient LIMIT ?`,
        limit,
      ),
    ),
})
