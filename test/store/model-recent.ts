/** The model's memory of what was delivered where and when: all of it, for ever. */
import type { MailboxId } from '../../src/core/ids.js'
import type { SealedBlob } from '../../src/store/spool.js'

interface Delivered {
  readonly mailbox: MailboxId
  readonly hash: string
  readonly at: number
}

export class ModelRecent {
  readonly #window: number
  readonly #all: Delivered[] = []

  /** `window` in milliseconds. */
  constructor(window: number) {
    this.#window = window
  }

  had(mailbox: MailboxId, { markedSha256, index }: SealedBlob, at: number): boolean {
    if (this.#window === 0 || markedSha256 === null || index.messageId === null) return false
    return this.#all.some((d) => d.mailbox === mailbox && d.hash === markedSha256 && d.at > at - this.#window)
  }

  note(mailbox: MailboxId, { markedSha256 }: SealedBlob, at: number): void {
    if (markedSha256 !== null) this.#all.push({ mailbox, hash: markedSha256, at })
  }
}
