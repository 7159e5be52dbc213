/** /v1/users: who has mail here. A password goes in and never comes out. */
import { z } from 'zod'
import { serverLimits } from '../core/limits.js'
import type { Access, SendingSwitches, User } from '../store/store.js'
import { route } from './route.js'

const user = z.object({
  address: z.string(),
  display_name: z.string(),
  status: z.enum(['active', 'inactive']),
  created_at: z.iso.datetime(),
  last_login: z.iso.datetime().nullable(),
  mailboxes: z.number(),
  messages: z.number(),
  size: z.number(),
  send_as: z.enum(['own', 'any']),
  messages_per_hour: z.number().nullable(),
  recipients_per_hour: z.number().nullable(),
  allow_smtp: z.boolean(),
  allow_imap: z.boolean(),
})
export type UserReply = z.infer<typeof user>

const addressed = z.strictObject({ address: z.string() })

const asReply = (from: User): UserReply => ({
  address: from.address,
  display_name: from.displayName,
  status: from.status,
  created_at: new Date(from.createdAt).toISOString(),
  last_login: from.lastLogin === null ? null : new Date(from.lastLogin).toISOString(),
  mailboxes: from.mailboxes,
  messages: from.messages,
  size: from.size,
  send_as: from.sending.sendAs,
  messages_per_hour: from.sending.messagesPerHour,
  recipients_per_hour: from.sending.recipientsPerHour,
  allow_smtp: from.access.smtp,
  allow_imap: from.access.imap,
})

/** 0: no limit; null: as the configuration has it. */
const perHour = z.int().min(0).nullable()

interface AccessInput {
  readonly allow_smtp?: boolean | undefined
  readonly allow_imap?: boolean | undefined
}

/** Those that are given; nothing where none is. */
function accessOf({ allow_smtp, allow_imap }: AccessInput): { readonly access?: Partial<Access> } {
  const access = {
    ...(allow_smtp === undefined ? {} : { smtp: allow_smtp }),
    ...(allow_imap === undefined ? {} : { imap: allow_imap }),
  }
  return Object.keys(access).length === 0 ? {} : { access }
}

interface SwitchesInput {
  readonly send_as?: SendingSwitches['sendAs'] | undefined
  readonly messages_per_hour?: number | null | undefined
  readonly recipients_per_hour?: number | null | undefined
}

/** Those that are given; nothing where none is. */
function sendingOf({ send_as, messages_per_hour, recipients_per_hour }: SwitchesInput): {
  readonly sending?: Partial<SendingSwitches>
} {
  const sending = {
    ...(send_as === undefined ? {} : { sendAs: send_as }),
    ...(messages_per_hour === undefined ? {} : { messagesPerHour: messages_per_hour }),
    ...(recipients_per_hour === undefined ? {} : { recipientsPerHour: recipients_per_hour }),
  }
  return Object.keys(sending).length === 0 ? {} : { sending }
}

export const listUsers = route({
  method: 'GET',
  path: '/v1/users',
  summary: 'Users by address, of one domain or status, a page at a time',
  success: 200,
  input: z.strictObject({
    domain: z.string().optional(),
    status: z.enum(['active', 'inactive']).optional(),
    /** Those behind this address: `next` of the page before. */
    after: z.string().optional(),
    offset: z.coerce.number().int().min(0).optional(),
    limit: z.coerce.number().int().min(1).max(serverLimits.listedUsers).optional(),
  }),
  /** `next` is null on the last page. */
  reply: z.object({ users: z.array(user), next: z.string().nullable() }),
  run: async ({ accounts }, { limit = serverLimits.listedUsers, ...query }) => {
    const found = await accounts.pageUsers({ ...query, limit: limit + 1 })
    const users = found.slice(0, limit).map(asReply)
    return { users, next: found.length > limit ? (users.at(-1)?.address ?? null) : null }
  },
})

export const addUser = route({
  method: 'POST',
  path: '/v1/users',
  summary: 'Make a user with the default mailboxes',
  success: 201,
  input: z.strictObject({ address: z.string(), password: z.string(), display_name: z.string().optional() }),
  reply: user,
  run: async ({ accounts }, { address, password, display_name = '' }) =>
    asReply(await accounts.addUser(address, password, { displayName: display_name })),
})

export const showUser = route({
  method: 'GET',
  path: '/v1/users/:address',
  summary: 'One user',
  success: 200,
  input: addressed,
  reply: user,
  run: async ({ accounts }, { address }) => asReply(await accounts.showUser(address)),
})

export const setUser = route({
  method: 'PATCH',
  path: '/v1/users/:address',
  summary: 'Change what is known of a user',
  success: 200,
  input: z.strictObject({
    address: z.string(),
    display_name: z.string().optional(),
    send_as: z.enum(['own', 'any']).optional(),
    messages_per_hour: perHour.optional(),
    recipients_per_hour: perHour.optional(),
    allow_smtp: z.boolean().optional(),
    allow_imap: z.boolean().optional(),
  }),
  reply: user,
  run: async ({ accounts }, { address, display_name, ...switches }) => {
    const name = display_name === undefined ? {} : { displayName: display_name }
    return asReply(await accounts.setUser(address, { ...name, ...sendingOf(switches), ...accessOf(switches) }))
  },
})

export const setPassword = route({
  method: 'PUT',
  path: '/v1/users/:address/password',
  summary: 'Set a new password; the sessions of the user end',
  success: 204,
  input: z.strictObject({ address: z.string(), password: z.string() }),
  reply: z.undefined(),
  run: ({ accounts }, { address, password }) => accounts.setPassword(address, password).then(() => undefined),
})

export const enableUser = route({
  method: 'POST',
  path: '/v1/users/:address/enable',
  summary: 'Let a user log in and receive mail',
  success: 200,
  input: addressed,
  reply: user,
  run: async ({ accounts }, { address }) => asReply(await accounts.enableUser(address)),
})

export const disableUser = route({
  method: 'POST',
  path: '/v1/users/:address/disable',
  summary: 'Keep a user from logging in and receiving mail; sessions end, nothing is lost',
  success: 200,
  input: addressed,
  reply: user,
  run: async ({ accounts }, { address }) => asReply(await accounts.disableUser(address)),
})

/** What still leads to the address: aliases, and domains by their catch-alls; of both the first. */
const removed = z.object({ aliases: z.array(z.string()), catch_alls: z.array(z.string()) })
export type RemovedReply = z.infer<typeof removed>

export const removeUser = route({
  method: 'DELETE',
  path: '/v1/users/:address',
  summary: 'Remove a user with all mailboxes and mail',
  success: 200,
  input: addressed,
  reply: removed,
  run: async ({ accounts }, { address }) => {
    const { aliases, catchAlls } = await accounts.removeUser(address)
    return { aliases: [...aliases], catch_alls: [...catchAlls] }
  },
})
