/** Brings committed changes to those who subscribed, and knows which contents they may still ask for. */
import type { AccountId, BlobId, MailboxId, ModSeq } from '../core/ids.js'
import type { Change, Published, Subscription } from './changes.js'

/** What a listener wants to hear: of the messages of one mailbox those changes behind `since`, and all that concerns mailboxes. */
export interface Interest {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly since: ModSeq
}

/**
 * Contents that somebody may still read although their last reference is gone: each holder of a blob counts
 * once, and `onFree` hears when the last one lets go.
 */
export class Holds {
  readonly #counts = new Map<BlobId, number>()
  readonly #onFree: (blob: BlobId) => void

  constructor(onFree: (blob: BlobId) => void) {
    this.#onFree = onFree
  }

  has(blob: BlobId): boolean {
    return this.#counts.has(blob)
  }

  add(blob: BlobId): void {
    this.#counts.set(blob, (this.#counts.get(blob) ?? 0) + 1)
  }

  release(blob: BlobId): void {
    const left = (this.#counts.get(blob) ?? 0) - 1
    if (left > 0) this.#counts.set(blob, left)
    else if (this.#counts.delete(blob)) this.#onFree(blob)
  }
}

export class Feed {
  readonly #limit: number
  readonly #holds: Holds
  readonly #byAccount = new Map<AccountId, Set<Listener>>()

  /** `limit`: entries that may wait in one subscription. */
  constructor(limit: number, holds: Holds) {
    this.#limit = limit
    this.#holds = holds
  }

  subscribe(interest: Interest): Subscription {
    const listeners = this.#byAccount.get(interest.account) ?? new Set()
    this.#byAccount.set(interest.account, listeners)
    const listener = new Listener(interest, this.#limit, this.#holds, () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#byAccount.delete(interest.account)
    })
    listeners.add(listener)
    return listener
  }

  /** All changes of one commit reach everybody before anybody is woken. */
  publish(published: readonly Published[]): void {
    const woken = new Set<Listener>()
    for (const { account, change } of published) {
      for (const listener of this.#byAccount.get(account) ?? []) if (listener.offer(change)) woken.add(listener)
    }
    for (const listener of woken) listener.wake()
  }
}

class Listener implements Subscription {
  readonly #interest: Interest
  readonly #limit: number
  readonly #holds: Holds
  readonly #onClose: () => void
  readonly pending: Change[] = []
  #weight = 0
  #overflowed = false
  #closed = false
  #listener: (() => void) | null = null

  constructor(interest: Interest, limit: number, holds: Holds, onClose: () => void) {
    this.#interest = interest
    this.#limit = limit
    this.#holds = holds
    this.#onClose = onClose
  }

  get overflowed(): boolean {
    return this.#overflowed
  }

  take(n: number): void {
    for (const change of this.pending.splice(0, n)) this.#letGo(change)
  }

  onChange(listener: (() => void) | null): void {
    this.#listener = listener
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#listener = null
    this.take(this.pending.length)
    this.#onClose()
  }

  /** @returns whether there is something new to hear */
  offer(change: Change): boolean {
    if (this.#overflowed || this.#closed || !this.#concerns(change)) return false
    this.pending.push(change)
    this.#weight += weightOf(change)
    if (change.type === 'expunged') for (const { blob } of change.entries) this.#holds.add(blob)
    if (this.#weight > this.#limit) {
      this.#overflowed = true
      this.take(this.pending.length)
    }
    return true
  }

  wake(): void {
    this.#listener?.()
  }

  #concerns(change: Change): boolean {
    if (!('entries' in change)) return true
    return change.mailbox === this.#interest.mailbox && modSeqOf(change) > this.#interest.since
  }

  #letGo(change: Change): void {
    this.#weight -= weightOf(change)
    if (change.type === 'expunged') for (const { blob } of change.entries) this.#holds.release(blob)
  }
}

const weightOf = (change: Change): number => ('entries' in change ? change.entries.length : 1)

/** All entries of one change carry the same modseq: a change is one step of its mailbox. */
export const modSeqOf = (change: Extract<Change, { entries: unknown }>): number =>
  change.type === 'expunged' ? change.modseq : (change.entries[0]?.modseq ?? 0)
