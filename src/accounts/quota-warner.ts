/**
 * Tells users who have reached a threshold of their quota: by mail, in their sessions, and in the log (decision 13).
 * That they are to be told stands in the data until the mail is stored in the transaction that forgets it.
 */
import { Chore } from '../core/chore.js'
import type { Clock } from '../core/clock.js'
import { type AccountId, newId, type Random } from '../core/ids.js'
import { authLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { FLAG } from '../store/changes.js'
import { percentageOf, type QuotaNotice } from '../store/quota.js'
import { quotaThresholdExceeded } from '../store/quota-events.js'
import type { NewMessage, Store } from '../store/store.js'
import { quotaWarningFailed } from './events.js'
import type { QuotaAlerts } from './quota-alerts.js'
import { quotaAlert, quotaMail } from './quota-mail.js'

export interface WarnerParts {
  readonly store: Pick<Store, 'listNotices' | 'giveNotice' | 'newSpool'>
  readonly alerts: Pick<QuotaAlerts, 'tell'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export class QuotaWarner {
  readonly #parts: WarnerParts
  readonly #chore: Chore

  constructor(parts: WarnerParts) {
    this.#parts = parts
    const round = (stopped: () => boolean): Promise<boolean> => this.#round(stopped)
    this.#chore = new Chore({ clock: parts.clock, retry: authLimits.warningRetry, round })
  }

  /** Call at the start and when somebody has reached a threshold. It returns at once. */
  wake(): void {
    this.#chore.wake()
  }

  /** Ends after the warning that is being given. Calling it twice is fine. */
  stop(): Promise<void> {
    return this.#chore.stop()
  }

  async #round(stopped: () => boolean): Promise<boolean> {
    let told = true
    for (let after: AccountId | 0 = 0; !stopped(); ) {
      const some = await this.#look(after)
      if (some === null) return false
      for (const notice of some) told = !stopped() && (await this.#warn(notice)) && told
      after = some.at(-1)?.quota.account ?? after
      if (some.length < authLimits.warningsPerLook) break
    }
    return told
  }

  async #look(after: AccountId | 0): Promise<readonly QuotaNotice[] | null> {
    try {
      return await this.#parts.store.listNotices(after, authLimits.warningsPerLook)
    } catch (error) {
      this.#failed('', error)
      return null
    }
  }

  async #warn(notice: QuotaNotice): Promise<boolean> {
    const { quota, threshold } = notice
    const { account, address } = quota
    try {
      const inbox = await this.#parts.store.giveNotice(account, threshold, await this.#message(notice))
      if (inbox !== null) this.#told(notice)
      return true
    } catch (error) {
      this.#failed(address, error)
      return false
    }
  }

  async #message({ quota, threshold }: QuotaNotice): Promise<NewMessage> {
    const { store, clock, random } = this.#parts
    const at = clock.now()
    const flags = { system: threshold === 95 ? FLAG.flagged : 0, keywords: [] }
    const spool = store.newSpool()
    try {
      await spool.write(Buffer.from(quotaMail({ quota, threshold, id: newId(random), at })))
      return { blob: await spool.seal(), flags, internalDate: at, internalZone: 0 }
    } catch (error) {
      await spool.discard()
      throw error
    }
  }

  #told({ quota, threshold }: QuotaNotice): void {
    const { alerts, log } = this.#parts
    quotaThresholdExceeded(log, {
      user_id: quota.account,
      email: quota.address,
      threshold: `${threshold}%`,
      used_bytes: quota.used,
      limit_bytes: quota.limits.octets,
      percentage: Math.floor(percentageOf(quota)),
    })
    alerts.tell(quota.account, quotaAlert(quota))
  }

  #failed(email: string, error: unknown): void {
    quotaWarningFailed(this.#parts.log, { email, error: error instanceof Error ? error.message : String(error) })
  }
}
