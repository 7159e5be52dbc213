/** Administration of quotas, with all checks. */
import { serverLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { percentageOf, type Quota, type QuotaStore, type QuotaUpdate, type Threshold } from '../store/quota.js'
import { quotaRecalculated } from '../store/quota-events.js'
import type { AccountStore } from '../store/store.js'
import { AccountError, declined } from './errors.js'
import { addressOf } from './named.js'

type Administered = QuotaStore & Pick<AccountStore, 'findUser'>

export interface QuotaQuery {
  /** Those alone who have used at least so many per cent. */
  readonly reached: Threshold | 0
  readonly after?: string | undefined
  readonly limit: number
}

/** Addresses are taken in any case and in U-labels. */
export class QuotaService {
  readonly #store: Administered
  readonly #log: Log

  constructor({ store, log }: { readonly store: Administered; readonly log: Log }) {
    this.#store = store
    this.#log = log
  }

  /** @throws AccountError 'bad-address' | 'no-such-user' */
  async show(text: string): Promise<Quota> {
    const { address } = addressOf(text)
    const user = await this.#ask(address, (store) => store.findUser(address))
    const quota = user === null ? null : await this.#ask(address, (store) => store.findQuota(user.id))
    if (quota === null) throw declined('no-such-user', address)
    return quota
  }

  /** By address; `reached`: those alone who have used at least so many per cent. */
  async list(reached: Threshold | 0 = 0): Promise<readonly Quota[]> {
    const quotas = await this.#ask('', (store) => store.listQuotas())
    return quotas.filter((quota) => percentageOf(quota) >= reached)
  }

  /** As `list`: at most `limit` of those behind the address `after`, which may be in any form. @throws AccountError 'bad-address' */
  async page({ reached, after, limit }: QuotaQuery): Promise<readonly Quota[]> {
    const found: Quota[] = []
    for (let from = after === undefined ? '' : addressOf(after).address; ; ) {
      const slice = await this.#ask('', (store) => store.listQuotas({ after: from, limit: serverLimits.listedUsers }))
      for (const quota of slice) if (percentageOf(quota) >= reached) found.push(quota)
      if (slice.length < serverLimits.listedUsers || found.length >= limit) return found.slice(0, limit)
      from = slice.at(-1)?.address ?? from
    }
  }

  /** Only what is given; null: as the configuration has it, 0: no limit. @throws AccountError 'bad-address' | 'no-such-user' */
  async set(text: string, update: QuotaUpdate): Promise<Quota> {
    const { account, address } = await this.show(text)
    return this.#ask(address, (store) => store.setQuota(account, update))
  }

  /** Counts anew from the messages of one user, or of all. @returns the quotas as they are then */
  async recalculate(text: string | null): Promise<readonly Quota[]> {
    const quotas = text === null ? await this.list() : [await this.show(text)]
    const counted: Quota[] = []
    for (const quota of quotas) counted.push(...(await this.#recalculate(quota, text === null)))
    return counted
  }

  /** Of all users, one may have gone meanwhile. */
  async #recalculate({ account, address }: Quota, passOver: boolean): Promise<readonly Quota[]> {
    try {
      const { quota, size } = await this.#ask(address, (store) => store.recalculateQuota(account))
      quotaRecalculated(this.#log, {
        user_id: account,
        email: address,
        message_count: quota.messages,
        total_size: size,
        metadata_overhead: quota.used - size,
        final_quota: quota.used,
      })
      return [quota]
    } catch (error) {
      if (passOver && error instanceof AccountError && error.refusal === 'no-such-user') return []
      throw error
    }
  }

  /** The store's refusals in words. */
  async #ask<T>(subject: string, question: (store: Administered) => Promise<T>): Promise<T> {
    try {
      return await question(this.#store)
    } catch (error) {
      throw AccountError.from(error, subject)
    }
  }
}
