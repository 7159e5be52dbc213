import { expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import type { Level, Log } from '../core/log.js'
import * as events from './events.js'

/** The log lines of section 1.2 of the requirement document: level, words, fields. */
const REQUIRED: readonly [Level, string, readonly string[], (log: Log) => void][] = [
  [
    'info',
    'Queue enqueue',
    ['message_id', 'sender', 'recipient_count', 'queue_size'],
    (log) => events.queueEnqueue(log, { message_id: 'm', sender: 'a@b', recipient_count: 1, queue_size: 1 }),
  ],
  [
    'warn',
    'Delivery failure with retry',
    ['message_id', 'status', 'retry_count', 'next_retry', 'error_msg', 'duration_ms'],
    (log) =>
      events.deliveryFailed(log, {
        ...{ message_id: 'm', status: 'pending', recipients: ['c@d'], retry_count: 0 },
        ...{ next_retry: '2026-01-01T00:00:00.000Z', error_msg: '450 4.2.0 Later', duration_ms: 1 },
      }),
  ],
  [
    'error',
    'Permanent delivery failure',
    ['message_id', 'status', 'sender', 'recipients', 'retry_count', 'error_msg'],
    (log) =>
      events.deliveryAbandoned(log, {
        ...{ message_id: 'm', status: 'failed', sender: 'a@b', recipients: ['c@d'] },
        ...{ retry_count: 9, error_msg: '450 4.2.0 Later' },
      }),
  ],
  [
    'debug',
    'Retry calculation',
    ['message_id', 'retry_count', 'calculated_delay', 'next_retry_time'],
    (log) =>
      events.retryCalculated(log, {
        ...{ message_id: 'm', retry_count: 0, calculated_delay: 300_000, next_retry_time: '2026-01-01T00:00:00.000Z' },
      }),
  ],
  [
    'info',
    'Successful delivery',
    ['message_id', 'status', 'sender', 'recipient', 'retry_count', 'total_duration_ms'],
    (log) =>
      events.deliverySucceeded(log, {
        ...{ message_id: 'm', status: 'delivered', sender: 'a@b', recipient: 'c@d' },
        ...{ retry_count: 0, total_duration_ms: 1 },
      }),
  ],
  [
    'trace',
    'Queue processing',
    ['items_pending', 'items_processed', 'processing_duration_ms'],
    (log) => events.queueProcessed(log, { items_pending: 1, items_processed: 1, processing_duration_ms: 1 }),
  ],
]

test.each(REQUIRED)('%s: %s', (level, words, fields, write) => {
  const log = recordingLog()
  write(log)
  expect(log.lines).toMatchObject([{ level, message: words }])
  expect(Object.keys(log.lines[0]?.fields ?? {})).toEqual(expect.arrayContaining([...fields]))
})
