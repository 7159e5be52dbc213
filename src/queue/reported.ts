/** What the store knows of recipients, as a report has it. */
import type { OwedRecipient, OwedReport, ReportKind } from '../store/store.js'
import type { ReportedRecipient } from './report.js'

/** The class of a status of which no server said more: RFC 3463 §2. */
const CLASSES: { readonly [K in ReportKind]: string } = {
  failed: '5',
  delayed: '4',
  delivered: '2',
  relayed: '2',
  expanded: '2',
}

/** `schedule`: milliseconds between attempts. */
export function reportedOf(
  { enqueuedAt, recipients }: Pick<OwedReport, 'enqueuedAt' | 'recipients'>,
  schedule: readonly number[],
): readonly ReportedRecipient[] {
  const until = schedule.reduce((sum, wait) => sum + wait, enqueuedAt)
  return recipients.map((one) => ({
    recipient: one.recipient,
    originalRecipient: one.dsn.originalRecipient,
    action: one.kind,
    status: statusOf(one),
    diagnostic: one.reply,
    remote: one.host,
    lastAttempt: one.lastAttempt,
    willRetryUntil: one.kind === 'delayed' ? until : null,
  }))
}

/** RFC 3463. A failure may have a transient code: then it was given up after many attempts (RFC 3464 §2.3.3). */
function statusOf({ kind, reply }: Pick<OwedRecipient, 'kind' | 'reply'>): string {
  const [, code = CLASSES[kind], status] =
    /^([245])\d\d[ -](?:([245]\.\d{1,3}\.\d{1,3})(?= |$))?/.exec(reply ?? '') ?? []
  return status ?? `${code}.0.0`
}
