/** The DNS by Node's resolver (c-ares): what its errors mean, how long is waited, how many are asked at once, and what is remembered. */
import { type MxRecord, promises, type RecordWithTtl } from 'node:dns'
import type { Clock } from '../core/clock.js'
import { canonicalIp } from '../core/ip-address.js'
import { queueLimits } from '../core/limits.js'
import { type Answer, AnswerCache } from './answer-cache.js'
import { type MailExchange, ResolveError, type Resolver, type ResolveTrouble } from './contracts.js'
import { Turns } from './turns.js'

/** What is asked of node:dns. It follows CNAMEs, and takes no search list and no /etc/hosts. */
export interface DnsQueries {
  resolveMx(name: string): Promise<MxRecord[]>
  resolve4(name: string, options: { readonly ttl: true }): Promise<RecordWithTtl[]>
  resolve6(name: string, options: { readonly ttl: true }): Promise<RecordWithTtl[]>
}

/** Queries to `servers`, or to those of the system when there is none. */
export function nodeQueries(servers: readonly { readonly address: string; readonly port: number }[]): DnsQueries {
  const resolver = new promises.Resolver({ timeout: queueLimits.dnsTimeout, tries: queueLimits.dnsTries })
  if (servers.length > 0)
    resolver.setServers(
      servers.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)),
    )
  return resolver
}

/** Codes of c-ares that say something of the name. EBADNAME: no name of the DNS can be so. */
const OF_THE_NAME: { readonly [code: string]: readonly [ResolveTrouble, string] } = {
  ENOTFOUND: ['no-such-name', 'there is no such name'],
  EBADNAME: ['no-such-name', 'there can be no such name'],
  ENODATA: ['no-data', 'there are no such records'],
}
/** Others say something of the servers: it is asked again later. */
const OF_THE_SERVERS: { readonly [code: string]: string } = {
  ESERVFAIL: 'the name servers fail (SERVFAIL)',
  EREFUSED: 'the name servers refuse to answer',
  ETIMEOUT: 'the name servers do not answer',
  ECONNREFUSED: 'no name server can be reached',
}

/** null: it is a fault, and not of the DNS. */
function troubleOf(error: unknown): ResolveError | null {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || syscall?.startsWith('query') !== true) return null
  const known = OF_THE_NAME[code]
  if (known !== undefined) return new ResolveError(...known)
  return new ResolveError('unavailable', OF_THE_SERVERS[code] ?? `the look-up failed (${code})`)
}

/** RFC 6761 §6.3: the DNS is not asked. */
const isLocalhost = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')

type Known<T> = readonly T[] | ResolveError

export class DnsResolver implements Resolver {
  readonly #queries: DnsQueries
  readonly #clock: Clock
  readonly #turns = new Turns(queueLimits.dnsAtOnce)
  readonly #exchanges: AnswerCache<Known<MailExchange>>
  readonly #addresses: AnswerCache<Known<string>>

  constructor(queries: DnsQueries, clock: Clock) {
    this.#queries = queries
    this.#clock = clock
    this.#exchanges = new AnswerCache(clock, queueLimits.dnsAnswers)
    this.#addresses = new AnswerCache(clock, queueLimits.dnsAnswers)
  }

  async mx(domain: string): Promise<readonly MailExchange[]> {
    return orThrow(await this.#exchanges.get(domain, () => this.#ask(() => this.#askMx(domain))))
  }

  async addresses(host: string, family: 4 | 6): Promise<readonly string[]> {
    if (isLocalhost(host)) return [family === 4 ? '127.0.0.1' : '::1']
    return orThrow(
      await this.#addresses.get(`${family} ${host}`, () => this.#ask(() => this.#askAddresses(host, family))),
    )
  }

  /** The API has no TTL of MX records. The most preferred are kept when there are too many. */
  async #askMx(domain: string): Promise<Answer<readonly MailExchange[]>> {
    const records = await this.#queries.resolveMx(domain)
    const value = records
      .map(({ priority, exchange }) => ({ preference: priority, exchange: exchange.toLowerCase().replace(/\.$/, '') }))
      .sort((a, b) => a.preference - b.preference)
      .slice(0, queueLimits.dnsRecords)
    return { value, ttl: queueLimits.mxTtl }
  }

  async #askAddresses(host: string, family: 4 | 6): Promise<Answer<readonly string[]>> {
    const options = { ttl: true } as const
    const records = await (family === 4 ? this.#queries.resolve4(host, options) : this.#queries.resolve6(host, options))
    const some = records.slice(0, queueLimits.dnsRecords)
    const shortest = Math.min(...some.map(({ ttl }) => ttl * 1000), queueLimits.longestTtl)
    return { value: some.flatMap(({ address }) => canonicalIp(address) ?? []), ttl: Math.max(0, shortest) }
  }

  /** What is for good is remembered as well, for a short time. @throws ResolveError 'unavailable' */
  async #ask<T>(query: () => Promise<Answer<readonly T[]>>): Promise<Answer<Known<T>>> {
    try {
      const answer = await this.#inTime(this.#turns.run(query))
      return answer.value.length > 0 ? answer : refusal(new ResolveError('no-data', 'there are no such records'))
    } catch (error) {
      const trouble = error instanceof ResolveError ? error : troubleOf(error)
      if (trouble === null) throw error
      if (trouble.trouble === 'unavailable') throw trouble
      return refusal(trouble)
    }
  }

  /** c-ares has time limits of each try, and of how many there are depends on the servers. */
  #inTime<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = new ResolveError('unavailable', 'the name servers do not answer')
      const cancel = this.#clock.after(queueLimits.dnsDeadline, () => reject(late))
      answer.then(resolve, reject).finally(cancel)
    })
  }
}

const refusal = (error: ResolveError): Answer<ResolveError> => ({ value: error, ttl: queueLimits.refusalTtl })

function orThrow<T>(known: Known<T>): readonly T[] {
  if (known instanceof ResolveError) throw known
  return known
}
