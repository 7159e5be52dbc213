/** Brings what users are to be told at once to their sessions. What nobody hears is not kept: the mail says the same. */
import type { AccountId } from '../core/ids.js'

export type AlertListener = (text: string) => void

export class QuotaAlerts {
  readonly #listeners = new Map<AccountId, Set<AlertListener>>()

  /** @returns how to stop listening; calling it twice is fine */
  listen(account: AccountId, listener: AlertListener): () => void {
    const listeners = this.#listeners.get(account) ?? new Set()
    this.#listeners.set(account, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(account) === listeners) this.#listeners.delete(account)
    }
  }

  /** `text`: ASCII without line ends. */
  tell(account: AccountId, text: string): void {
    for (const listener of [...(this.#listeners.get(account) ?? [])]) listener(text)
  }
}
