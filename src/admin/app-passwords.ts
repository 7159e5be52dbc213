/** /v1/users/…/app-passwords: passwords beside the main one. One is shown when it is made, and never again. */
import { z } from 'zod'
import type { AppPassword } from '../store/store.js'
import { route } from './route.js'

const appPassword = z.object({
  name: z.string(),
  smtp: z.boolean(),
  imap: z.boolean(),
  created_at: z.iso.datetime(),
  last_used: z.iso.datetime().nullable(),
})
export type AppPasswordReply = z.infer<typeof appPassword>

const asReply = ({ name, access, createdAt, lastUsed }: AppPassword): AppPasswordReply => ({
  name,
  ...access,
  created_at: new Date(createdAt).toISOString(),
  last_used: lastUsed === null ? null : new Date(lastUsed).toISOString(),
})

export const listAppPasswords = route({
  method: 'GET',
  path: '/v1/users/:address/app-passwords',
  summary: 'The app passwords of a user, by name, without the passwords themselves',
  success: 200,
  input: z.strictObject({ address: z.string() }),
  reply: z.object({ app_passwords: z.array(appPassword) }),
  run: async ({ accounts }, { address }) => ({
    app_passwords: (await accounts.appPasswords.list(address)).map(asReply),
  }),
})

export const addAppPassword = route({
  method: 'POST',
  path: '/v1/users/:address/app-passwords',
  summary: 'Make an app password; the answer shows it, and nothing does afterwards',
  success: 201,
  input: z.strictObject({
    address: z.string(),
    name: z.string(),
    smtp: z.boolean().optional(),
    imap: z.boolean().optional(),
  }),
  reply: appPassword.extend({ password: z.string() }),
  run: async ({ accounts }, { address, name, smtp = true, imap = true }) => {
    const { password, ...made } = await accounts.appPasswords.add(address, name, { smtp, imap })
    return { ...asReply(made), password }
  },
})

export const revokeAppPassword = route({
  method: 'DELETE',
  path: '/v1/users/:address/app-passwords/:name',
  summary: 'Revoke an app password; sessions that logged in with it end',
  success: 204,
  input: z.strictObject({ address: z.string(), name: z.string() }),
  reply: z.undefined(),
  run: ({ accounts }, { address, name }) => accounts.appPasswords.revoke(address, name).then(() => undefined),
})
