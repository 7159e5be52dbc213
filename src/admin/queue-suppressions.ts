/** /v1/queue/suppressions: addresses to which nothing is sent. */
import { z } from 'zod'
import { queueLimits } from '../core/limits.js'
import { parseMailAddress } from '../core/mail-address.js'
import type { Suppressed } from '../store/store.js'
import { isoTime, pageLimit, pageOf, usualPage } from './queue-fields.js'
import { noteControl } from './queue-note.js'
import { InvalidInput, route } from './route.js'

const suppressed = z.object({ address: z.string(), reason: z.string(), since: z.iso.datetime() })
export type SuppressedReply = z.infer<typeof suppressed>

const asReply = ({ since, ...same }: Suppressed): SuppressedReply => ({ ...same, since: isoTime(since) })

export const listSuppressed = route({
  method: 'GET',
  path: '/v1/queue/suppressions',
  summary: 'Addresses to which nothing is sent, in their order, a page at a time',
  success: 200,
  input: z.strictObject({ after: z.string().optional(), limit: pageLimit }),
  reply: z.object({ suppressions: z.array(suppressed), next: z.string().nullable() }),
  run: async ({ store }, { after = '', limit = usualPage }) => {
    const { items, last } = pageOf(await store.listSuppressed(after, limit + 1), limit)
    return { suppressions: items.map(asReply), next: last?.address ?? null }
  },
})

export const suppress = route({
  method: 'POST',
  path: '/v1/queue/suppressions',
  summary: 'Send nothing to an address from now on',
  success: 201,
  input: z.strictObject({
    address: z.string(),
    reason: z.string().min(1).max(queueLimits.queueText).optional(),
  }),
  reply: suppressed,
  run: async ({ store }, { address, reason = 'Suppressed by the administrator' }) => {
    const known = parseMailAddress(address)
    if (known === null) throw new InvalidInput(['address: must be an address'])
    return asReply(await store.suppress(known, reason))
  },
  note: (log, input) => noteControl(log, 'suppress', input),
})

/** As it is in the list: it need not be what an administrator could have put there. */
export const unsuppress = route({
  method: 'DELETE',
  path: '/v1/queue/suppressions/:address',
  summary: 'Send to an address again',
  success: 204,
  input: z.strictObject({ address: z.string() }),
  reply: z.undefined(),
  run: ({ store }, { address }) => store.unsuppress(address).then(() => undefined),
  note: (log, input) => noteControl(log, 'unsuppress', input),
})
