/** Where an address leads. Asks the store each time: its look-ups are cheap, and an answer is never stale. */
import { canonicalDomain, lowerAscii } from '../core/domain-name.js'
import { literalAddress } from '../core/ip-address.js'
import { splitAddress } from '../core/mail-address.js'
import type { DomainSettings, Recipient, Store } from '../store/store.js'
import { canonicalAddress } from './address.js'
import type { Directory, Resolution } from './contracts.js'
import { expand, type Step } from './expansion.js'

export interface DirectoryParts {
  readonly store: Pick<
    Store,
    'findRecipient' | 'findAlias' | 'findDomainSettings' | 'findOldestUser' | 'findMailboxAnyCase'
  >
  /** The server's own name: mail for a postmaster without a domain (RFC 5321 §4.5.1) is for its domain. */
  readonly hostname: string
  /** Asked at each look-up, so that a reload takes effect. */
  readonly rules: () => DirectoryRules
}

export interface DirectoryRules {
  /** Who gets the mail of postmasters that are neither a user nor an alias; null: `findOldestUser` says. */
  readonly postmaster: string | null
  /** IP addresses by which people may write to us, `alice@[192.0.2.1]`, as RFC 5952 has them. */
  readonly addressLiterals: readonly string[]
}

/**
 * In this order: a user; an alias; `user+detail` where the domain has it; the postmaster; the domain's catch-all.
 * A user of the server takes one look-up.
 */
export class StoreDirectory implements Directory {
  readonly #parts: DirectoryParts

  constructor(parts: DirectoryParts) {
    this.#parts = parts
  }

  async resolve(localPart: string, domain: string): Promise<Resolution> {
    const postmaster = isPostmaster(localPart)
    if (domain === '' && !postmaster) return { kind: 'unknown-user' }
    const name = await this.#meant(domain, postmaster)
    if (name === null) return { kind: 'remote' }
    const resolution = await this.#follow(localPart, name)
    if (!postmaster || delivers(resolution)) return resolution
    // RFC 5321 §4.5.1: nothing that is configured wrongly keeps such mail out.
    const ours = resolution.kind !== 'remote' || name === this.#parts.hostname
    return (ours ? await this.#oldest(name) : null) ?? resolution
  }

  /** The domain whose user `domain` asks for; null: it is none of ours. */
  async #meant(domain: string, postmaster: boolean): Promise<string | null> {
    const { hostname, rules } = this.#parts
    const literal = literalAddress(domain)
    if (literal !== null) return rules().addressLiterals.includes(literal) ? this.#home() : null
    const name = domain === '' ? hostname : canonicalDomain(domain)
    return name === hostname && postmaster ? this.#home() : name
  }

  /** The host's name or the domain above it, whichever is ours. */
  async #home(): Promise<string> {
    const { hostname, store } = this.#parts
    const above = hostname.slice(hostname.indexOf('.') + 1)
    for (const domain of [hostname, above]) if ((await store.findDomainSettings(domain)) !== null) return domain
    return hostname
  }

  async #follow(localPart: string, domain: string): Promise<Resolution> {
    const step = await this.#look(localPart, domain)
    if (step.kind === 'remote') return { kind: 'remote' }
    if (step.kind !== 'leads-to') return step
    return expand(step.targets, (address) => {
      const { localPart, domain } = splitAddress(address)
      return this.#look(localPart, domain)
    })
  }

  /** `domain` in its canonical form. */
  async #look(localPart: string, domain: string): Promise<Step> {
    const { store } = this.#parts
    const address = canonicalAddress(localPart, domain)
    const user = address === null ? null : await store.findRecipient(address.address)
    const postmaster = isPostmaster(localPart)
    if (user !== null && (user.status === 'active' || !postmaster)) return entrance(user)
    const settings = await store.findDomainSettings(domain)
    if (settings === null) return { kind: 'remote', address: `${localPart}@${domain}` }
    const known = address === null ? null : await store.findAlias(address.address)
    if (known !== null) return { kind: 'leads-to', targets: known }
    const base = settings.subaddressing ? await this.#detailed(localPart, domain, settings) : null
    if (base !== null) return base
    const targets = this.#instead(postmaster, settings)
    if (targets.length > 0) return { kind: 'leads-to', targets }
    return (postmaster ? await this.#oldest(domain) : null) ?? { kind: 'unknown-user' }
  }

  /** Who gets what is for nobody. */
  #instead(postmaster: boolean, { catchAll }: DomainSettings): readonly string[] {
    const named = postmaster ? this.#parts.rules().postmaster : null
    return named === null ? catchAll : [named]
  }

  /** `user+detail`, whose detail may be what no name can have, `"user+my folder"`: the user is then told by the own address. */
  async #detailed(
    localPart: string,
    domain: string,
    { separator, detailFolders }: DomainSettings,
  ): Promise<Step | null> {
    const { store } = this.#parts
    // Before folding, which would change the case of the folder.
    const text = localPart.normalize('NFC')
    const at = text.indexOf(separator, 1)
    const base = at === -1 ? null : canonicalAddress(text.slice(0, at), domain)
    if (base === null) return null
    const user = await store.findRecipient(base.address)
    if (user === null) {
      const targets = await store.findAlias(base.address)
      return targets === null ? null : { kind: 'leads-to', targets }
    }
    const folder = detailFolders ? await store.findMailboxAnyCase(user.account, text.slice(at + 1)) : null
    const { address } = canonicalAddress(localPart, domain) ?? base
    return entrance({ ...user, address, inbox: folder?.id ?? user.inbox })
  }

  async #oldest(domain: string): Promise<Extract<Resolution, { kind: 'local' | 'disabled' }> | null> {
    const user = await this.#parts.store.findOldestUser(domain)
    return user === null ? null : entrance(user)
  }
}

const isPostmaster = (localPart: string): boolean => lowerAscii(localPart) === 'postmaster'

const delivers = ({ kind }: Resolution): boolean => kind === 'local' || kind === 'alias'

const entrance = ({
  account,
  address,
  status,
  inbox,
}: Recipient): Extract<Resolution, { kind: 'local' | 'disabled' }> =>
  status === 'active' ? { kind: 'local', account, mailbox: inbox, address } : { kind: 'disabled' }
