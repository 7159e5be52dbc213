/** /v1/queue/history: what became of recipients, and what was said at the last attempt. */
import { z } from 'zod'
import type { FinishedDelivery } from '../store/store.js'
import { AdminError } from './errors.js'
import { isoTime, pageLimit, pageOf, usualPage, whoFields, whoOf } from './queue-fields.js'
import { route } from './route.js'

const outcomes = ['delivered', 'failed', 'dropped', 'bounced'] as const

const finished = z.object({
  serial: z.number(),
  id: z.string(),
  from: z.string(),
  recipient: z.string(),
  destination: z.string(),
  outcome: z.enum(outcomes).describe('bounced: it was delivered, and a report says that it failed later'),
  reply: z.string().nullable(),
  host: z.string().nullable(),
  retry_count: z.number(),
  size: z.number(),
  enqueued_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
})
export type FinishedReply = z.infer<typeof finished>

const asReply = ({ retryCount, enqueuedAt, finishedAt, ...same }: FinishedDelivery): FinishedReply => ({
  ...same,
  retry_count: retryCount,
  enqueued_at: isoTime(enqueuedAt),
  finished_at: isoTime(finishedAt),
})

export const listFinished = route({
  method: 'GET',
  path: '/v1/queue/history',
  summary: 'Recipients that are done, the latest first, a page at a time',
  success: 200,
  input: z.strictObject({
    ...whoFields,
    outcome: z.enum(outcomes).optional(),
    after: z.coerce.number<string | number>().int().optional().describe('"next" of the page before'),
    limit: pageLimit,
  }),
  reply: z.object({ finished: z.array(finished), next: z.number().nullable() }),
  run: async ({ store }, { after = null, limit = usualPage, outcome, ...who }) => {
    const filter = { ...whoOf(who), ...(outcome === undefined ? {} : { outcome }) }
    const { items, last } = pageOf(await store.listFinished(filter, after, limit + 1), limit)
    return { finished: items.map(asReply), next: last?.serial ?? null }
  },
})

export const showTranscript = route({
  method: 'GET',
  path: '/v1/queue/messages/:id/recipients/:recipient/transcript',
  summary: 'What was said at the last attempt, without contents and passwords',
  success: 200,
  input: z.strictObject({ id: z.string(), recipient: z.string() }),
  reply: z.object({ transcript: z.string() }),
  run: async ({ store }, position) => {
    const transcript = await store.transcript(position)
    if (transcript !== null) return { transcript }
    const { id, recipient } = position
    throw new AdminError('no-such-transcript', `nothing is known of an attempt to send ${id} to ${recipient}`)
  },
})
