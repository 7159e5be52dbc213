/**
 * As whom a user may write: under the own address, under it with a detail behind it where the domain has
 * sub-addressing, and under aliases that lead to one of these, directly or by others. A catch-all gives no right:
 * it leads to somebody all that nobody has. A user with `send_as` any may write under every address.
 *
 * Asks the store each time, so that a switch counts at once, in sessions that are open too.
 */
import { canonicalDomain } from '../core/domain-name.js'
import { sendingLimits } from '../core/limits.js'
import { foldAddress } from '../core/local-part.js'
import type { AccountStore, AliasStore, SendingSwitches } from '../store/store.js'
import { type Address, canonicalAddress, parseAddress, withoutDetail } from './address.js'
import type { SendingRights } from './contracts.js'

export type RightsStore = Pick<AccountStore, 'findUser' | 'findRecipient'> &
  Pick<AliasStore, 'findAlias' | 'findDomainSettings'>

export class StoreSendingRights implements SendingRights {
  readonly #store: RightsStore

  constructor(store: RightsStore) {
    this.#store = store
  }

  /** False for a user who is disabled or gone. */
  async owns(user: string, localPart: string, domain: string): Promise<boolean> {
    const switches = await this.switches(user)
    if (switches === null) return false
    if (switches.sendAs === 'any') return true
    const address = canonicalAddress(localPart, domain) ?? (await this.#base(localPart, domain))
    return address !== null && this.#leads(address, foldAddress(user))
  }

  async switches(user: string): Promise<SendingSwitches | null> {
    const found = await this.#store.findUser(user)
    return found?.status === 'active' ? found.sending : null
  }

  /** Each address once, so that aliases in a circle come to an end. */
  async #leads(from: Address, user: string): Promise<boolean> {
    const waiting = [from]
    const seen = new Set<string>()
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      if (one.address === user) return true
      if (seen.has(one.address)) continue
      if (seen.size === sendingLimits.addressesFollowed) return false
      seen.add(one.address)
      waiting.push(...(await this.#next(one)))
    }
    return false
  }

  /** Where an address leads that is not the user's. What is somebody's own leads no further. */
  async #next(one: Address): Promise<readonly Address[]> {
    const targets = await this.#store.findAlias(one.address)
    if (targets !== null) return targets.map(parseAddress).filter((target) => target !== null)
    if ((await this.#store.findRecipient(one.address)) !== null) return []
    const base = await this.#base(one.localPart, one.domain)
    return base === null ? [] : [base]
  }

  /** `user` of `user+detail`, as mail for it is delivered. */
  async #base(localPart: string, domain: string): Promise<Address | null> {
    const name = canonicalDomain(domain)
    const settings = name === null ? null : await this.#store.findDomainSettings(name)
    return settings?.subaddressing === true ? withoutDetail(localPart, domain, settings.separator) : null
  }
}
