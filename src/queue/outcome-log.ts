/** The log lines of an attempt: one for each recipient that was delivered, one for all that failed in the same way. */
import type { Log } from '../core/log.js'
import type { Attempt, Claim, RecipientResult } from '../store/outbound-store.js'
import { deliveryAbandoned, deliveryFailed, deliverySucceeded, retryCalculated } from './events.js'

type Told = Exclude<RecipientResult, { readonly kind: 'released' }>
type Result<K extends Told['kind']> = Extract<Told, { readonly kind: K }>

/** @param begun when the attempt began, in milliseconds since the epoch */
export function tellOutcome(log: Log, claim: Claim, { at, results }: Attempt, begun: number): void {
  const retries = new Map(claim.recipients.map(({ recipient, retryCount }) => [recipient, retryCount]))
  const retryCount = ({ recipient }: Told): number => retries.get(recipient) ?? 0
  for (const result of results)
    if (result.kind === 'delivered') tellDelivered(log, claim, result, retryCount(result), at)
  const alike = new Map<string, Result<'deferred' | 'failed'>[]>()
  for (const result of results) {
    if (result.kind !== 'deferred' && result.kind !== 'failed') continue
    const key = `${result.kind} ${retryCount(result)} ${result.reply}`
    alike.set(key, [...(alike.get(key) ?? []), result])
  }
  for (const [first, ...rest] of alike.values()) {
    if (first === undefined) continue
    const recipients = [first, ...rest].map(({ recipient }) => recipient)
    if (first.kind === 'failed') tellFailed(log, claim, recipients, first, retryCount(first))
    else tellDeferred(log, claim, recipients, first, { at, begun })
  }
}

function tellDelivered(log: Log, claim: Claim, { recipient }: Told, retry_count: number, at: number): void {
  const total_duration_ms = at - claim.enqueuedAt
  const about = { message_id: claim.id, status: 'delivered', sender: claim.from, recipient } as const
  deliverySucceeded(log, { ...about, retry_count, total_duration_ms })
}

function tellFailed(
  log: Log,
  { id, from }: Claim,
  recipients: readonly string[],
  { reply }: Result<'failed'>,
  retry_count: number,
): void {
  const about = { message_id: id, status: 'failed', sender: from, recipients } as const
  deliveryAbandoned(log, { ...about, retry_count, error_msg: reply })
}

function tellDeferred(
  log: Log,
  { id }: Claim,
  recipients: readonly string[],
  { reply, retryCount, nextRetry }: Result<'deferred'>,
  { at, begun }: { readonly at: number; readonly begun: number },
): void {
  const shared = { message_id: id, retry_count: retryCount - 1 }
  const next = new Date(nextRetry).toISOString()
  const about = { ...shared, status: 'pending', recipients } as const
  deliveryFailed(log, { ...about, next_retry: next, error_msg: reply, duration_ms: at - begun })
  retryCalculated(log, { ...shared, calculated_delay: nextRetry - at, next_retry_time: next })
}
