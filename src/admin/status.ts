/** GET /v1/status: what runs, and where it listens. */
import { z } from 'zod'
import { route } from './route.js'

const status = z.object({
  /** False when a command looks at the folder of a server that does not run. */
  running: z.boolean(),
  version: z.string(),
  hostname: z.string(),
  data_dir: z.string(),
  pid: z.number(),
  started_at: z.iso.datetime().nullable(),
  uptime_seconds: z.number().nullable(),
  listeners: z.array(z.object({ service: z.string(), address: z.string(), port: z.number(), connections: z.number() })),
  /** What the disk does not do now: empty when all is well. */
  storage: z.array(
    z.object({
      trouble: z.enum(['refused', 'damaged']),
      operation: z.enum(['read', 'write']),
      place: z.enum(['database', 'blobs', 'spool']),
      path: z.string(),
      error: z.string(),
      since: z.iso.datetime(),
      requests_refused: z.number(),
    }),
  ),
})

export type Status = z.infer<typeof status>

export const getStatus = route({
  method: 'GET',
  path: '/v1/status',
  summary: 'What runs, and where it listens',
  success: 200,
  input: z.strictObject({}),
  reply: status,
  run: async (services) => services.status(),
})
