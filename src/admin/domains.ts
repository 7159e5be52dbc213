/** /v1/domains: the domains whose mail is ours. */
import { z } from 'zod'
import { aliasLimits } from '../core/limits.js'
import type { Domain } from '../store/store.js'
import { route } from './route.js'

const domain = z.object({
  name: z.string(),
  users: z.number(),
  aliases: z.number(),
  created_at: z.iso.datetime(),
  catch_all: z.array(z.string()),
  subaddress: z.boolean(),
  separator: z.string(),
  subaddress_folders: z.boolean(),
})
export type DomainReply = z.infer<typeof domain>

const named = z.strictObject({ name: z.string() })

const asReply = (from: Domain): DomainReply => ({
  name: from.name,
  users: from.users,
  aliases: from.aliases,
  created_at: new Date(from.createdAt).toISOString(),
  catch_all: [...from.catchAll],
  subaddress: from.subaddressing,
  separator: from.separator,
  subaddress_folders: from.detailFolders,
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

export const showDomain = route({
  method: 'GET',
  path: '/v1/domains/:name',
  summary: 'One domain and its rules',
  success: 200,
  input: named,
  reply: domain,
  run: async ({ accounts }, { name }) => asReply(await accounts.aliases.showDomain(name)),
})

export const setDomain = route({
  method: 'PATCH',
  path: '/v1/domains/:name',
  summary: 'Change the rules of a domain',
  success: 200,
  input: z.strictObject({
    name: z.string(),
    catch_all: z.array(z.string()).max(aliasLimits.targets).optional(),
    subaddress: z.boolean().optional(),
    separator: z.string().optional(),
    subaddress_folders: z.boolean().optional(),
  }),
  reply: domain,
  run: async ({ accounts }, { name, catch_all, subaddress, separator, subaddress_folders }) =>
    asReply(
      await accounts.aliases.setDomain(name, {
        ...(catch_all !== undefined && { catchAll: catch_all }),
        ...(subaddress !== undefined && { subaddressing: subaddress }),
        ...(separator !== undefined && { separator }),
        ...(subaddress_folders !== undefined && { detailFolders: subaddress_folders }),
      }),
    ),
})

export const removeDomain = route({
  method: 'DELETE',
  path: '/v1/domains/:name',
  summary: 'Give a domain up; it must have no users and no aliases',
  success: 204,
  input: named,
  reply: z.undefined(),
  run: ({ accounts }, { name }) => accounts.removeDomain(name).then(() => undefined),
})
