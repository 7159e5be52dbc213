/** Queries about recipients that wait: a slice of the queue at a time, whatever is asked for. */
import { lowerAscii } from '../../core/domain-name.js'
import type { QueuedRecipient, QueueFilter, QueuePosition } from '../control-store.js'
import type { Envelope } from '../store.js'
import { words } from './read-reports.js'
import type { Statements } from './statements.js'

/** What a look at some rows found. */
export interface Slice<T, P> {
  readonly found: readonly T[]
  /** Behind it nobody has looked; null: all of it was looked at. */
  readonly upTo: P | null
}

export type QueueSlice = Slice<QueuedRecipient, QueuePosition>

/** One condition, and the values of its parameters. */
export type Condition = readonly [sql: string, ...values: (string | number)[]]

export const allOf = (conditions: readonly Condition[]): string => conditions.map(([sql]) => sql).join(' AND ')
export const valuesOf = (conditions: readonly Condition[]): (string | number)[] =>
  conditions.flatMap(([, ...values]) => values)

/** `text` in a column, in any case of ASCII, as lower() has it. */
export const contains = (column: string, text: string): Condition => [
  `instr(lower(${column}), ?) > 0`,
  lowerAscii(text),
]

/** A `QueuedRecipient` as its columns are: 0 and 1, and a list with commas. */
type Row = Omit<QueuedRecipient, 'envelope' | 'dsn' | 'claimed'> &
  Omit<Envelope, 'utf8'> & {
    readonly claimed: number
    readonly utf8: number
    readonly notify: string | null
    readonly originalRecipient: string | null
  }

const COLUMNS = `r.message AS id, m.sender AS "from", r.recipient, r.destination, b.size, r.status, r.claimed,
  r.retry_count AS retryCount, r.next_retry AS nextRetry, m.enqueued_at AS enqueuedAt, r.last_attempt AS lastAttempt,
  r.last_host AS lastHost, r.last_error AS lastReply, m.body, m.utf8, m.returned, m.envelope_id AS envelopeId, r.notify,
  r.original_recipient AS originalRecipient`

const recipientOf = ({
  claimed,
  body,
  utf8,
  returned,
  envelopeId,
  notify,
  originalRecipient,
  ...same
}: Row): QueuedRecipient => ({
  ...same,
  claimed: claimed === 1,
  envelope: { body, utf8: utf8 === 1, returned, envelopeId },
  dsn: { notify: words(notify), originalRecipient },
})

const BEGINNING: QueuePosition = { id: '', recipient: '' }

export interface SliceRequest<P> {
  readonly after: P | null
  /** How many rows are looked at. */
  readonly rows: number
  /** How many of those that fit are given. */
  readonly limit: number
}

/**
 * Looks at the next recipients behind `after` (of one message or destination, where the filter names one), and gives
 * the first that fit. Tables are joined in the order in which they stand (CROSS JOIN): that of the first is the listing's.
 */
export function readSlice(
  sql: Statements,
  filter: QueueFilter,
  { after, rows, limit }: SliceRequest<QueuePosition>,
): QueueSlice {
  const begin = after ?? BEGINNING
  const { index, range } = rangeOf(filter)
  const from: Condition[] = [...range, ['(r.message, r.recipient) > (?, ?)', begin.id, begin.recipient]]
  const end = sql.get<QueuePosition>(
    `SELECT message AS id, recipient FROM queue_recipient r ${index} WHERE ${allOf(from)}
     ORDER BY message, recipient LIMIT 1 OFFSET ?`,
    ...valuesOf(from),
    rows - 1,
  )
  const upTo: Condition[] = end === undefined ? [] : [['(r.message, r.recipient) <= (?, ?)', end.id, end.recipient]]
  const all = [...from, ...upTo, ...conditionsOf(filter)]
  const found = sql.all<Row>(
    `SELECT ${COLUMNS} FROM queue_recipient r ${index} CROSS JOIN queue_message m ON m.id = r.message
       CROSS JOIN blob b ON b.id = m.blob WHERE ${allOf(all)} ORDER BY r.message, r.recipient LIMIT ?`,
    ...valuesOf(all),
    limit,
  )
  const last = found.length < limit ? end : found.at(-1)
  return { found: found.map(recipientOf), upTo: last === undefined ? null : { id: last.id, recipient: last.recipient } }
}

/** The filters that rows are found by: the key leads to a message, an index to a destination. */
function rangeOf({ id, domain }: QueueFilter): { readonly index: string; readonly range: readonly Condition[] } {
  const range: Condition[] = []
  if (id !== undefined) range.push(['r.message = ?', id])
  if (domain !== undefined) range.push(['r.destination = ?', domain])
  const byDomain = domain !== undefined && id === undefined
  return { index: byDomain ? 'INDEXED BY queue_recipient_destination' : 'NOT INDEXED', range }
}

/** The other filters. Who was delivered and is only to be told of does not wait. */
function conditionsOf({ sender, recipient, status, before, error }: QueueFilter): readonly Condition[] {
  const conditions: Condition[] = [["r.status <> 'delivered'"]]
  if (sender !== undefined) conditions.push(sender === '' ? ["m.sender = ''"] : contains('m.sender', sender))
  if (recipient !== undefined) conditions.push(contains('r.recipient', recipient))
  if (status !== undefined) conditions.push(['r.status = ?', status])
  if (before !== undefined) conditions.push(['m.enqueued_at <= ?', before])
  if (error !== undefined) conditions.push(contains('r.last_error', error))
  return conditions
}

/** Whether a page of what fits is read as fast as it is long. */
export const isDirect = (filter: QueueFilter): boolean => conditionsOf(filter).length === 1
