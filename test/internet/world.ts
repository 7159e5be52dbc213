/** The names of the small internet and where they lead: domains of many kinds, each with its hosts. */
import { Dice } from '../dice.js'
import { type DnsReply, type DnsServer, type RecordType, startDnsServer } from '../dns-server.js'
import { characters, type Sink, startSink, Taken } from './sink.js'

/** Hosts of a kind of domain, with their preferences; or what else its name says. */
const KINDS: {
  readonly [kind: string]: readonly (readonly [number, string])[] | 'alias' | 'trouble' | 'none' | 'null'
} = {
  good: [[10, 'good']],
  moody: [[10, 'moody']],
  second: [
    [10, 'dead'],
    [20, 'good'],
  ],
  several: [
    [10, 'moody'],
    [10, 'good'],
    [30, 'dead'],
  ],
  'tls-refused': [[10, 'tls-refused']],
  'tls-broken': [[10, 'tls-broken']],
  old: [[0, 'old']],
  plain: [[10, 'plain']],
  slow: [[10, 'slow']],
  chunking: [[10, 'chunking']],
  dead: [[10, 'dead']],
  alias: 'alias',
  trouble: 'trouble',
  none: 'none',
  null: 'null',
}

/** Nothing can be delivered there. */
export const hopeless = (domain: string): boolean => /^(?:dead|none|null)\d/.test(domain)

export interface Internet {
  readonly dns: number
  readonly port: number
  readonly domains: readonly string[]
  readonly taken: Taken
  close(): Promise<void>
}

const HOSTS = [...Object.keys(characters), 'dead']
/** Each host has a loopback address of its own; the port is one for all, as on the real one. */
const addressOf = (host: string): string => `127.0.1.${1 + HOSTS.indexOf(host)}`

/** How often the names of `trouble` are not to be had before they are. */
const TROUBLES = 3

export async function startInternet(seed: number, domains: number): Promise<Internet> {
  const dice = new Dice(seed)
  const taken = new Taken()
  const kinds = Object.keys(KINDS)
  const names = Array.from({ length: domains }, (_, i) => `${kinds[i % kinds.length]}${i}.test`)
  const sinks = await startHosts(taken, dice)
  const dns = await startDnsServer(namesOf())
  return {
    dns: dns.port,
    port: sinks[0]?.port ?? 0,
    domains: names,
    taken,
    close: async () => void (await Promise.all([closeDns(dns), ...sinks.map((sink) => sink.close())])),
  }
}

const closeDns = (dns: DnsServer): Promise<void> => dns.close()

async function startHosts(taken: Taken, dice: Dice): Promise<readonly Sink[]> {
  const sinks: Sink[] = []
  for (const [name, character] of Object.entries(characters))
    sinks.push(await startSink(character, taken, dice, { address: addressOf(name), port: sinks[0]?.port ?? 0 }))
  return sinks
}

function namesOf(): (name: string, type: RecordType) => DnsReply {
  const troubles = new Map<string, number>()
  return (name, type) => {
    const host = /^(.+)\.host\.test$/.exec(name)?.[1]
    if (host !== undefined) return type === 'A' ? { records: [{ type: 'A', address: addressOf(host) }] } : {}
    const kind = KINDS[/^([a-z-]+)\d+\.test$/.exec(name)?.[1] ?? ''] ?? 'none'
    if (kind === 'none') return { rcode: 3 }
    if (kind === 'null') return type === 'MX' ? { records: [{ type: 'MX', preference: 0, exchange: '' }] } : {}
    if (kind === 'trouble') return troubled(name, type, troubles)
    const hosts = kind === 'alias' ? ([[10, 'good']] as const) : kind
    if (type !== 'MX') return {}
    const records = hosts.map(
      ([preference, to]) =>
        ({
          type: 'MX',
          preference,
          exchange: `${to}.host.test`,
          ...(kind === 'alias' ? { name: 'target.test' } : {}),
        }) as const,
    )
    return kind === 'alias' ? { records: [{ type: 'CNAME', to: 'target.test' }, ...records] } : { records }
  }
}

/** No MX, and an address that is found in the end (RFC 5321 §5.1). */
function troubled(name: string, type: RecordType, troubles: Map<string, number>): DnsReply {
  const before = troubles.get(name) ?? 0
  troubles.set(name, before + 1)
  if (before < TROUBLES) return { rcode: 2 }
  return type === 'A' ? { records: [{ type: 'A', address: addressOf('good') }] } : {}
}
