/** /v1/domains: the domains whose mail is ours. */
import { z } from 'zod'
import type { Domain } from '../store/store.js'
import { route } from './route.js'

const domain = z.object({ name: z.string(), users: z.number(), created_at: z.iso.datetime() })
export type DomainReply = z.infer<typeof domain>

const named = z.strictObject({ name: z.string() })

const asReply = ({ name, users, createdAt }: Domain): DomainReply => ({
  name,
  users,
  created_at: new Date(createdAt).toISOString(),
})

export const listDomains = route({
  method: 'GET',
  path: '/v1/domains',
  summary: 'All domains, by name',
  success: 200,
  input: z.strictObject({}),
  reply: z.object({ domains: z.array(domain) }),
  run: async ({ accounts }) => ({ domains: (await accounts.listDomains()).map(asReply) }),
})

export const addDomain = route({
  method: 'POST',
  path: '/v1/domains',
  summary: 'Take a domain in',
  success: 201,
  input: named,
  reply: domain,
  run: async ({ accounts }, { name }) => asReply(await accounts.addDomain(name)),
})

export const removeDomain = route({
  method: 'DELETE',
  path: '/v1/domains/:name',
  summary: 'Give a domain up; it must have no users',
  success: 204,
  input: named,
  reply: z.undefined(),
  run: ({ accounts }, { name }) => accounts.removeDomain(name).then(() => undefined),
})
