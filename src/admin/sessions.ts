/** /v1/sessions: who is connected now, and how to send them away. */
import { z } from 'zod'
import type { SessionInfo } from '../accounts/presence.js'
import { AdminError } from './errors.js'
import { route } from './route.js'

const session = z.object({
  id: z.string().describe('session_id of the log'),
  service: z.string(),
  client_ip: z.string(),
  since: z.iso.datetime(),
  user: z.string().nullable().describe('null before the login'),
})
export type SessionReply = z.infer<typeof session>

const asReply = ({ id, service, clientIp, since, user }: SessionInfo): SessionReply => ({
  id,
  service,
  client_ip: clientIp,
  since: new Date(since).toISOString(),
  user,
})

export const listSessions = route({
  method: 'GET',
  path: '/v1/sessions',
  summary: 'Sessions that run, the oldest first; of one user, or all',
  success: 200,
  input: z.strictObject({ user: z.string().optional() }),
  reply: z.object({ sessions: z.array(session) }),
  run: async ({ accounts, sessions }, { user }) => {
    const address = user === undefined ? null : (await accounts.showUser(user)).address
    return {
      sessions: sessions
        .list()
        .filter((one) => address === null || one.user === address)
        .map(asReply),
    }
  },
})

export const endSession = route({
  method: 'DELETE',
  path: '/v1/sessions/:id',
  summary: 'End a session; what runs in it completes, within 30 seconds',
  success: 204,
  input: z.strictObject({ id: z.string() }),
  reply: z.undefined(),
  run: async ({ sessions }, { id }) => {
    if (!sessions.end(id, 'kicked')) throw new AdminError('no-such-session', `there is no session ${id}`)
    return undefined
  },
})

export const endUserSessions = route({
  method: 'DELETE',
  path: '/v1/users/:address/sessions',
  summary: 'End all sessions of a user; what runs in them completes, within 30 seconds',
  success: 200,
  input: z.strictObject({ address: z.string() }),
  reply: z.object({ ended: z.number() }),
  run: async ({ accounts, sessions }, { address }) => {
    const user = await accounts.showUser(address)
    return { ended: sessions.endUser(user.address, 'kicked') }
  },
})
