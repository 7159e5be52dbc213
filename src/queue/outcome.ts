/** What a verdict means for a recipient: done, done for, or tried again, and when (decisions 19 and 21). Pure. */
import type { ClaimedRecipient, RecipientResult } from '../store/outbound-store.js'
import type { Verdict } from './contracts.js'
import { retryDelay } from './schedule.js'

/**
 * @param schedule milliseconds to wait, in order
 * @param now when the attempt ended
 */
export function outcomeOf(
  verdict: Verdict,
  { retryCount }: ClaimedRecipient,
  schedule: readonly number[],
  now: number,
): RecipientResult {
  const { recipient, reply } = verdict
  if (verdict.kind === 'accepted') return { recipient, kind: 'delivered', reply, reports: verdict.reports }
  if (verdict.kind === 'refused') return { recipient, kind: 'failed', reply }
  const delay = retryDelay(retryCount, schedule)
  if (delay === null) return { recipient, kind: 'failed', reply }
  return { recipient, kind: 'deferred', reply, retryCount: retryCount + 1, nextRetry: now + delay }
}

/** It has no further attempt behind the next one. */
export const isLastAttempt = ({ retryCount }: ClaimedRecipient, schedule: readonly number[]): boolean =>
  retryDelay(retryCount, schedule) === null

/**
 * Until when a recipient that was not tried, because no host could be, may wait without that counting as an attempt: until
 * its next attempt would be due had this one been made. So nobody waits longer than if every attempt were made.
 */
export function mayWaitUntil(
  enqueuedAt: number,
  { retryCount }: ClaimedRecipient,
  schedule: readonly number[],
): number {
  return enqueuedAt + schedule.slice(0, retryCount + 1).reduce((sum, delay) => sum + delay, 0)
}
