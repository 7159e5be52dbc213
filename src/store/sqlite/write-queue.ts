/** Taking responsibility for a message, inside the writer's transactions (RFC 5321 §4.2.5). */
import type { BlobId } from '../../core/ids.js'
import type { OpOf } from '../ops.js'
import type { RecipientDsn } from '../store.js'
import { storeBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'
import { addMessages } from './write-mail.js'
import { delivered } from './write-recent.js'

const NO_FLAGS = { system: 0, keywords: [] }

/** Local copies and queue rows in one transaction; each mailbox and each remote recipient once. */
export const accept: Apply<'accept'> = (cx, { id, from, envelope, deliveries, blob, received, at }, effects) => {
  const mailboxes = new Set(deliveries.flatMap((d) => (d.kind === 'local' ? d.mailbox : [])))
  const duplicates = delivered(cx, mailboxes, received, at)
  for (const mailbox of duplicates) mailboxes.delete(mailbox)
  const recipients = new Map(
    deliveries.toReversed().flatMap((d) => (d.kind === 'remote' ? [[d.recipient, d.dsn]] : [])),
  )
  const references = mailboxes.size + Math.min(1, recipients.size)
  if (references === 0) return { duplicates }
  const stored = storeBlob(cx, blob, references)
  const message = { blob: stored, size: blob.size, flags: NO_FLAGS, internalDate: at, internalZone: 0 }
  for (const mailbox of mailboxes) addMessages(cx, mailbox, [message], null, effects)
  if (recipients.size === 0) return { duplicates }
  insertQueued(cx, { id, from, envelope, blob: stored, at })
  for (const [recipient, dsn] of recipients) insertRecipient(cx, id, recipient, dsn, at)
  return { duplicates }
}

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
