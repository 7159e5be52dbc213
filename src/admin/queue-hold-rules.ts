/** /v1/queue/hold-rules: which new mail waits until somebody has looked at it. */
import { z } from 'zod'
import { canonicalDomain } from '../core/domain-name.js'
import { queueLimits } from '../core/limits.js'
import { parseMailAddress, splitAddress } from '../core/mail-address.js'
import type { HoldRule } from '../store/store.js'
import { isoTime } from './queue-fields.js'
import { noteControl } from './queue-note.js'
import { InvalidInput, route } from './route.js'

const rule = z.object({
  name: z.string(),
  sender: z.string().nullable(),
  recipient: z.string().nullable(),
  created_at: z.iso.datetime(),
})
export type HoldRuleReply = z.infer<typeof rule>

const asReply = ({ createdAt, ...same }: HoldRule): HoldRuleReply => ({ ...same, created_at: isoTime(createdAt) })

/** An address, `*@domain`, or with `below` also `*@*.domain`; the domain in its canonical form. null: none of these. */
export function readPattern(text: string, { below }: { readonly below: boolean }): string | null {
  const { localPart, domain } = splitAddress(text)
  if (localPart !== '*') return parseMailAddress(text)
  const isBelow = below && domain.startsWith('*.')
  const canonical = canonicalDomain(isBelow ? domain.slice('*.'.length) : domain)
  return canonical === null ? null : `*@${isBelow ? '*.' : ''}${canonical}`
}

/** @throws InvalidInput, which names the field */
function patternOf(text: string | undefined, field: 'sender' | 'recipient'): string | null {
  if (text === undefined) return null
  const below = field === 'recipient'
  const pattern = readPattern(text, { below })
  const forms = below ? 'an address, *@domain or *@*.domain' : 'an address or *@domain'
  if (pattern === null) throw new InvalidInput([`${field}: must be ${forms}`])
  return pattern
}

export const listHoldRules = route({
  method: 'GET',
  path: '/v1/queue/hold-rules',
  summary: 'All rules by which new mail is held, by name',
  success: 200,
  input: z.strictObject({}),
  reply: z.object({ hold_rules: z.array(rule) }),
  run: async ({ store }) => ({ hold_rules: (await store.listHoldRules()).map(asReply) }),
})

export const addHoldRule = route({
  method: 'POST',
  path: '/v1/queue/hold-rules',
  summary: 'Hold new mail of a sender, to a recipient, or of the one to the other',
  success: 201,
  input: z.strictObject({
    name: z.string().min(1).max(queueLimits.holdRuleName),
    sender: z.string().optional().describe('address, or *@domain'),
    recipient: z.string().optional().describe('address, *@domain, or *@*.domain'),
  }),
  reply: rule,
  run: async ({ store }, input) => {
    const sender = patternOf(input.sender, 'sender')
    const recipient = patternOf(input.recipient, 'recipient')
    if (sender === null && recipient === null) throw new InvalidInput(['give sender, recipient or both'])
    return asReply(await store.addHoldRule({ name: input.name, sender, recipient }))
  },
  note: (log, input) => noteControl(log, 'add-hold-rule', input),
})

export const removeHoldRule = route({
  method: 'DELETE',
  path: '/v1/queue/hold-rules/:name',
  summary: 'Hold no more mail by this rule; what it holds stays held',
  success: 204,
  input: z.strictObject({ name: z.string() }),
  reply: z.undefined(),
  run: ({ store }, { name }) => store.removeHoldRule(name).then(() => undefined),
  note: (log, input) => noteControl(log, 'remove-hold-rule', input),
})
