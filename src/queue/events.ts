/** The log lines of the queue. */
import { event } from '../core/log.js'

/** `message_id` is the queue id of what failed, `bounce_id` that of the report. */
export const bounceGenerated = event<{ message_id: string; bounce_id: string; to: string; recipients_count: number }>(
  'info',
  'Bounce generated',
)
export const bounceDropped = event<{ message_id: string; to: string; reason: string }>('warn', 'Bounce dropped')
/** It is tried again. */
export const bounceFailed = event<{ message_id: string; error: string }>('error', 'Bounce failed')
