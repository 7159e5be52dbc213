/** /v1/queue: what waits to be sent to other hosts. */
import { z } from 'zod'
import { serverLimits } from '../core/limits.js'
import type { QueueEntry } from '../store/store.js'
import { route } from './route.js'

const entry = z.object({
  id: z.string(),
  from: z.string(),
  recipient: z.string(),
  size: z.number(),
  status: z.string(),
  retry_count: z.number(),
  next_retry: z.iso.datetime(),
  enqueued_at: z.iso.datetime(),
  body: z.string().nullable().describe('BODY of MAIL (RFC 6152, RFC 3030)'),
  utf8: z.boolean().describe('SMTPUTF8 of MAIL (RFC 6531)'),
  returned: z.string().nullable().describe('RET of MAIL (RFC 3461): full or headers'),
  envelope_id: z.string().nullable().describe('ENVID of MAIL (RFC 3461)'),
  notify: z.array(z.string()).nullable().describe('NOTIFY of RCPT (RFC 3461); empty for NEVER'),
  original_recipient: z.string().nullable().describe('ORCPT of RCPT (RFC 3461)'),
})
export type QueueReply = z.infer<typeof entry>

const asReply = ({ retryCount, nextRetry, enqueuedAt, envelope, dsn, ...same }: QueueEntry): QueueReply => ({
  ...same,
  retry_count: retryCount,
  next_retry: new Date(nextRetry).toISOString(),
  enqueued_at: new Date(enqueuedAt).toISOString(),
  body: envelope.body,
  utf8: envelope.utf8,
  returned: envelope.returned,
  envelope_id: envelope.envelopeId,
  notify: dsn.notify === null ? null : [...dsn.notify],
  original_recipient: dsn.originalRecipient,
})

export const listQueue = route({
  method: 'GET',
  path: '/v1/queue',
  summary: 'Recipients that wait, by next attempt',
  success: 200,
  input: z.strictObject({ limit: z.coerce.number().int().min(1).max(serverLimits.queueListing).default(1000) }),
  reply: z.object({ entries: z.array(entry) }),
  run: async ({ store }, { limit }) => ({ entries: (await store.listQueue(limit)).map(asReply) }),
})
