/** A DNS in memory: what each name has, and which names give trouble. */
import { type MailExchange, ResolveError, type Resolver, type ResolveTrouble } from '../src/queue/contracts.js'

/** `trouble`: of every question about the name, or of one kind of them. */
export interface TableEntry {
  /** Preference and name; an empty name is a null MX. */
  readonly mx?: readonly (readonly [preference: number, exchange: string])[]
  readonly a?: readonly string[]
  readonly aaaa?: readonly string[]
  readonly cname?: string
  readonly trouble?: ResolveTrouble | { readonly [K in 'mx' | 'a' | 'aaaa']?: ResolveTrouble }
}

export type Table = { readonly [name: string]: TableEntry }

type Kind = 'mx' | 'a' | 'aaaa'

/** As many as resolvers follow. */
const LONGEST_CHAIN = 8

/** A name that it has not is no-such-name, and a loop of CNAMEs is unavailable, as resolvers have it. */
export class TableResolver implements Resolver {
  readonly #entries = new Map<string, TableEntry>()
  /** What was asked, in order: `mx example.org`. */
  readonly asked: string[] = []

  constructor(table: Table = {}) {
    for (const [name, entry] of Object.entries(table)) this.set(name, entry)
  }

  /** Replaces what was there; null: there is no such name any more. */
  set(name: string, entry: TableEntry | null): void {
    if (entry === null) this.#entries.delete(name)
    else this.#entries.set(name, entry)
  }

  async mx(domain: string): Promise<readonly MailExchange[]> {
    const { mx = [] } = this.#look(domain, 'mx')
    if (mx.length === 0) throw new ResolveError('no-data', `${domain} has no MX`)
    return mx.map(([preference, exchange]) => ({ preference, exchange }))
  }

  async addresses(host: string, family: 4 | 6): Promise<readonly string[]> {
    const kind = family === 4 ? 'a' : 'aaaa'
    const found = this.#look(host, kind)[kind] ?? []
    if (found.length === 0) throw new ResolveError('no-data', `${host} has no ${kind.toUpperCase()}`)
    return found
  }

  #look(asked: string, kind: Kind): TableEntry {
    this.asked.push(`${kind} ${asked}`)
    let name = asked
    for (let step = 0; step < LONGEST_CHAIN; step++) {
      const entry = this.#entries.get(name)
      if (entry === undefined) throw new ResolveError('no-such-name', `${name} does not exist`)
      const trouble = typeof entry.trouble === 'object' ? entry.trouble[kind] : entry.trouble
      if (trouble !== undefined) throw new ResolveError(trouble, `${name}: ${trouble}`)
      if (entry.cname === undefined) return entry
      name = entry.cname
    }
    throw new ResolveError('unavailable', `${asked}: CNAMEs go round in circles`)
  }
}
