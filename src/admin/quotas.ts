/** /v1/quota: how much users keep, and how much they may. Octets are those charged: a message and 5 % on top. */
import { z } from 'zod'
import { serverLimits } from '../core/limits.js'
import { levelOf, percentageOf, type Quota, type QuotaUpdate, thresholds } from '../store/quota.js'
import { route } from './route.js'

const quota = z.object({
  address: z.string(),
  used_bytes: z.number(),
  messages: z.number(),
  limit_bytes: z.number().meta({ description: '0: no limit' }),
  limit_messages: z.number().meta({ description: '0: no limit' }),
  own_limit_bytes: z.number().nullable().meta({ description: 'null: as the configuration has it' }),
  own_limit_messages: z.number().nullable().meta({ description: 'null: as the configuration has it' }),
  percentage: z.number(),
  level: z.enum(['ok', '80', '90', '95', 'full']),
})
export type QuotaReply = z.infer<typeof quota>

const asReply = (from: Quota): QuotaReply => ({
  address: from.address,
  used_bytes: from.used,
  messages: from.messages,
  limit_bytes: from.limits.octets,
  limit_messages: from.limits.messages,
  own_limit_bytes: from.own.octets,
  own_limit_messages: from.own.messages,
  percentage: Math.floor(percentageOf(from) * 10) / 10,
  level: levelOf(from),
})

/** 0: no limit; null: as the configuration has it. */
const limit = z.int().min(0).nullable().optional()

export const listQuotas = route({
  method: 'GET',
  path: '/v1/quota',
  summary: 'The quotas of all users, or of those who have used so many per cent, by address, a page at a time',
  success: 200,
  input: z.strictObject({
    level: z.enum(thresholds.map(String)).optional(),
    /** Those behind this address: `next` of the page before. */
    after: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(serverLimits.listedUsers).optional(),
  }),
  /** `next` is null on the last page. */
  reply: z.object({ quotas: z.array(quota), next: z.string().nullable() }),
  run: async ({ accounts }, { level, after, limit = serverLimits.listedUsers }) => {
    const reached = thresholds.find((threshold) => String(threshold) === level) ?? 0
    const found = await accounts.quotas.page({ reached, after, limit: limit + 1 })
    const quotas = found.slice(0, limit).map(asReply)
    return { quotas, next: found.length > limit ? (quotas.at(-1)?.address ?? null) : null }
  },
})

export const recalculateQuotas = route({
  method: 'POST',
  path: '/v1/quota/recalculate',
  summary: 'Count anew what all users keep, from their messages',
  success: 200,
  input: z.strictObject({}),
  reply: z.object({ quotas: z.array(quota) }),
  run: async ({ accounts }) => ({ quotas: (await accounts.quotas.recalculate(null)).map(asReply) }),
})

export const showQuota = route({
  method: 'GET',
  path: '/v1/users/:address/quota',
  summary: 'What a user keeps and may keep',
  success: 200,
  input: z.strictObject({ address: z.string() }),
  reply: quota,
  run: async ({ accounts }, { address }) => asReply(await accounts.quotas.show(address)),
})

export const setQuota = route({
  method: 'PATCH',
  path: '/v1/users/:address/quota',
  summary: 'Set what a user may keep; nothing that is there goes',
  success: 200,
  input: z.strictObject({ address: z.string(), limit_bytes: limit, limit_messages: limit }),
  reply: quota,
  run: async ({ accounts }, { address, limit_bytes, limit_messages }) => {
    const update: QuotaUpdate = {
      ...(limit_bytes === undefined ? {} : { octets: limit_bytes }),
      ...(limit_messages === undefined ? {} : { messages: limit_messages }),
    }
    return asReply(await accounts.quotas.set(address, update))
  },
})

export const recalculateQuota = route({
  method: 'POST',
  path: '/v1/users/:address/quota/recalculate',
  summary: 'Count anew what a user keeps, from the messages',
  success: 200,
  input: z.strictObject({ address: z.string() }),
  reply: z.object({ quotas: z.array(quota) }),
  run: async ({ accounts }, { address }) => ({ quotas: (await accounts.quotas.recalculate(address)).map(asReply) }),
})
