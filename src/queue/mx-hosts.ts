/** The hosts that take mail for a domain, by the DNS: MX, the domain itself where there is none, or why nobody does (RFC 5321 §5.1). */
import type { Random } from '../core/ids.js'
import { queueLimits } from '../core/limits.js'
import { type HopHost, type MailExchange, type Plan, ResolveError, type Resolver } from './contracts.js'
import { addressesOf, type HostAddresses } from './host-addresses.js'
import { beforeOurs, inOrder, isNullMx, usableExchanges } from './mail-exchanges.js'
import type { OwnHosts, Whereabouts } from './own-hosts.js'

export interface MxParts {
  readonly resolver: Resolver
  readonly own: OwnHosts
  readonly random: Random
}

export type Hosts =
  /** At least one. */
  { readonly kind: 'hosts'; readonly hosts: readonly HopHost[] } | Extract<Plan, { readonly kind: 'failed' | 'later' }>

const failed = (reply: string): Hosts => ({ kind: 'failed', reply })

/** How a reply calls those who were looked up. */
type Whose = 'mail servers' | 'address'

/** `domain` in its canonical form. */
export async function hostsByMx(domain: string, port: number, parts: MxParts): Promise<Hosts> {
  const records = await recordsOf(domain, parts.resolver)
  if (!(records instanceof ResolveError)) return byRecords(domain, records, port, parts)
  const implicit = [{ preference: 0, exchange: domain }]
  if (records.trouble === 'no-data') return reachable(domain, implicit, 'address', port, parts)
  if (records.trouble === 'no-such-name') return failed(`550 5.1.2 There is no domain ${domain}`)
  return { kind: 'later', reply: `451 4.4.3 Cannot look up the mail servers of ${domain}: ${records.message}` }
}

async function recordsOf(domain: string, resolver: Resolver): Promise<readonly MailExchange[] | ResolveError> {
  try {
    return await resolver.mx(domain)
  } catch (error) {
    if (error instanceof ResolveError) return error
    throw error
  }
}

async function byRecords(
  domain: string,
  records: readonly MailExchange[],
  port: number,
  parts: MxParts,
): Promise<Hosts> {
  if (isNullMx(records)) return failed(`556 5.1.10 ${domain} takes no mail`)
  const exchanges = usableExchanges(records)
  if (exchanges.length === 0) return failed(`550 5.4.4 The mail servers of ${domain} have no names of hosts`)
  return reachable(domain, exchanges, 'mail servers', port, parts)
}

/** RFC 5321 §5.1 on relays: by name first, as that needs no look-up, and then by address. */
async function reachable(
  domain: string,
  exchanges: readonly MailExchange[],
  whose: Whose,
  port: number,
  { resolver, own, random }: MxParts,
): Promise<Hosts> {
  const whereIs = own.whereabouts(port)
  const tried = inOrder(
    beforeOurs(exchanges, ({ exchange }) => own.named(exchange)),
    random,
  ).slice(0, queueLimits.mxHosts)
  const known = await Promise.all(
    tried.map(async (one) => ({ ...one, found: await addressesOf(resolver, one.exchange) })),
  )
  const left = beforeOurs(known, ({ found }) => found.kind === 'found' && found.addresses.some(is('ours', whereIs)))
  if (left.length === 0) return failed(`550 5.4.6 Mail loop: mail for ${domain} comes back to this server`)
  const hosts = left.flatMap(({ exchange, found }) => hopTo(exchange, port, found, whereIs))
  if (hosts.length > 0) return { kind: 'hosts', hosts }
  return nobody(
    domain,
    whose,
    left.map(({ found }) => found),
  )
}

const is =
  (wanted: Whereabouts, whereIs: (address: string) => Whereabouts) =>
  (address: string): boolean =>
    whereIs(address) === wanted

/** With the addresses that can be a server's; none: without any. */
function hopTo(
  name: string,
  port: number,
  found: HostAddresses,
  whereIs: (address: string) => Whereabouts,
): readonly HopHost[] {
  const addresses = found.kind === 'found' ? found.addresses.filter(is('elsewhere', whereIs)) : []
  return addresses.length === 0 ? [] : [{ name, port, addresses }]
}

/** RFC 3463 §3.5: X.4.4 is for names of which the DNS has nothing that leads on. */
function nobody(domain: string, whose: Whose, found: readonly HostAddresses[]): Hosts {
  const what = `the ${whose} of ${domain}`
  for (const one of found) {
    if (one.kind === 'unknown') return { kind: 'later', reply: `451 4.4.3 Cannot look up ${what}: ${one.why}` }
  }
  if (found.some(({ kind }) => kind === 'found'))
    return failed(`550 5.4.4 Mail for ${domain} leads to no address of a server`)
  return failed(
    whose === 'address'
      ? `550 5.4.4 ${domain} has neither mail servers nor an address`
      : `550 5.4.4 The mail servers of ${domain} have no address`,
  )
}
