/** /v1/queue/destinations: what waits for which domain, and which of them nothing is sent to for now. */
import { z } from 'zod'
import { destinationOf, isoTimeOrNull, pageLimit, pageOf, usualPage } from './queue-fields.js'
import { noteControl } from './queue-note.js'
import { route } from './route.js'

const destination = z.object({
  destination: z.string(),
  pending: z.number(),
  held: z.number(),
  oldest: z.iso.datetime().nullable().describe('when the first of them came'),
  next_retry: z.iso.datetime().nullable().describe('null: nobody waits who is not tried now'),
  paused: z.boolean(),
})
export type DestinationReply = z.infer<typeof destination>

export const listDestinations = route({
  method: 'GET',
  path: '/v1/queue/destinations',
  summary: 'Destinations where something waits or that are paused, by name, a page at a time',
  success: 200,
  input: z.strictObject({ after: z.string().optional(), limit: pageLimit }),
  reply: z.object({ destinations: z.array(destination), next: z.string().nullable() }),
  run: async ({ store }, { after = '', limit = usualPage }) => {
    const { items, last } = pageOf(await store.destinationStats(after, limit + 1), limit)
    const destinations = items.map(({ oldest, nextRetry, ...same }) => ({
      ...same,
      oldest: isoTimeOrNull(oldest),
      next_retry: isoTimeOrNull(nextRetry),
    }))
    return { destinations, next: last?.destination ?? null }
  },
})

const named = z.strictObject({ name: z.string() })

export const pauseDestination = route({
  method: 'PUT',
  path: '/v1/queue/destinations/:name/pause',
  summary: 'Send nothing to a destination until it is resumed; what is under way completes',
  success: 204,
  input: named,
  reply: z.undefined(),
  run: ({ store }, { name }) => store.pauseDestination(destinationOf(name, 'name')).then(() => undefined),
  note: (log, { name }) => noteControl(log, 'pause', { domain: name }),
})

export const resumeDestination = route({
  method: 'DELETE',
  path: '/v1/queue/destinations/:name/pause',
  summary: 'Send to a destination again',
  success: 204,
  input: named,
  reply: z.undefined(),
  run: ({ store }, { name }) => store.resumeDestination(destinationOf(name, 'name')).then(() => undefined),
  note: (log, { name }) => noteControl(log, 'resume', { domain: name }),
})
