/** Aliases and the settings of domains in memory: what the model store and the accounts of tests are made of. */
import { lowerAscii } from '../src/core/domain-name.js'
import { aliasLimits } from '../src/core/limits.js'
import { foldAddress } from '../src/core/local-part.js'
import { StoreError } from '../src/store/errors.js'
import type { Alias, AliasStore, Domain, DomainSettings, Leading, Recipient, User } from '../src/store/store.js'

const DEFAULTS: DomainSettings = { catchAll: [], subaddressing: true, separator: '+', detailFolders: false }

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)
const ascending = (texts: Iterable<string>): string[] =>
  [...new Set(texts)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

export abstract class AliasBook implements AliasStore {
  #aliases: Alias[] = []
  readonly #settings = new Map<string, DomainSettings>()

  abstract findDomain(name: string): Promise<Domain | null>
  abstract listUsers(domain?: string): Promise<readonly User[]>
  abstract findRecipient(address: string): Promise<Recipient | null>
  protected abstract now(): number

  /** What a domain has beside its name and its users. */
  protected settingsOf(domain: string): DomainSettings & { readonly aliases: number } {
    const aliases = this.#aliases.filter(({ address }) => domainOf(address) === domain).length
    return { aliases, ...(this.#settings.get(domain) ?? DEFAULTS) }
  }

  protected forgetDomain(name: string): void {
    this.#settings.delete(name)
  }

  protected hasAlias(address: string): boolean {
    return this.#aliases.some((alias) => alias.address === address)
  }

  async updateDomain(given: string, update: Partial<DomainSettings>): Promise<Domain> {
    const { name } = await this.#domain(given)
    const settings = { ...DEFAULTS, ...this.#settings.get(name), ...update }
    const catchAll = ascending(settings.catchAll)
    if (catchAll.length > aliasLimits.targets) throw new StoreError('too-many-targets', name)
    this.#settings.set(name, { ...settings, catchAll })
    return this.#domain(name)
  }

  async #domain(name: string): Promise<Domain> {
    const domain = await this.findDomain(name)
    if (domain === null) throw new StoreError('no-such-domain', name)
    return domain
  }

  async findDomainSettings(name: string): Promise<DomainSettings | null> {
    const domain = await this.findDomain(name)
    if (domain === null) return null
    const { catchAll, subaddressing, separator, detailFolders } = domain
    return { catchAll, subaddressing, separator, detailFolders }
  }

  async addAlias(given: string, targets: readonly string[]): Promise<Alias> {
    if (targets.length === 0) throw new Error('an alias needs a target')
    const address = foldAddress(given)
    await this.#domain(domainOf(address))
    if ((await this.findRecipient(address)) !== null) throw new StoreError('user-exists', address)
    const before = this.#aliases.find((alias) => alias.address === address)
    const all = ascending([...(before?.targets ?? []), ...targets])
    if (all.length > aliasLimits.targets) throw new StoreError('too-many-targets', address)
    return this.#put({ address, targets: all, createdAt: before?.createdAt ?? this.now() })
  }

  #put(alias: Alias): Alias {
    this.#aliases = this.#aliases.filter(({ address }) => address !== alias.address)
    if (alias.targets.length > 0) this.#aliases.push(alias)
    return alias
  }

  async removeAlias(address: string, targets: readonly string[] | null): Promise<void> {
    const alias = this.#aliases.find((one) => one.address === foldAddress(address))
    if (alias === undefined) throw new StoreError('no-such-alias', address)
    const gone = targets ?? alias.targets
    this.#put({ ...alias, targets: alias.targets.filter((target) => !gone.includes(target)) })
  }

  async listAliases(domain?: string): Promise<readonly Alias[]> {
    const of = this.#aliases.filter(({ address }) => domain === undefined || domainOf(address) === lowerAscii(domain))
    return ascending(of.map(({ address }) => address)).flatMap((name) => of.filter(({ address }) => address === name))
  }

  async findAlias(address: string): Promise<readonly string[] | null> {
    return this.#aliases.find((alias) => alias.address === foldAddress(address))?.targets ?? null
  }

  async findLeading(given: string, limit: number): Promise<Leading> {
    const address = foldAddress(given)
    const aliases = this.#aliases.filter(({ targets }) => targets.includes(address))
    const domains = [...this.#settings].filter(([, { catchAll }]) => catchAll.includes(address))
    return {
      aliases: ascending(aliases.map((alias) => alias.address)).slice(0, limit),
      catchAlls: ascending(domains.map(([name]) => name)).slice(0, limit),
    }
  }

  async findOldestUser(domain: string): Promise<Recipient | null> {
    for (const of of [domain, undefined]) {
      const active = (await this.listUsers(of)).filter(({ status }) => status === 'active')
      const [oldest] = [...active].sort((a, b) => a.id - b.id)
      if (oldest !== undefined) return this.findRecipient(oldest.address)
    }
    return null
  }
}
