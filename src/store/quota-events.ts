/** The log lines of quotas: words and fields of the requirement document, §1.5 (U-006). */
import { event, type Log } from '../core/log.js'
import { overflowOf, type Quota, type QuotaNote } from './quota.js'

interface Someone {
  readonly user_id: number
  readonly email: string
}

/** `limit_bytes` 0: no limit, and then nothing remains to be counted. */
export const quotaCheckPassed = event<{
  user_id: number
  email: string
  used_bytes: number
  limit_bytes: number
  percentage: number
  message_size: number
  remaining_bytes: number | null
}>('info', 'Quota check passed')

export const quotaThresholdExceeded = event<{
  user_id: number
  email: string
  threshold: '80%' | '90%' | '95%'
  used_bytes: number
  limit_bytes: number
  percentage: number
}>('warn', 'Quota threshold exceeded')

/** `overflow_bytes` 0: it is the number of messages that stands in the way. */
export const quotaExceeded = event<{
  user_id: number
  email: string
  used_bytes: number
  limit_bytes: number
  message_size: number
  overflow_bytes: number
}>('error', 'Quota exceeded - message rejected')

/** The line for what was refused before the store was asked for it: `size` octets, for which `octets` would be charged. */
export function noRoomFor(log: Log, quota: Quota, { octets, size }: { octets: number; size: number }): void {
  const { account: user_id, address: email, used: used_bytes, limits } = quota
  const overflow_bytes = overflowOf(quota, { octets })
  quotaExceeded(log, { user_id, email, used_bytes, limit_bytes: limits.octets, message_size: size, overflow_bytes })
}

/** `message_id`: the queue id of what was delivered, the EMAILID (RFC 8474) of what was appended. `duration_ms`: of the commit. */
export const quotaUpdated = event<{
  user_id: number
  email: string
  old_quota: number
  new_quota: number
  message_id: string
  message_size: number
  duration_ms: number
}>('info', 'Quota updated after storage')

export const quotaRecalculated = event<{
  user_id: number
  email: string
  message_count: number
  total_size: number
  metadata_overhead: number
  final_quota: number
}>('debug', 'Quota recalculation')

/** `transaction_id`: counts the operations of this process; that of the first in the commit. */
export const quotaUpdateFailed = event<{
  user_id: number
  email: string
  error_msg: string
  transaction_id: number
}>('fatal', 'Quota update failed - data integrity issue')

/** What a commit did to quotas. `transaction` and `duration` (milliseconds) are those of the commit. */
export function logNote(
  log: Log,
  note: QuotaNote,
  commit: { readonly transaction: number; readonly duration: number },
): void {
  const who: Someone = { user_id: note.account, email: note.address }
  switch (note.kind) {
    case 'charged': {
      const change = { old_quota: note.before, new_quota: note.after }
      const message = { message_id: note.message, message_size: note.size }
      quotaUpdated(log, { ...who, ...change, ...message, duration_ms: commit.duration })
      break
    }
    case 'no-room': {
      const { used: used_bytes, limit: limit_bytes, size: message_size, overflow: overflow_bytes } = note
      quotaExceeded(log, { ...who, used_bytes, limit_bytes, message_size, overflow_bytes })
      break
    }
    case 'broken':
      quotaUpdateFailed(log, { ...who, error_msg: note.error, transaction_id: commit.transaction })
  }
}
