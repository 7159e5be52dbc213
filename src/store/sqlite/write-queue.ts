/** Taking responsibility for a message, inside the writer's transactions (RFC 5321 §4.2.5). */
import type { BlobId, MailboxId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import type { OpOf } from '../ops.js'
import type { Delivery, RecipientDsn } from '../store.js'
import { storeBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'
import { addMessages } from './write-mail.js'
import { mailboxesWithRoom } from './write-quota.js'
import { delivered, notDelivered } from './write-recent.js'
import { threadNames } from './write-threads.js'

type LocalDelivery = Extract<Delivery, { kind: 'local' }>

const NO_FLAGS = { system: 0, keywords: [] }

/** Local copies and queue rows in one transaction; each mailbox and each remote recipient once. */
export const accept: Apply<'accept'> = (cx, op, effects) => {
  const { id, from, envelope, deliveries, blob, received, at, partial } = op
  const wanted = new Set(deliveries.flatMap((d) => (d.kind === 'local' ? d.mailbox : [])))
  const duplicates = delivered(cx, wanted, received, at)
  for (const mailbox of duplicates) wanted.delete(mailbox)
  const mailboxes = mailboxesWithRoom(cx, wanted, blob.size)
  const overQuota = withoutRoom(deliveries, [...mailboxes, ...duplicates])
  notDelivered(cx, overQuota, received)
  const recipients = new Map(
    deliveries.toReversed().flatMap((d) => (d.kind === 'remote' ? [[d.recipient, d.dsn]] : [])),
  )
  const references = mailboxes.size + Math.min(1, recipients.size)
  if (overQuota.length > 0 && (references === 0 || !partial)) throw noRoomFor(overQuota)
  if (references === 0) return { duplicates, overQuota }
  const stored = storeBlob(cx, blob, references)
  const message = {
    blob: stored,
    size: blob.size,
    flags: NO_FLAGS,
    internalDate: at,
    internalZone: 0,
    names: threadNames(blob),
  }
  for (const mailbox of mailboxes) addMessages(cx, mailbox, [message], null, effects)
  if (recipients.size === 0) return { duplicates, overQuota }
  insertQueued(cx, { id, from, envelope, blob: stored, at })
  for (const [recipient, dsn] of recipients) insertRecipient(cx, id, recipient, dsn, at)
  return { duplicates, overQuota }
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

const noRoomFor = (refused: readonly Delivery[]): StoreError =>
  new StoreError('over-quota', `no room for ${refused.map(({ recipient }) => recipient).join(', ')}`)

function insertQueued(
  cx: WriteContext,
  { id, from, envelope, blob, at }: Pick<OpOf<'accept'>, 'id' | 'from' | 'envelope' | 'at'> & { readonly blob: BlobId },
): void {
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

function insertRecipient(
  cx: WriteContext,
  message: string,
  recipient: string,
  dsn: RecipientDsn | undefined,
  at: number,
): void {
  cx.sql.run(
    `INSERT INTO queue_recipient (message, recipient, status, next_retry, notify, original_recipient)
     VALUES (?, ?, 'pending', ?, ?, ?)`,
    message,
    recipient,
    at,
    dsn?.notify?.join(',') ?? null,
    dsn?.originalRecipient ?? null,
  )
}
