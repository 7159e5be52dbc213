/** Taking responsibility for a message, inside the writer's transactions (RFC 5321 §4.2.5). */
import type { BlobId, MailboxId } from '../../core/ids.js'
import { destinationOf } from '../destination.js'
import { type HoldPattern, isHeld } from '../hold-rules.js'
import type { Effects, OpOf } from '../ops.js'
import type { Quota, QuotaNote } from '../quota.js'
import { type Delivery, type RecipientDsn, wantsBounce, wantsReport } from '../store.js'
import { storeBlob } from './write-blob.js'
import { noteIncomingReport } from './write-bounces.js'
import type { Apply, WriteContext } from './write-context.js'
import { Tally } from './write-destinations.js'
import { addMessages } from './write-mail.js'
import { mailboxesWithRoom, notesOfNoRoom, OverQuota } from './write-quota.js'
import { delivered, notDelivered } from './write-recent.js'
import { scheduleReport, settle } from './write-reports.js'
import { threadNames } from './write-threads.js'

type LocalDelivery = Extract<Delivery, { kind: 'local' }>

const NO_FLAGS = { system: 0, keywords: [] }

/**
 * Local copies and queue rows in one transaction; each mailbox and each remote recipient once. Who has no room and
 * should hear of it is kept as failed.
 */
export const accept: Apply<'accept'> = (cx, op, effects) => {
  const { deliveries, blob, received, at, partial, settles } = op
  if (settles !== null) settle(cx, settles, effects)
  const wanted = new Set(deliveries.flatMap((d) => (d.kind === 'local' ? d.mailbox : [])))
  const duplicates = delivered(cx, wanted, received, at)
  for (const mailbox of duplicates) wanted.delete(mailbox)
  const mailboxes = mailboxesWithRoom(cx, wanted, blob.size)
  const overQuota = withoutRoom(deliveries, [...mailboxes.keys(), ...duplicates])
  notDelivered(cx, overQuota, received)
  const noRoom = notesOfNoRoom(
    cx,
    overQuota.map(({ mailbox }) => mailbox),
    blob.size,
  )
  const remote = new Map(deliveries.toReversed().flatMap((d) => (d.kind === 'remote' ? [[d.recipient, d.dsn]] : [])))
  if (overQuota.length > 0 && (mailboxes.size + remote.size === 0 || !partial)) throw noRoomFor(overQuota, noRoom)
  effects.notes.push(...noRoom)
  const failed = op.diagnostic === null ? [] : overQuota.filter((d) => !d.answered && wantsBounce(op.from, d.dsn))
  const succeeded = reportedSuccesses(op, overQuota)
  const queued = remote.size + failed.length + succeeded.length
  const references = mailboxes.size + Math.min(1, queued)
  if (references === 0) return { duplicates, overQuota }
  const stored = storeBlob(cx, blob, references)
  fileCopies(cx, mailboxes, op, stored, effects)
  if (op.mayReport && mailboxes.size > 0) noteIncomingReport(cx, stored, effects)
  if (queued > 0) insertQueued(cx, op, stored)
  if (remote.size > 0) enqueue(cx, op, remote, effects)
  for (const one of failed)
    insertRecipient(cx, op, { ...one, status: 'failed', report: 'failed', diagnostic: op.diagnostic })
  for (const one of succeeded) insertRecipient(cx, op, { ...one, status: 'delivered' })
  if (failed.length + succeeded.length > 0) scheduleReport(cx, op.id, op.at, effects)
  return { duplicates, overQuota }
}

function fileCopies(
  cx: WriteContext,
  mailboxes: ReadonlyMap<MailboxId, Quota | null>,
  { id, blob, at }: OpOf<'accept'>,
  stored: BlobId,
  effects: Effects,
): void {
  const message = { blob: stored, size: blob.size, flags: NO_FLAGS, internalDate: at, internalZone: 0 }
  const named = { names: threadNames(blob), name: id }
  const filed = [{ ...message, ...named }]
  for (const [mailbox, quota] of mailboxes) addMessages(cx, mailbox, filed, null, effects, { quota })
}

/** The local ones but those to `others`; each mailbox once, as it was named first. */
function withoutRoom(deliveries: readonly Delivery[], others: readonly MailboxId[]): readonly LocalDelivery[] {
  const seen = new Set<MailboxId>(others)
  return deliveries.filter((delivery): delivery is LocalDelivery => {
    if (delivery.kind !== 'local' || seen.has(delivery.mailbox)) return false
    seen.add(delivery.mailbox)
    return true
  })
}

const noRoomFor = (refused: readonly Delivery[], notes: readonly QuotaNote[]): OverQuota =>
  new OverQuota(`no room for ${refused.map(({ recipient }) => recipient).join(', ')}`, notes)

function insertQueued(cx: WriteContext, { id, from, envelope, at }: OpOf<'accept'>, blob: BlobId): void {
  cx.sql.run(
    `INSERT INTO queue_message (id, sender, blob, enqueued_at, body, utf8, returned, envelope_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    from,
    blob,
    at,
    envelope?.body ?? null,
    envelope?.utf8 === true ? 1 : 0,
    envelope?.returned ?? null,
    envelope?.envelopeId ?? null,
  )
}

/** Those that a rule of the operator fits wait until somebody releases them. */
function enqueue(
  cx: WriteContext,
  op: OpOf<'accept'>,
  recipients: ReadonlyMap<string, RecipientDsn | undefined>,
  effects: Effects,
): void {
  const rules = cx.sql.all<HoldPattern>('SELECT sender, recipient FROM queue_hold_rule')
  const tally = new Tally()
  for (const [recipient, dsn] of recipients) {
    const held = isHeld(rules, op.from, recipient)
    insertRecipient(cx, op, { recipient, dsn, status: held ? 'held' : 'pending' })
    tally.add(destinationOf(recipient), { pending: held ? 0 : 1, held: held ? 1 : 0 })
  }
  tally.write(cx)
  effects.queued.push(...tally.destinations)
}

/** Whose sender is to be told that they got it, or that their address was followed to several. */
function reportedSuccesses(
  { from, deliveries, expanded }: OpOf<'accept'>,
  overQuota: readonly LocalDelivery[],
): readonly Omit<NewRecipient, 'status'>[] {
  if (from === '') return []
  const full = new Set(overQuota.map(({ mailbox }) => mailbox))
  const wanting = deliveries.filter((d) => d.kind === 'local' && wantsReport('success', d.dsn?.notify ?? null))
  const got = wanting.filter((d) => d.kind === 'local' && !full.has(d.mailbox))
  return [
    ...got.map(({ recipient, dsn }) => ({ recipient, dsn, report: 'delivered' }) as const),
    ...expanded.map(({ recipient, dsn }) => ({ recipient, dsn, report: 'expanded' }) as const),
  ]
}

interface NewRecipient {
  readonly recipient: string
  readonly dsn?: RecipientDsn | undefined
  readonly status: 'pending' | 'held' | 'failed' | 'delivered'
  /** What its sender is to be told. */
  readonly report?: 'failed' | 'delivered' | 'expanded'
  /** Why it has failed already. */
  readonly diagnostic?: string | null
}

/** Of two places behind one address one is enough, and one that failed more than one that did not. */
function insertRecipient(
  cx: WriteContext,
  { id, from, at }: OpOf<'accept'>,
  { recipient, dsn, status, report = undefined, diagnostic = null }: NewRecipient,
): void {
  const waits = status === 'pending' || status === 'held'
  const warned = !waits || from === '' || !wantsReport('delay', dsn?.notify)
  cx.sql.run(
    `INSERT INTO queue_recipient (message, recipient, destination, status, next_retry, unwarned, report, notify,
       original_recipient, last_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    id,
    recipient,
    destinationOf(recipient),
    status,
    at,
    warned ? null : at,
    report ?? null,
    dsn?.notify?.join(',') ?? null,
    dsn?.originalRecipient ?? null,
    diagnostic,
  )
}
