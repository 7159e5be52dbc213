/** The addresses of a host in the order in which they are tried, or why it has none. */
import { isIP } from 'node:net'
import { queueLimits } from '../core/limits.js'
import { ResolveError, type Resolver } from './contracts.js'

/** none: for good. unknown: the DNS did not say; `why` in words. */
export type HostAddresses =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly why: string }

/** `host`: a name or an address. Of both families, IPv6 first and by turns (RFC 8305 §4). What one family has is enough. */
export async function addressesOf(resolver: Resolver, host: string): Promise<HostAddresses> {
  if (isIP(host) !== 0) return { kind: 'found', addresses: [host] }
  const answers = await Promise.all([ask(resolver, host, 6), ask(resolver, host, 4)])
  const [six, four] = answers.map((answer) => (answer instanceof ResolveError ? [] : answer))
  const addresses = byTurns(six ?? [], four ?? []).slice(0, queueLimits.addressesPerHost)
  if (addresses.length > 0) return { kind: 'found', addresses }
  const doubt = answers.find((answer) => answer instanceof ResolveError && answer.trouble === 'unavailable')
  return doubt instanceof ResolveError ? { kind: 'unknown', why: doubt.message } : { kind: 'none' }
}

async function ask(resolver: Resolver, host: string, family: 4 | 6): Promise<readonly string[] | ResolveError> {
  try {
    return await resolver.addresses(host, family)
  } catch (error) {
    if (error instanceof ResolveError) return error
    throw error
  }
}

function byTurns<T>(first: readonly T[], second: readonly T[]): T[] {
  const longest = Math.max(first.length, second.length)
  return Array.from({ length: longest }, (_, i) => [...first.slice(i, i + 1), ...second.slice(i, i + 1)]).flat()
}
