/**
 * Who is tried now, inside the writer's transactions. A claim stands in the data, so that after a crash it is known who
 * may have been delivered without our knowing (decision 22).
 */
import type { BlobId } from '../../core/ids.js'
import type { Claim, ClaimedRecipient, ClaimRequest, Destination, Interrupted } from '../outbound-store.js'
import type { Envelope } from '../queue-store.js'
import { words } from './read-reports.js'
import type { Apply, WriteContext } from './write-context.js'
import { Tally } from './write-destinations.js'

/** Of a message, where it stands in the order of what is due. */
interface Place {
  readonly nextRetry: number
  readonly message: string
}

export const claimDue: Apply<'claim-due'> = (cx, { claim }) => {
  const { destination, now, messages } = claim
  if (cx.sql.get('SELECT 1 FROM queue_pause WHERE destination = ?', destination) !== undefined) return []
  const seen = new Set<string>()
  const claims: Claim[] = []
  for (let at: Place | undefined = BEGINNING; claims.length < messages; ) {
    at = nextDue(cx, destination, now, at)
    if (at === undefined) break
    if (!seen.has(at.message)) claims.push(...claimMessage(cx, claim, at.message))
    seen.add(at.message)
  }
  if (claims.length > 0) lookAgain(cx, [destination])
  return claims
}

const BEGINNING: Place = { nextRetry: -1, message: '' }

const nextDue = ({ sql }: WriteContext, destination: Destination, now: number, after: Place): Place | undefined =>
  sql.get<Place>(
    `SELECT next_retry AS nextRetry, message FROM queue_recipient INDEXED BY queue_due
     WHERE destination = ? AND status = 'pending' AND claimed = 0 AND next_retry <= ? AND (next_retry, message) > (?, ?)
     ORDER BY next_retry, message LIMIT 1`,
    destination,
    now,
    after.nextRetry,
    after.message,
  )

interface MessageRow extends Omit<Claim, 'envelope' | 'destination' | 'recipients'>, Omit<Envelope, 'utf8'> {
  readonly blob: BlobId
  readonly utf8: number
}

/** Nothing where the message is lost, which a check tells of. */
function claimMessage(cx: WriteContext, claim: ClaimRequest, id: string): Claim[] {
  const row = cx.sql.get<MessageRow>(
    `SELECT m.id, m.sender AS "from", m.blob, b.size, m.enqueued_at AS enqueuedAt, m.body, m.utf8, m.returned,
       m.envelope_id AS envelopeId
     FROM queue_message m JOIN blob b ON b.id = m.blob WHERE m.id = ?`,
    id,
  )
  if (row === undefined) return []
  const { body, utf8, returned, envelopeId, ...rest } = row
  const envelope = { body, utf8: utf8 === 1, returned, envelopeId }
  return [{ ...rest, envelope, destination: claim.destination, recipients: claimRecipients(cx, claim, id) }]
}

interface RecipientRow {
  readonly recipient: string
  readonly notify: string | null
  readonly originalRecipient: string | null
  readonly retryCount: number
}

/**
 * The key leads to them, for a message has a thousand at most: the `+` keeps SQLite from going through all that waits for
 * the destination instead, which it takes for few.
 */
export const DUE_OF_MESSAGE = `
  SELECT recipient, notify, original_recipient AS originalRecipient, retry_count AS retryCount
  FROM queue_recipient WHERE message = ? AND +destination = ? AND status = 'pending' AND claimed = 0
    AND next_retry <= ? ORDER BY next_retry, recipient LIMIT ?`

/** The earliest of them, in the order of their names. */
function claimRecipients(cx: WriteContext, claim: ClaimRequest, message: string): ClaimedRecipient[] {
  const rows = cx.sql.all<RecipientRow>(DUE_OF_MESSAGE, message, claim.destination, claim.now, claim.recipients)
  for (const { recipient } of rows) setClaimed(cx, 1, { id: message, recipient })
  return rows
    .map(({ notify, originalRecipient, ...rest }) => ({ ...rest, dsn: { notify: words(notify), originalRecipient } }))
    .sort((a, b) => (a.recipient < b.recipient ? -1 : 1))
}

const setClaimed = ({ sql }: WriteContext, claimed: 0 | 1, { id, recipient }: Interrupted): number =>
  sql.run('UPDATE queue_recipient SET claimed = ? WHERE message = ? AND recipient = ?', claimed, id, recipient)

export const releaseClaims: Apply<'release-claims'> = (cx) => {
  const rows = cx.sql.all<Interrupted & { readonly destination: Destination }>(
    `SELECT message AS id, recipient, destination FROM queue_recipient WHERE claimed = 1 ORDER BY message, recipient`,
  )
  for (const row of rows) setClaimed(cx, 0, row)
  lookAgain(
    cx,
    rows.map(({ destination }) => destination),
  )
  return rows.map(({ id, recipient }) => ({ id, recipient }))
}

/** When they are due may have changed. */
function lookAgain(cx: WriteContext, destinations: readonly Destination[]): void {
  const tally = new Tally()
  for (const destination of destinations) tally.add(destination, { pending: 0, held: 0 })
  tally.write(cx)
}
