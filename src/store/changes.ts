/** What changed, in commit order, and the feed through which sessions hear of it. */
import type { AccountId, BlobId, MailboxId, ModSeq, Uid } from '../core/ids.js'

/** System flags as bits; keywords travel by name (RFC 3501 §2.3.2). */
export const FLAG = { seen: 1, answered: 2, flagged: 4, deleted: 8, draft: 16 } as const

export interface Flags {
  /** OR of FLAG values. \Recent is a matter of the session and never stored here. */
  readonly system: number
  /** Keywords in the spelling they were first given in this mailbox, in that order. */
  readonly keywords: readonly string[]
}

/** One message in one mailbox, without its content. */
export interface MessageEntry extends Flags {
  readonly uid: Uid
  readonly modseq: ModSeq
  /** Octets. */
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly internalDate: number
  /** Minutes east of UTC in which the INTERNALDATE was given, so that it is shown as it was given. */
  readonly internalZone: number
  readonly blob: BlobId
}

/**
 * One committed change. `origin` is what the caller of the write gave, so that a session knows its own.
 * Entries are absolute (the state after the change), so that applying one twice does no harm.
 */
export type Change =
  | {
      readonly type: 'added'
      readonly mailbox: MailboxId
      readonly entries: readonly MessageEntry[]
      readonly origin: string | null
    }
  | {
      readonly type: 'flags'
      readonly mailbox: MailboxId
      readonly entries: readonly MessageEntry[]
      readonly origin: string | null
      readonly silent: boolean
    }
  | {
      readonly type: 'expunged'
      readonly mailbox: MailboxId
      readonly modseq: ModSeq
      readonly entries: readonly MessageEntry[]
      readonly origin: string | null
    }
  | { readonly type: 'mailbox-created'; readonly mailbox: MailboxId; readonly name: string }
  | { readonly type: 'mailbox-deleted'; readonly mailbox: MailboxId; readonly name: string }
  | { readonly type: 'mailbox-renamed'; readonly mailbox: MailboxId; readonly name: string; readonly to: string }
  | { readonly type: 'account-removed' }

export interface Published {
  readonly account: AccountId
  readonly change: Change
}

/**
 * One listener's place in the feed of an account. Changes wait here until the listener takes them; the
 * content of an expunged message stays readable until every subscription that holds its 'expunged' has
 * taken it or is closed.
 */
export interface Subscription {
  /** Committed and not yet taken, oldest first. */
  readonly pending: readonly Change[]
  /**
   * True once more waited than the limit allows: `pending` is then empty and will stay so. What the
   * listener knew can no longer be brought up to date; an IMAP session ends with BYE.
   */
  readonly overflowed: boolean
  /** Takes the oldest `n` of `pending`. */
  take(n: number): void
  /** Called after `pending` grew or overflowed; at most one listener, null to remove it. It must not throw. */
  onChange(listener: (() => void) | null): void
  close(): void
}
