/** The model's subscriptions: every change in a list, nothing shared. */
import type { AccountId, BlobId, MailboxId } from '../../src/core/ids.js'
import type { Change, Subscription } from '../../src/store/changes.js'
import { sum } from './model-data.js'

export class ModelSubscription implements Subscription {
  readonly #account: AccountId
  readonly #mailbox: MailboxId
  readonly #limit: number
  readonly #onClose: () => void
  pending: readonly Change[] = []
  overflowed = false
  #listener: (() => void) | null = null

  constructor(account: AccountId, mailbox: MailboxId, limit: number, onClose: () => void) {
    this.#account = account
    this.#mailbox = mailbox
    this.#limit = limit
    this.#onClose = onClose
  }

  offer(account: AccountId, change: Change): void {
    const elsewhere = 'entries' in change && change.mailbox !== this.#mailbox
    if (account !== this.#account || elsewhere || this.overflowed) return
    this.pending = [...this.pending, change]
    this.overflowed = sum(this.pending.map((c) => ('entries' in c ? c.entries.length : 1))) > this.#limit
    if (this.overflowed) this.pending = []
    this.#listener?.()
  }

  names(blob: BlobId): boolean {
    return this.pending.some((c) => c.type === 'expunged' && c.entries.some((e) => e.blob === blob))
  }

  take(n: number): void {
    this.pending = this.pending.slice(n)
  }

  onChange(listener: (() => void) | null): void {
    this.#listener = listener
  }

  close(): void {
    this.pending = []
    this.#onClose()
  }
}
