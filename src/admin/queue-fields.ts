/** What the routes of the queue have in common: filters, pages, and names of destinations. */
import { z } from 'zod'
import { canonicalDomain, lowerAscii } from '../core/domain-name.js'
import { queueLimits } from '../core/limits.js'
import type { FinishedFilter, QueueFilter, QueuePosition } from '../store/store.js'
import { InvalidInput } from './route.js'

const text = z.string().max(queueLimits.queueText)

/** Of one recipient of one message. */
export const whoFields = {
  id: text.optional().describe('queue id'),
  sender: text.optional().describe('address, or part of one; empty: the null reverse-path'),
  recipient: text.optional().describe('address, or part of one'),
  domain: text.optional().describe('destination: a domain, or an address literal in brackets'),
  error: text.optional().describe('part of the last reply'),
}

export const filterFields = {
  ...whoFields,
  status: z.enum(['pending', 'held', 'failed']).optional(),
  before: z.iso.datetime({ offset: true }).optional().describe('enqueued then or before'),
}

interface WhoInput {
  readonly id?: string | undefined
  readonly sender?: string | undefined
  readonly recipient?: string | undefined
  readonly domain?: string | undefined
  readonly error?: string | undefined
}

interface FilterInput extends WhoInput {
  readonly status?: QueueFilter['status'] | undefined
  readonly before?: string | undefined
}

export const pageLimit = z.coerce.number<string | number>().int().min(1).max(queueLimits.queuePage).optional()
export const usualPage = 100

/** @throws InvalidInput for a domain that is none */
export const whoOf = ({ id, sender, recipient, domain, error }: WhoInput): FinishedFilter => ({
  ...(id === undefined ? {} : { id }),
  ...(sender === undefined ? {} : { sender }),
  ...(recipient === undefined ? {} : { recipient }),
  ...(domain === undefined ? {} : { domain: destinationOf(domain, 'domain') }),
  ...(error === undefined ? {} : { error }),
})

/** @throws InvalidInput for a domain that is none */
export const filterOf = ({ status, before, ...who }: FilterInput): QueueFilter => ({
  ...whoOf(who),
  ...(status === undefined ? {} : { status }),
  ...(before === undefined ? {} : { before: Date.parse(before) }),
})

/** A destination as the queue has it. @throws InvalidInput, which names the field */
export function destinationOf(name: string, field: string): string {
  const known = /^\[.+\]$/.test(name) ? lowerAscii(name) : canonicalDomain(name)
  if (known === null) throw new InvalidInput([`${field}: must be a domain, or an address in brackets`])
  return known
}

/** Where a page ends, as one word for `after` of the next one. */
export const cursorOf = ({ id, recipient }: QueuePosition): string => `${id} ${recipient}`

/** @throws InvalidInput */
export function positionOf(cursor: string): QueuePosition {
  const at = cursor.indexOf(' ')
  if (at === -1) throw new InvalidInput(['after: must be what "next" of the page before was'])
  return { id: cursor.slice(0, at), recipient: cursor.slice(at + 1) }
}

/** The first `limit` of `found`, which has one more where another page follows. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
): { readonly items: readonly T[]; readonly last: T | null } {
  const items = found.slice(0, limit)
  return { items, last: found.length > limit ? (items.at(-1) ?? null) : null }
}

export const isoTime = (at: number): string => new Date(at).toISOString()
export const isoTimeOrNull = (at: number | null): string | null => (at === null ? null : isoTime(at))
