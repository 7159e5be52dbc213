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
