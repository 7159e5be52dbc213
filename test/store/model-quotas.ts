/** Quotas of the model store: nothing is kept but the limits, and the rest is counted each time. */
import type { AccountId, MailboxId } from '../../src/core/ids.js'
import { type StoreLimits, storeLimits } from '../../src/core/limits.js'
import {
  chargeOf,
  hasRoom,
  type Quota,
  type QuotaLimits,
  type QuotaNotice,
  type QuotaPage,
  type QuotaStore,
  type QuotaUpdate,
  type Recalculated,
  type Threshold,
  thresholdOf,
} from '../../src/store/quota.js'
import { type Duty, duties, type NewMessage } from '../../src/store/store.js'
import { ModelAccounts } from './model-accounts.js'
import { type Account, type Box, byBytes, refuse, sum } from './model-data.js'

export abstract class ModelQuotas extends ModelAccounts implements QuotaStore {
  abstract giveNotice(account: AccountId, threshold: Threshold, message: NewMessage): Promise<MailboxId | null>

  protected readonly limits: StoreLimits
  #usual: QuotaLimits
  #onDuty: ((duty: Duty) => void) | null = null
  readonly #own = new Map<AccountId, Quota['own']>()
  readonly #notices = new Map<AccountId, Threshold | 0>()
  readonly #warned = new Map<AccountId, Quota['warned']>()

  constructor(clock: ConstructorParameters<typeof ModelAccounts>[0], limits: Partial<StoreLimits> = {}) {
    super(clock)
    this.limits = { ...storeLimits, ...limits }
    this.#usual = { octets: this.limits.quotaOctets, messages: this.limits.quotaMessages }
  }

  onDuty(listener: ((duty: Duty) => void) | null): void {
    this.#onDuty = listener
    for (const duty of duties) this.duty(duty)
  }

  protected duty(duty: Duty): void {
    this.#onDuty?.(duty)
  }

  async findQuota(account: AccountId): Promise<Quota | null> {
    const found = this.accounts.find((a) => a.id === account)
    return found === undefined ? null : this.#quota(found)
  }

  async listQuotas({ after = '', limit = Number.POSITIVE_INFINITY }: QuotaPage = {}): Promise<readonly Quota[]> {
    const quotas = this.accounts.map((a) => this.#quota(a)).sort((a, b) => byBytes(a.address, b.address))
    return quotas.filter(({ address }) => byBytes(address, after) > 0).slice(0, limit)
  }

  async setUsualQuota(limits: QuotaLimits): Promise<void> {
    this.#usual = limits
  }

  async setQuota(account: AccountId, update: QuotaUpdate): Promise<Quota> {
    const { own } = this.#known(account)
    this.#own.set(account, { ...own, ...update })
    this.watch(account)
    return this.#known(account)
  }

  async recalculateQuota(account: AccountId): Promise<Recalculated> {
    const before = this.#known(account)
    this.watch(account)
    const boxes = this.boxes.filter((b) => b.account === account)
    const messages = boxes.flatMap((b) => b.messages.filter((m) => !b.exempt.has(m.uid)))
    return { before, quota: this.#known(account), size: sum(messages.map((m) => m.size)) }
  }

  #known(account: AccountId): Quota {
    const found = this.accounts.find((a) => a.id === account)
    if (found === undefined) throw refuse('no-such-user')
    return this.#quota(found)
  }

  #quota({ id, address }: Account): Quota {
    const charged = this.boxes
      .filter((b) => b.account === id)
      .flatMap((b) => b.messages.filter((m) => !b.exempt.has(m.uid)))
    const own = this.#own.get(id) ?? { octets: null, messages: null }
    return {
      account: id,
      address,
      used: sum(charged.map((m) => chargeOf(m.size))),
      messages: charged.length,
      limits: {
        octets: own.octets ?? this.#usual.octets,
        messages: own.messages ?? this.#usual.messages,
      },
      own,
      warned: this.#warned.get(id) ?? 0,
    }
  }

  /** After anything that may change how full it is. */
  protected watch(account: AccountId): void {
    const quota = this.#known(account)
    const reached = thresholdOf(quota)
    this.#warned.set(account, reached)
    const notice = this.#notices.get(account) ?? 0
    if (reached > quota.warned || notice > reached) this.#notices.set(account, reached)
    if (reached > quota.warned) this.duty('quota-warning')
  }

  async listNotices(after: AccountId | 0, limit: number): Promise<readonly QuotaNotice[]> {
    const ids = [...this.#notices.keys()].filter((id) => id > after && this.accounts.some((a) => a.id === id))
    const all = ids
      .sort((a, b) => a - b)
      .flatMap((id): QuotaNotice[] => {
        const threshold = this.#notices.get(id) ?? 0
        return threshold === 0 ? [] : [{ quota: this.#known(id), threshold }]
      })
    return all.slice(0, limit)
  }

  /** @returns whether it was owed */
  protected noticed(account: AccountId, threshold: Threshold): boolean {
    if (this.#notices.get(account) !== threshold) return false
    this.#notices.delete(account)
    return true
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
