/** The log lines of the queue. */
import { event } from '../core/log.js'

/** `message_id` is the queue id of what failed, `bounce_id` that of the report. */
export const bounceGenerated = event<{ message_id: string; bounce_id: string; to: string; recipients_count: number }>(
  'info',
  'Bounce generated',
)
/** The sender could not be told, so that the postmaster is. `from`: the sender, or empty; `in_this_hour`: this one is counted. */
export const doubleBounce = event<{
  message_id: string
  bounce_id: string
  from: string
  to: string
  recipients_count: number
  reason: string
  in_this_hour: number
}>('warn', 'Double bounce')
export const bounceDropped = event<{ message_id: string; to: string; reason: string }>('warn', 'Bounce dropped')
/** It is tried again. */
export const bounceFailed = event<{ message_id: string; error: string }>('error', 'Bounce failed')

/** Below: requirement §1.2. `status`: what its recipients are from now on. Durations and delays in milliseconds, times as RFC 3339 has them. */
export const queueEnqueue = event<{
  message_id: string
  sender: string
  recipient_count: number
  queue_size: number
}>('info', 'Queue enqueue')
/** `retry_count`: how often it was tried again before this attempt. */
export const deliveryFailed = event<{
  message_id: string
  status: 'pending'
  recipients: readonly string[]
  retry_count: number
  next_retry: string
  error_msg: string
  duration_ms: number
}>('warn', 'Delivery failure with retry')
export const deliveryAbandoned = event<{
  message_id: string
  status: 'failed'
  sender: string
  recipients: readonly string[]
  retry_count: number
  error_msg: string
}>('error', 'Permanent delivery failure')
export const retryCalculated = event<{
  message_id: string
  retry_count: number
  calculated_delay: number
  next_retry_time: string
}>('debug', 'Retry calculation')
/** `total_duration_ms`: since the message was accepted. */
export const deliverySucceeded = event<{
  message_id: string
  status: 'delivered'
  sender: string
  recipient: string
  retry_count: number
  total_duration_ms: number
}>('info', 'Successful delivery')
/** Recipients. */
export const queueProcessed = event<{
  items_pending: number
  items_processed: number
  processing_duration_ms: number
}>('trace', 'Queue processing')

/** Somebody tried it when the server died: it may have been delivered, and is tried again. */
export const deliveryInterrupted = event<{ message_id: string; recipient: string }>('warn', 'Delivery interrupted')
/** A fault of our own: it is tried again. */
export const deliveryFault = event<{ message_id: string; destination: string; error: string; stack: string }>(
  'error',
  'Delivery ended by a fault',
)
/** The same, not of one delivery. */
export const queueFault = event<{ error: string; stack: string }>('error', 'Queue fault')
/** Asked again until it is. */
export const queueStoreFailed = event<{ doing: string; error: string }>('error', 'Queue could not use the store')
/** Once for each of the first destinations, from a start or reload on: the configuration sends nothing there. */
export const mailKept = event<{ destination: string; reason: string }>('info', 'Mail stays in the queue')
export const hostFailed = event<{ host: string; error_msg: string; next_try: string }>('info', 'Host cannot be used')

/** The route leaves it open (`tls = "try"`): the message goes in clear. `host`: name and address. */
export const tlsGivenUp = event<{ host: string; error: string }>('warn', 'TLS failed, connecting again in clear')

/** What became of old mail is not forgotten; it is tried again. */
export const historyStays = event<{ error: string }>('error', 'Queue history stays')
/** A report came in that says so of mail that we had delivered to another server. */
export const bounceReceived = event<{ message_id: string; recipient: string; status: string; action: string }>(
  'info',
  'Bounce received',
)
/** Nothing more is sent there, until somebody removes it from the list. */
export const addressSuppressed = event<{ recipient: string; failures: number; reason: string }>(
  'warn',
  'Address suppressed',
)
export const bounceUnread = event<{ error: string }>('error', 'Bounce could not be read')
