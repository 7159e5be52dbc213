/** /v1/queue/actions: what can be done about recipients that wait. */
import { z } from 'zod'
import { filterFields, filterOf } from './queue-fields.js'
import { noteControl } from './queue-note.js'
import { InvalidInput, route } from './route.js'

const controlled = z.object({
  done: z.number().describe('recipients to whom it was done'),
  claimed: z.number().describe('passed over: they are tried now'),
  unsuited: z.number().describe('passed over: as one that is held, for retry'),
})
export type ControlledReply = z.infer<typeof controlled>

export const queueActions = ['retry', 'hold', 'release', 'fail', 'drop'] as const

export const controlQueue = route({
  method: 'POST',
  path: '/v1/queue/actions/:action',
  summary: 'Retry now, hold, release, fail (the sender is told) or drop (nobody is) all recipients that fit',
  success: 200,
  input: z.strictObject({
    action: z.enum(queueActions),
    ...filterFields,
    all: z.literal(true).optional().describe('needed where there is no filter: the whole queue is meant'),
  }),
  reply: controlled,
  run: async ({ store }, { action, all, ...fields }) => {
    const filter = filterOf(fields)
    const isWhole = Object.keys(filter).length === 0
    if (isWhole && all === undefined) throw new InvalidInput(['all: must be true to mean the whole queue'])
    if (!isWhole && all !== undefined) throw new InvalidInput(['all: means nothing beside a filter'])
    return { ...(await store.control(action, filter)) }
  },
  note: (log, { action, ...input }, reply) => noteControl(log, action, input, reply),
})
