/** What the user of this session is to be told whatever is going on: RFC 3501 §7.1, ALERT. */
import type { QuotaAlerts } from '../accounts/quota-alerts.js'
import type { AccountId } from '../core/ids.js'

export class Alerts {
  readonly #source: Pick<QuotaAlerts, 'listen'>
  /** Only the last: it says how things are now. */
  #text: string | null = null
  #leave: () => void = () => {}
  #onAlert: (() => void) | null = null

  constructor(source: Pick<QuotaAlerts, 'listen'>) {
    this.#source = source
  }

  /** From the login on. */
  open(account: AccountId): void {
    this.close()
    this.#leave = this.#source.listen(account, (text) => {
      this.#text = text
      this.#onAlert?.()
    })
  }

  close(): void {
    this.#leave()
    this.#text = null
  }

  /** What has not been said yet, as an untagged response without its `* `; null: nothing. */
  take(): string | null {
    const text = this.#text
    this.#text = null
    return text === null ? null : `NO [ALERT] ${text}`
  }

  /** Called when there is something to take; at most one listener, null to remove it. It must not throw. */
  onAlert(listener: (() => void) | null): void {
    this.#onAlert = listener
  }
}
