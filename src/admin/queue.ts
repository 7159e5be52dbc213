/** /v1/queue: what waits to be sent to other hosts, recipient by recipient. */
import { z } from 'zod'
import type { QueuedRecipient } from '../store/store.js'
import { AdminError } from './errors.js'
import {
  cursorOf,
  filterFields,
  filterOf,
  isoTime,
  isoTimeOrNull,
  pageLimit,
  pageOf,
  positionOf,
  usualPage,
} from './queue-fields.js'
import { route } from './route.js'

const messageFields = {
  id: z.string(),
  from: z.string(),
  size: z.number(),
  enqueued_at: z.iso.datetime(),
  body: z.string().nullable().describe('BODY of MAIL (RFC 6152, RFC 3030)'),
  utf8: z.boolean().describe('SMTPUTF8 of MAIL (RFC 6531)'),
  returned: z.string().nullable().describe('RET of MAIL (RFC 3461): full or headers'),
  envelope_id: z.string().nullable().describe('ENVID of MAIL (RFC 3461)'),
}

const recipientFields = {
  recipient: z.string(),
  destination: z.string(),
  status: z.enum(['pending', 'held', 'failed']).describe('failed: the sender is still to be told'),
  claimed: z.boolean().describe('it is tried now'),
  retry_count: z.number(),
  next_retry: z.iso.datetime(),
  last_attempt: z.iso.datetime().nullable(),
  last_host: z.string().nullable(),
  last_reply: z.string().nullable(),
  notify: z.array(z.string()).nullable().describe('NOTIFY of RCPT (RFC 3461); empty for NEVER'),
  original_recipient: z.string().nullable().describe('ORCPT of RCPT (RFC 3461)'),
}

const entry = z.object({ ...messageFields, ...recipientFields })
export type QueueReply = z.infer<typeof entry>

const message = z.object({
  ...messageFields,
  recipients: z.array(z.object(recipientFields)),
  next: z.string().nullable(),
})
export type QueuedMessageReply = z.infer<typeof message>

const messageOf = ({ id, from, size, enqueuedAt, envelope }: QueuedRecipient) => ({
  ...{ id, from, size },
  enqueued_at: isoTime(enqueuedAt),
  body: envelope.body,
  utf8: envelope.utf8,
  returned: envelope.returned,
  envelope_id: envelope.envelopeId,
})

const recipientOf = ({ dsn, ...of }: QueuedRecipient) => ({
  recipient: of.recipient,
  destination: of.destination,
  status: of.status,
  claimed: of.claimed,
  retry_count: of.retryCount,
  next_retry: isoTime(of.nextRetry),
  last_attempt: isoTimeOrNull(of.lastAttempt),
  last_host: of.lastHost,
  last_reply: of.lastReply,
  notify: dsn.notify === null ? null : [...dsn.notify],
  original_recipient: dsn.originalRecipient,
})

export const listQueue = route({
  method: 'GET',
  path: '/v1/queue',
  summary: 'Recipients that wait, by queue id and address, a page at a time',
  success: 200,
  input: z.strictObject({ ...filterFields, after: z.string().optional(), limit: pageLimit }),
  reply: z.object({ entries: z.array(entry), next: z.string().nullable() }),
  run: async ({ store }, { after, limit = usualPage, ...filter }) => {
    const from = after === undefined ? null : positionOf(after)
    const { items, last } = pageOf(await store.listRecipients(filterOf(filter), from, limit + 1), limit)
    const entries = items.map((one) => ({ ...messageOf(one), ...recipientOf(one) }))
    return { entries, next: last === null ? null : cursorOf(last) }
  },
})

export const showQueued = route({
  method: 'GET',
  path: '/v1/queue/messages/:id',
  summary: 'One message with its recipients that wait, by address, a page at a time',
  success: 200,
  input: z.strictObject({
    id: z.string(),
    after: z.string().optional().describe('a recipient: "next" of the page before'),
    limit: pageLimit,
  }),
  reply: message,
  run: async ({ store }, { id, after, limit = usualPage }) => {
    const from = after === undefined ? null : { id, recipient: after }
    const { items, last } = pageOf(await store.listRecipients({ id }, from, limit + 1), limit)
    const [first] = items
    if (first === undefined) throw new AdminError('no-such-message', `nothing of a message ${id} waits in the queue`)
    return { ...messageOf(first), recipients: items.map(recipientOf), next: last?.recipient ?? null }
  },
})

const stats = z.object({
  messages: z.number(),
  pending: z.number(),
  held: z.number(),
  failed: z.number().describe('whose senders are still to be told'),
  claimed: z.number().describe('of those that are pending: they are tried now'),
  oldest: z.iso.datetime().nullable(),
  paused: z.number().describe('destinations'),
})
export type QueueStatsReply = z.infer<typeof stats>

export const queueStats = route({
  method: 'GET',
  path: '/v1/queue/stats',
  summary: 'How much waits, and since when',
  success: 200,
  input: z.strictObject({}),
  reply: stats,
  run: async ({ store }) => {
    const [{ oldest, ...counts }, paused] = await Promise.all([store.queueStats(), store.listPaused()])
    return { ...counts, oldest: isoTimeOrNull(oldest), paused: paused.length }
  },
})
