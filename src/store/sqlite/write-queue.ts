/** Taking responsibility for a message, inside the writer's transactions (RFC 5321 §4.2.5). */

import { storeBlob } from './write-blob.js'
import type { Apply } from './write-context.js'
import { addMessages } from './write-mail.js'

const NO_FLAGS = { system: 0, keywords: [] }

/** Local copies and queue rows in one transaction; each mailbox and each remote recipient once. */
export const accept: Apply<'accept'> = (cx, { id, from, deliveries, blob, at }, effects) => {
  const mailboxes = new Set(deliveries.flatMap((d) => (d.kind === 'local' ? d.mailbox : [])))
  const recipients = new Set(deliveries.flatMap((d) => (d.kind === 'remote' ? d.recipient : [])))
  const references = mailboxes.size + Math.min(1, recipients.size)
  if (references === 0) return null
  const stored = storeBlob(cx, blob, references)
  const message = { blob: stored, size: blob.size, flags: NO_FLAGS, internalDate: at, internalZone: 0 }
  for (const mailbox of mailboxes) addMessages(cx, mailbox, [message], null, effects)
  if (recipients.size === 0) return null
  cx.sql.run('INSERT INTO queue_message (id, sender, blob, enqueued_at) VALUES (?, ?, ?, ?)', id, from, stored, at)
  for (const recipient of recipients) {
    cx.sql.run(
      "INSERT INTO queue_recipient (message, recipient, status, next_retry) VALUES (?, ?, 'pending', ?)",
      id,
      recipient,
      at,
    )
  }
  return null
}
