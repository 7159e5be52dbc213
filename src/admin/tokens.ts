/** /v1/tokens: who may use the admin port. A token is shown once, when it is made. */
import { z } from 'zod'
import { route } from './route.js'

const name = z.string().regex(/^[\w.@-]{1,64}$/, 'must be 1 to 64 letters, digits, or characters of ._@-')
const named = z.strictObject({ name })
const token = z.object({ name: z.string(), created_at: z.iso.datetime() })

export const listTokens = route({
  method: 'GET',
  path: '/v1/tokens',
  summary: 'All tokens of the admin port, by name',
  success: 200,
  input: z.strictObject({}),
  reply: z.object({ tokens: z.array(token) }),
  run: async ({ tokens }) => ({ tokens: tokens.list().map((t) => ({ name: t.name, created_at: t.createdAt })) }),
})

export const addToken = route({
  method: 'POST',
  path: '/v1/tokens',
  summary: 'Make a token for the admin port; it is shown this once',
  success: 201,
  input: named,
  reply: z.object({ name: z.string(), token: z.string() }),
  run: async ({ tokens }, input) => ({ name: input.name, token: await tokens.add(input.name) }),
})

export const revokeToken = route({
  method: 'DELETE',
  path: '/v1/tokens/:name',
  summary: 'Take a token away; from now on nobody gets in with it',
  success: 204,
  input: z.strictObject({ name: z.string() }),
  reply: z.undefined(),
  run: ({ tokens }, input) => tokens.revoke(input.name).then(() => undefined),
})
