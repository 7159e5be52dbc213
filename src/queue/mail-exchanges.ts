/** From the MX records of a domain to the names that are tried, in their order (RFC 5321 §5.1). Pure but for chance. */
import { canonicalDomain } from '../core/domain-name.js'
import type { Random } from '../core/ids.js'
import type { MailExchange } from './contracts.js'

/** RFC 7505 §3: there is no other record with it. */
export const isNullMx = (records: readonly MailExchange[]): boolean =>
  records.length > 0 && records.every(({ exchange }) => exchange === '')

/**
 * Those whose exchange is a name of a host, each once with its best preference. Others are in the DNS as well: addresses
 * instead of names, octets of all kinds. Underscores are no part of host names, and yet mail servers have them.
 */
export function usableExchanges(records: readonly MailExchange[]): readonly MailExchange[] {
  const best = new Map<string, number>()
  for (const { preference, exchange } of records) {
    const name = exchange.replaceAll('_', 'x')
    if (canonicalDomain(name) !== name) continue
    best.set(exchange, Math.min(preference, best.get(exchange) ?? preference))
  }
  return [...best].map(([exchange, preference]) => ({ preference, exchange }))
}

/** By preference; those with the same in any order. */
export function inOrder(records: readonly MailExchange[], random: Random): readonly MailExchange[] {
  // A stable sort keeps the order of chance among equals.
  return shuffled(records, random).sort((a, b) => a.preference - b.preference)
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items]
  const order: T[] = []
  while (left.length > 0) order.push(...left.splice(random(4).readUInt32BE() % left.length, 1))
  return order
}

/** Without ours and all that are no more preferred: mail only comes closer to where it goes. */
export function beforeOurs<T extends { readonly preference: number }>(
  hosts: readonly T[],
  isOurs: (host: T) => boolean,
): readonly T[] {
  const ours = Math.min(...hosts.filter(isOurs).map(({ preference }) => preference))
  return hosts.filter(({ preference }) => preference < ours)
}
