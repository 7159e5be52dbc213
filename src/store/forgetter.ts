/**
 * Sees to it that notes of expunged messages do not pile up: when so many have come to a mailbox that there may be too
 * many, the oldest go. Of each mailbox it looks once after a start, and then only after many more.
 */
import type { MailboxId } from '../core/ids.js'
import type { StoreLimits } from '../core/limits.js'
import { StoreError } from './errors.js'

/** One part of so many of those that are kept may come before it looks again. */
const SHARE = 10
/** Mailboxes that are counted; with more, all are looked at again. */
const COUNTED = 10_000

export interface ForgetterParts {
  /** Drops some of those that are too many; gives how many: none when there are no more. */
  readonly forget: (mailbox: MailboxId) => Promise<number>
  readonly limits: Pick<StoreLimits, 'expungedPerMailbox'>
  /** A fault; what the disk refuses is told elsewhere and done later. */
  readonly onFault: (error: unknown) => void
}

export class Forgetter {
  readonly #parts: ForgetterParts
  /** How many have gone since the last look. */
  readonly #counts = new Map<MailboxId, number>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: ForgetterParts) {
    this.#parts = parts
  }

  /** `count` messages were expunged. It returns at once. */
  expunged(mailbox: MailboxId, count: number): void {
    const { limits } = this.#parts
    const before = this.#counts.get(mailbox)
    if (before === undefined && this.#counts.size >= COUNTED) this.#counts.clear()
    const now = before === undefined ? Number.POSITIVE_INFINITY : before + count
    this.#counts.set(mailbox, now * SHARE > limits.expungedPerMailbox ? 0 : now)
    if (now * SHARE > limits.expungedPerMailbox) this.#last = this.#last.then(() => this.#look(mailbox))
  }

  async #look(mailbox: MailboxId): Promise<void> {
    try {
      while ((await this.#parts.forget(mailbox)) > 0) {}
    } catch (error) {
      if (!(error instanceof StoreError)) this.#parts.onFault(error)
    }
  }
}
