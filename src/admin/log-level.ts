/** /v1/log: how much a running server writes to its log. */
import { z } from 'zod'
import type { Level } from '../core/log.js'
import { AdminError } from './errors.js'
import { type AdminServices, route } from './route.js'

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const satisfies readonly Level[]
const log = z.object({ level: z.enum(LEVELS) })

/** @throws AdminError 'not-running' */
function threshold({ logger }: AdminServices): { level: Level } {
  if (logger === null) throw new AdminError('not-running', 'no server runs on this data: its log has no level')
  return logger
}

export const showLogLevel = route({
  method: 'GET',
  path: '/v1/log',
  summary: 'The level from which on lines are written',
  success: 200,
  input: z.strictObject({}),
  reply: log,
  run: async (services) => ({ level: threshold(services).level }),
})

export const setLogLevel = route({
  method: 'PUT',
  path: '/v1/log',
  summary: 'Set the level until the next reload or restart, which take the one of the configuration',
  success: 200,
  input: z.strictObject({ level: z.enum(LEVELS) }),
  reply: log,
  run: async (services, { level }) => {
    threshold(services).level = level
    return { level }
  },
})
