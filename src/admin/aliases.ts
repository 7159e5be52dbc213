/** /v1/aliases: addresses whose mail goes to others. */
import { z } from 'zod'
import type { CheckedAlias } from '../accounts/dead-targets.js'
import { aliasLimits } from '../core/limits.js'
import { route } from './route.js'

const alias = z.object({
  address: z.string(),
  targets: z.array(z.string()),
  /** Those of our domains that are nobody's. */
  dead_targets: z.array(z.string()),
  created_at: z.iso.datetime(),
})
export type AliasReply = z.infer<typeof alias>

const asReply = ({ address, targets, deadTargets, createdAt }: CheckedAlias): AliasReply => ({
  address,
  targets: [...targets],
  dead_targets: [...deadTargets],
  created_at: new Date(createdAt).toISOString(),
})

export const listAliases = route({
  method: 'GET',
  path: '/v1/aliases',
  summary: 'All aliases, or those of one domain, by address',
  success: 200,
  input: z.strictObject({ domain: z.string().optional() }),
  reply: z.object({ aliases: z.array(alias) }),
  run: async ({ accounts }, { domain }) => ({ aliases: (await accounts.aliases.list(domain)).map(asReply) }),
})

export const addAlias = route({
  method: 'POST',
  path: '/v1/aliases',
  summary: 'Add targets to an alias, which is made if it is not there',
  success: 201,
  input: z.strictObject({ address: z.string(), targets: z.array(z.string()).min(1).max(aliasLimits.targets) }),
  reply: alias,
  run: async ({ accounts }, { address, targets }) => asReply(await accounts.aliases.add(address, targets)),
})

export const removeAlias = route({
  method: 'DELETE',
  path: '/v1/aliases/:address',
  summary: 'Remove an alias with all its targets',
  success: 204,
  input: z.strictObject({ address: z.string() }),
  reply: z.undefined(),
  run: ({ accounts }, { address }) => accounts.aliases.remove(address).then(() => undefined),
})

export const removeAliasTarget = route({
  method: 'DELETE',
  path: '/v1/aliases/:address/targets/:target',
  summary: 'Take one target from an alias, which goes with its last',
  success: 204,
  input: z.strictObject({ address: z.string(), target: z.string() }),
  reply: z.undefined(),
  run: ({ accounts }, { address, target }) => accounts.aliases.removeTarget(address, target).then(() => undefined),
})
