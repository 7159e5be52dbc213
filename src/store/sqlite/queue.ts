/** QueueStore on SQLite. */
import { mayBeReport } from '../../message/report-parts.js'
import type { Submit } from '../ops.js'
import type { QueueStore } from '../store.js'
import { blobData, release } from './blob-data.js'

export const queueStore = ({ submit }: { readonly submit: Submit }): QueueStore => ({
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
})
