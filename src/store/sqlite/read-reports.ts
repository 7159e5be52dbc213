/** ReportStore on SQLite: what senders are owed. */
import type { BlobId } from '../../core/ids.js'
import type { Submit } from '../ops.js'
import type { OwedRecipient, OwedReport, ReportStore } from '../outbound-store.js'
import type { Envelope, Notify } from '../queue-store.js'
import { reading } from './reading.js'
import type { Statements } from './statements.js'

export const reportStore = ({ sql, submit }: { readonly sql: Statements; readonly submit: Submit }): ReportStore => ({
  listReports: (until, after, limit) => reading(() => readReports(sql, until, after, limit)),
  nextReport: (after) => reading(() => sql.get<{ due: number }>(NEXT, after)?.due ?? null),
  dropReports: async (settled) => void (await submit({ kind: 'drop-reports', settled })),
  warnDelayed: (enqueuedBefore, at, limit) => submit({ kind: 'warn-delayed', enqueuedBefore, at, limit }),
  oldestUnwarned: () => reading(() => sql.get<{ unwarned: number }>(UNWARNED)?.unwarned ?? null),
})

const NEXT = 'SELECT report_due AS due FROM queue_message WHERE report_due > ? ORDER BY report_due LIMIT 1'

const UNWARNED = `SELECT unwarned FROM queue_recipient INDEXED BY queue_unwarned
  WHERE unwarned IS NOT NULL AND status = 'pending' AND last_attempt IS NOT NULL AND report IS NULL
  ORDER BY unwarned LIMIT 1`

interface MessageRow extends Omit<Envelope, 'utf8'> {
  readonly id: string
  readonly from: string
  readonly blob: BlobId
  readonly enqueuedAt: number
  readonly due: number
  readonly utf8: number
}

interface RecipientRow extends Omit<OwedRecipient, 'dsn'> {
  readonly notify: string | null
  readonly originalRecipient: string | null
}

const readReports = (
  sql: Statements,
  until: number,
  after: Pick<OwedReport, 'due' | 'id'> | null,
  limit: number,
): OwedReport[] =>
  sql
    .all<MessageRow>(
      `SELECT id, sender AS "from", blob, enqueued_at AS enqueuedAt, report_due AS due, body, utf8, returned,
         envelope_id AS envelopeId
       FROM queue_message WHERE report_due <= ? AND (report_due, id) > (?, ?) ORDER BY report_due, id LIMIT ?`,
      until,
      after?.due ?? -1,
      after?.id ?? '',
      limit,
    )
    .map(({ id, from, blob, enqueuedAt, due, body, utf8, returned, envelopeId }) => ({
      ...{ id, from, blob, enqueuedAt, due },
      envelope: { body, utf8: utf8 === 1, returned, envelopeId },
      recipients: recipientsOf(sql, id),
    }))

const recipientsOf = (sql: Statements, message: string): OwedRecipient[] =>
  sql
    .all<RecipientRow>(
      `SELECT recipient, report AS kind, last_error AS reply, last_host AS host, last_attempt AS lastAttempt, notify,
         original_recipient AS originalRecipient
       FROM queue_recipient WHERE message = ? AND report IS NOT NULL ORDER BY recipient`,
      message,
    )
    .map(({ notify, originalRecipient, ...rest }) => ({ ...rest, dsn: { notify: words(notify), originalRecipient } }))

/** The column holds what `accept` made of a list of these words. */
export const words = (notify: string | null): Notify[] | null =>
  notify === null ? null : (notify.split(',').filter((word) => word !== '') as Notify[])
