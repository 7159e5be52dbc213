/** Quotas of the model store: nothing is kept but the limits, and the rest is counted each time. */
import type { AccountId } from '../../src/core/ids.js'
import { type StoreLimits, storeLimits } from '../../src/core/limits.js'
import {
  chargeOf,
  hasRoom,
  type Quota,
  type QuotaStore,
  type QuotaUpdate,
  type Recalculated,
  thresholdOf,
} from '../../src/store/quota.js'
import type { Duty } from '../../src/store/store.js'
import { ModelAccounts } from './model-accounts.js'
import { type Account, type Box, byBytes, refuse, sum } from './model-data.js'

export class ModelQuotas extends ModelAccounts implements QuotaStore {
  protected readonly limits: StoreLimits
  #onDuty: ((duty: Duty) => void) | null = null
  readonly #own = new Map<AccountId, Quota['own']>()
  readonly #warned = new Map<AccountId, Quota['warned']>()

  constructor(clock: ConstructorParameters<typeof ModelAccounts>[0], limits: Partial<StoreLimits> = {}) {
    super(clock)
    this.limits = { ...storeLimits, ...limits }
  }

  onDuty(listener: ((duty: Duty) => void) | null): void {
    this.#onDuty = listener
    for (const duty of ['bounce', 'quota-warning'] as const) this.duty(duty)
  }

  protected duty(duty: Duty): void {
    this.#onDuty?.(duty)
  }

  async findQuota(account: AccountId): Promise<Quota | null> {
    const found = this.accounts.find((a) => a.id === account)
    return found === undefined ? null : this.#quota(found)
  }

  async listQuotas(): Promise<readonly Quota[]> {
    return this.accounts.map((a) => this.#quota(a)).sort((a, b) => byBytes(a.address, b.address))
  }

  async setQuota(account: AccountId, update: QuotaUpdate): Promise<Quota> {
    const { own } = this.#known(account)
    this.#own.set(account, { ...own, ...update })
    this.lowerWarned(account)
    return this.#known(account)
  }

  async recalculateQuota(account: AccountId): Promise<Recalculated> {
    const before = this.#known(account)
    this.lowerWarned(account)
    const messages = this.boxes.filter((b) => b.account === account).flatMap((b) => b.messages)
    return { before, quota: this.#known(account), size: sum(messages.map((m) => m.size)) }
  }

  #known(account: AccountId): Quota {
    const found = this.accounts.find((a) => a.id === account)
    if (found === undefined) throw refuse('no-such-user')
    return this.#quota(found)
  }

  #quota({ id, address }: Account): Quota {
    const charged = this.boxes.filter((b) => b.account === id).flatMap((b) => b.messages)
    const own = this.#own.get(id) ?? { octets: null, messages: null }
    return {
      account: id,
      address,
      used: sum(charged.map((m) => chargeOf(m.size))),
      messages: charged.length,
      limits: {
        octets: own.octets ?? this.limits.quotaOctets,
        messages: own.messages ?? this.limits.quotaMessages,
      },
      own,
      warned: this.#warned.get(id) ?? 0,
    }
  }

  protected lowerWarned(account: AccountId): void {
    const quota = this.#known(account)
    const reached = thresholdOf(quota)
    if (reached < quota.warned) this.#warned.set(account, reached)
  }

  /** @throws 'over-quota' */
  protected demandRoom({ account }: Box, sizes: readonly number[]): void {
    const more = { octets: sum(sizes.map(chargeOf)), messages: sizes.length }
    if (sizes.length > 0 && !hasRoom(this.#known(account), more)) throw refuse('over-quota')
  }

  /** Those of `boxes` that get a message of `size`, each after the ones before it have got theirs. */
  protected boxesWithRoom(boxes: Iterable<Box>, size: number): Set<Box> {
    const roomy = new Set<Box>()
    for (const box of boxes) {
      const n = [...roomy].filter((b) => b.account === box.account).length + 1
      if (hasRoom(this.#known(box.account), { octets: n * chargeOf(size), messages: n })) roomy.add(box)
    }
    return roomy
  }
}
