/**
 * Room in mailboxes, promised at RCPT and held until the transaction is over, so that two who ask at once are not
 * both promised the last place (decision 7). What is stored in the end is the writer's to decide: it alone sees
 * every message with the size that it has.
 */
import type { AccountId } from '../core/ids.js'
import type { Log } from '../core/log.js'
import { chargeOf, hasRoom, percentageOf, type Quota, type QuotaStore } from '../store/quota.js'
import { noRoomFor, quotaCheckPassed } from '../store/quota-events.js'

interface Amount {
  readonly octets: number
  readonly messages: number
}

/** held: call `release` once. full: there is no room. taken: there would be, but for what others were promised. */
export type Promised =
  | { readonly kind: 'held'; readonly release: () => void }
  | { readonly kind: 'full' }
  | { readonly kind: 'taken' }

export class QuotaRoom {
  readonly #store: Pick<QuotaStore, 'findQuota'>
  readonly #promised = new Map<AccountId, Amount>()

  constructor(store: Pick<QuotaStore, 'findQuota'>) {
    this.#store = store
  }

  /** Accounts that have been promised something. */
  get size(): number {
    return this.#promised.size
  }

  /** Room for one copy of `size` octets; 0 where nobody has said how many. An account that is gone is nobody's to judge here. */
  async promise(account: AccountId, size: number, log: Log): Promise<Promised> {
    const quota = await this.#store.findQuota(account)
    // A message has an octet at least: our trace fields.
    const wanted = { octets: chargeOf(Math.max(size, 1)), messages: 1 }
    if (quota !== null && !hasRoom(quota, wanted)) {
      noRoomFor(log, quota, { ...wanted, size })
      return { kind: 'full' }
    }
    const before = this.#promised.get(account) ?? { octets: 0, messages: 0 }
    const sum = { octets: before.octets + wanted.octets, messages: before.messages + wanted.messages }
    if (quota !== null && !hasRoom(quota, sum)) return { kind: 'taken' }
    this.#promised.set(account, sum)
    if (quota !== null) passed(log, quota, size, wanted)
    return { kind: 'held', release: () => this.#release(account, wanted) }
  }

  #release(account: AccountId, { octets, messages }: Amount): void {
    const held = this.#promised.get(account)
    if (held === undefined) return
    if (held.messages <= messages) this.#promised.delete(account)
    else this.#promised.set(account, { octets: held.octets - octets, messages: held.messages - messages })
  }
}

function passed(log: Log, quota: Quota, size: number, { octets }: Amount): void {
  const { account, address, used, limits } = quota
  quotaCheckPassed(log, {
    user_id: account,
    email: address,
    used_bytes: used,
    limit_bytes: limits.octets,
    percentage: Math.floor(percentageOf(quota)),
    message_size: size,
    remaining_bytes: limits.octets === 0 ? null : limits.octets - used - octets,
  })
}
