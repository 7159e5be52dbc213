/** Administration of aliases and of the rules of a domain, with all checks. */
import { aliasLimits } from '../core/limits.js'
import { foldAddress } from '../core/local-part.js'
import { splitAddress } from '../core/mail-address.js'
import { quoted } from '../core/quoted.js'
import type { AccountStore, AliasStore, Domain, DomainSettings, Leading } from '../store/store.js'
import { type CheckedAlias, checkTargets, findDeadTargets } from './dead-targets.js'
import { AccountError, declined } from './errors.js'
import { addressOf, domainOf, targetOf } from './named.js'

/** RFC 5321 §4.1.2: what an Atom may have beside letters and digits, so that nothing needs quotes. */
const SEPARATOR = /^[!#$%&'*+/=?^_`{|}~-]$/

type Administered = AliasStore & Pick<AccountStore, 'findDomain' | 'findRecipient'>

/** Names and addresses are taken in any case and in U-labels; results have the canonical form. */
export class AliasService {
  readonly #store: Administered

  constructor(store: Administered) {
    this.#store = store
  }

  /** @throws AccountError 'bad-domain' | 'no-such-domain' */
  async showDomain(name: string): Promise<Domain> {
    const domain = domainOf(name)
    const found = await this.#ask(domain, (store) => store.findDomain(domain))
    if (found === null) throw declined('no-such-domain', domain)
    return found
  }

  /** Only what is given changes. @throws AccountError 'bad-*' | 'no-such-domain' | 'too-many-targets' */
  async setDomain(name: string, { catchAll, separator, ...update }: Partial<DomainSettings>): Promise<Domain> {
    const domain = domainOf(name)
    if (separator !== undefined && !SEPARATOR.test(separator))
      throw new AccountError(
        'bad-separator',
        `${quoted(separator)} is not one of ! # $ % & ' * + / = ? ^ _ \` { | } ~ -`,
      )
    const settings = {
      ...update,
      ...(separator !== undefined && { separator }),
      ...(catchAll !== undefined && { catchAll: await this.#targets(catchAll) }),
    }
    return this.#ask(domain, (store) => store.updateDomain(domain, settings))
  }

  /** Adds targets to an alias, which is made if it is not there. @throws AccountError 'bad-address' | 'no-such-domain' | 'user-exists' | 'too-many-targets' */
  async add(text: string, targets: readonly string[]): Promise<CheckedAlias> {
    const { address } = addressOf(text)
    const all = await this.#targets(targets)
    const alias = await this.#ask(address, (store) => store.addAlias(address, all))
    const deadTargets = await this.#ask(address, (store) => findDeadTargets(store, alias))
    return { ...alias, deadTargets }
  }

  /** By address; of one domain, or all. @throws AccountError 'bad-domain' | 'no-such-domain' */
  async list(name?: string): Promise<readonly CheckedAlias[]> {
    const domain = name === undefined ? undefined : (await this.showDomain(name)).name
    return this.#ask('', async (store) => checkTargets(store, await store.listAliases(domain)))
  }

  /** What has an address among its targets, in any form; of each kind the first `aliasLimits.leadingNamed`. */
  async leadingTo(text: string): Promise<Leading> {
    const { address } = addressOf(text)
    return this.#ask(address, (store) => store.findLeading(address, aliasLimits.leadingNamed))
  }

  /** With all its targets. @throws AccountError 'bad-address' | 'no-such-alias' */
  async remove(text: string): Promise<void> {
    const { address } = addressOf(text)
    await this.#ask(address, (store) => store.removeAlias(address, null))
  }

  /** One target, in any case; the alias goes with the last. @throws AccountError 'bad-address' | 'no-such-alias' | 'no-such-target' */
  async removeTarget(text: string, target: string): Promise<void> {
    const { address } = addressOf(text)
    const wanted = foldAddress(targetOf(target))
    const targets = await this.#ask(address, (store) => store.findAlias(address))
    if (targets === null) throw declined('no-such-alias', address)
    const gone = targets.filter((one) => foldAddress(one) === wanted)
    if (gone.length === 0) throw new AccountError('no-such-target', `${address} does not lead to ${target}`)
    await this.#ask(address, (store) => store.removeAlias(address, gone))
  }

  /** Those of our own domains in the form in which users and aliases are kept. */
  async #targets(texts: readonly string[]): Promise<readonly string[]> {
    const ours = new Map<string, boolean>()
    const targets: string[] = []
    for (const target of texts.map(targetOf)) {
      const { domain } = splitAddress(target)
      if (!ours.has(domain)) ours.set(domain, (await this.#ask(domain, (s) => s.findDomainSettings(domain))) !== null)
      targets.push(ours.get(domain) ? addressOf(target).address : target)
    }
    return targets
  }

  /** The store's refusals in words; `subject` is what they are about. */
  async #ask<T>(subject: string, question: (store: Administered) => Promise<T>): Promise<T> {
    try {
      return await question(this.#store)
    } catch (error) {
      throw AccountError.from(error, subject)
    }
  }
}
