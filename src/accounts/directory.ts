/** Where an address leads. Asks the store each time: its look-ups are cheap, and an answer is never stale. */
import { canonicalDomain, lowerAscii } from '../core/domain-name.js'
import type { AccountStore } from '../store/store.js'
import { canonicalAddress } from './address.js'
import type { Directory, Resolution } from './contracts.js'

export interface DirectoryParts {
  readonly store: Pick<AccountStore, 'findDomain' | 'findRecipient'>
  /** The server's own name: mail for a postmaster without a domain (RFC 5321 §4.5.1) is for its domain. */
  readonly hostname: string
}

export class StoreDirectory implements Directory {
  readonly #parts: DirectoryParts

  constructor(parts: DirectoryParts) {
    this.#parts = parts
  }

  async resolve(localPart: string, domain: string): Promise<Resolution> {
    if (domain === '') return this.#postmaster(localPart)
    const name = canonicalDomain(domain)
    if (name === null) return { kind: 'remote' }
    const address = canonicalAddress(localPart, name)
    const found = address === null ? null : await this.#parts.store.findRecipient(address.address)
    if (found === null) return this.#nobody(name)
    if (found.status !== 'active') return { kind: 'disabled' }
    return { kind: 'local', account: found.account, mailbox: found.inbox, address: found.address }
  }

  async #nobody(domain: string): Promise<Resolution> {
    const ours = (await this.#parts.store.findDomain(domain)) !== null
    return { kind: ours ? 'unknown-user' : 'remote' }
  }

  /** The postmaster of the host's name or of the domain above it, whichever is ours. */
  async #postmaster(localPart: string): Promise<Resolution> {
    if (lowerAscii(localPart) !== 'postmaster') return { kind: 'unknown-user' }
    const { hostname } = this.#parts
    for (const domain of [hostname, hostname.slice(hostname.indexOf('.') + 1)]) {
      const resolution = await this.resolve(localPart, domain)
      if (resolution.kind !== 'remote') return resolution
    }
    return { kind: 'unknown-user' }
  }
}
