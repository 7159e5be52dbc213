/** The log lines of quotas against the table of the requirement document, §1.5 (U-006). */
import { expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import type { AccountId } from '../core/ids.js'
import type { Log } from '../core/log.js'
import * as events from './quota-events.js'

const who = { user_id: 1, email: 'a@example.org' }
const account = { account: 1 as AccountId, address: 'a@example.org' }
const commit = { transaction: 7, duration: 3 }
const use = { used_bytes: 1, limit_bytes: 2, percentage: 50 }

/** Copied; `name="a|b"` is a field with one of these values. */
const TABLE: [line: string, write: (log: Log) => void][] = [
  [
    '**INFO**: Quota check passed (user_id, email, used_bytes, limit_bytes, percentage, message_size, remaining_bytes)',
    (log) => events.quotaCheckPassed(log, { ...who, ...use, message_size: 1, remaining_bytes: 0 }),
  ],
  [
    '**WARN**: Quota threshold exceeded (user_id, email, threshold="80%|90%|95%", used_bytes, limit_bytes, percentage)',
    (log) => events.quotaThresholdExceeded(log, { ...who, ...use, threshold: '90%' }),
  ],
  [
    '**ERROR**: Quota exceeded - message rejected (user_id, email, used_bytes, limit_bytes, message_size, overflow_bytes)',
    (log) => events.logNote(log, { kind: 'no-room', ...account, used: 1, limit: 2, size: 3, overflow: 2 }, commit),
  ],
  [
    '**INFO**: Quota updated after storage (user_id, email, old_quota, new_quota, message_id, message_size, duration_ms)',
    (log) => events.logNote(log, { kind: 'charged', ...account, before: 1, after: 2, message: 'm', size: 1 }, commit),
  ],
  [
    '**DEBUG**: Quota recalculation (user_id, email, message_count, total_size, metadata_overhead, final_quota)',
    (log) =>
      events.quotaRecalculated(log, {
        ...who,
        message_count: 1,
        total_size: 2,
        metadata_overhead: 0,
        final_quota: 2,
      }),
  ],
  [
    '**FATAL**: Quota update failed - data integrity issue (user_id, email, error_msg, transaction_id)',
    (log) => events.logNote(log, { kind: 'broken', ...account, error: 'below zero' }, commit),
  ],
]

test.each(TABLE)('%s', (row, write) => {
  const [, level, message, fields = ''] = /^\*\*([A-Z]+)\*\*: (.+) \((.+)\)$/.exec(row) ?? []
  const log = recordingLog()
  write(log)
  const [line] = log.lines
  expect(line?.level).toBe(level?.toLowerCase())
  expect(line?.message).toBe(message)
  const named = fields.split(', ').map((field) => field.split('='))
  expect(Object.keys(line?.fields ?? {}).sort()).toEqual(named.map(([name]) => name).sort())
  for (const [name = '', values] of named)
    if (values !== undefined) expect(values.replaceAll('"', '').split('|')).toContain(line?.fields[name])
})
