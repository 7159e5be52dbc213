/**
 * The interfaces of the store. Everything is async, because a second backend may be far away. All writes
 * resolve only when what they did would survive a power cut; calls that arrive together share one
 * commit, and each is still accepted or refused alone. Changes are published after the commit and before
 * the write resolves, so a caller that looks at its subscription then sees its own change.
 *
 * @throws StoreError for what is declined; anything else is a fault.
 */
import type { AccountId, BlobId, MailboxId, ModSeq, Uid } from '../core/ids.js'
import type { MessageIndex } from '../message/index-types.js'
import type { MessageKeys } from '../message/message-keys.js'
import type { AccountStore, AliasStore, AppPasswordStore, NewMailbox } from './account-store.js'
import type { ArrangeStore } from './arrange-store.js'
import type { BounceStore } from './bounce-store.js'
import type { CareStore } from './care.js'
import type { Flags, MessageEntry, Subscription } from './changes.js'
import type { ControlStore } from './control-store.js'
import type { OutboundStore, ReportStore } from './outbound-store.js'
import type { QueueStore } from './queue-store.js'
import type { QuotaStore } from './quota.js'
import type { InsideStore } from './search-store.js'
import type { SealedBlob, Spool } from './spool.js'
import type { StorageOutage } from './storage-health.js'
import type { UidRanges } from './uid-ranges.js'

export * from './account-store.js'
export type * from './arrange-store.js'
export type * from './bounce-store.js'
export type * from './care.js'
export type * from './control-store.js'
export type * from './outbound-store.js'
export * from './queue-store.js'
export * from './search-store.js'

export interface Mailbox {
  readonly id: MailboxId
  /** UTF-8, `/` between levels; INBOX always in capitals. */
  readonly name: string
  /** RFC 6154 §2, as `\Sent`; several with spaces between them. */
  readonly specialUse: string | null
  readonly subscribed: boolean
  readonly uidValidity: number
}

/** Kept in the transactions that change them, so reading them costs one row (RFC 3501 §6.3.10). */
export interface MailboxStatus {
  readonly messages: number
  readonly unseen: number
  readonly deleted: number
  readonly size: number
  readonly uidNext: number
  readonly uidValidity: number
  readonly highestModSeq: ModSeq
  /** UIDs from this one on have never been \Recent for a session that SELECTed: STATUS RECENT counts them. */
  readonly firstRecent: number
  readonly recent: number
}

export interface NewMessage {
  readonly blob: SealedBlob
  readonly flags: Flags
  readonly internalDate: number
  readonly internalZone: number
}

export interface Appended {
  readonly uidValidity: number
  readonly uid: Uid
  readonly modseq: ModSeq
}

/** What became of some messages in another mailbox: what COPYUID tells (RFC 4315 §3). */
export interface Copied {
  /** Of the destination. */
  readonly uidValidity: number
  /** Those that were there, ascending. */
  readonly from: readonly Uid[]
  /** The UIDs that they got in the destination, in the same order. */
  readonly to: readonly Uid[]
}

export type FlagMode = 'set' | 'add' | 'remove'

/** The selected mailbox: one object of the process, shared by all sessions that have it open, kept true by the feed. */
export interface MailboxState {
  /** Number of messages now, as committed and published; sessions may have been told of fewer or more. */
  readonly count: number
  readonly uidNext: number
  /** Ascending. A view of live memory: copy what must not change. */
  readonly uids: Uint32Array
  /** All keywords used in this mailbox, in the order of their first use. */
  readonly keywords: readonly string[]
  /** The entry now, or null when there is no such UID (any more). */
  entry(uid: Uid): MessageEntry | null
  /** The first message that has none of these system flags, or null. */
  firstWithout(system: number): Uid | null
}

export interface OpenMailbox {
  readonly mailbox: Mailbox
  readonly state: MailboxState
  /** UIDs as they were when `changes` began: nothing is lost or seen twice between the two. A copy, the caller's own. */
  readonly uids: UidRanges
  readonly changes: Subscription
  readonly highestModSeq: ModSeq
  /** UIDs from this one on are \Recent for this session (RFC 3501 §2.3.2): all that `changes` brings are. */
  readonly firstRecent: number
  close(): void
}

/** RFC 8474 §5; each at most 255 letters and digits. */
export interface ObjectIds {
  /** The same for the same octets, and for no others. */
  readonly emailId: string
  /** Of the user's messages that belong together (decision 26). It never changes; null until it is derived: mail of earlier releases. */
  readonly threadId: string | null
}

/** The stored octets of one message. */
export interface BlobReader {
  readonly size: number
  /** All of it, when it is kept inline (< 1 MiB); else null and `read` streams it. */
  readonly bytes: Buffer | null
  /** Octets [start, end) in pieces of at most 64 KiB. Ends early never: a missing file throws 'unavailable'. */
  read(start: number, end: number): AsyncIterable<Buffer>
}

/**
 * The mailboxes of an account by name, and what it is subscribed to. INBOX in any case, also as the first of
 * several levels; other names exactly. A level of a name need not be a mailbox itself: it is there as long as
 * something is below it.
 */
export interface MailboxStore {
  /** By name, INBOX first. */
  listMailboxes(account: AccountId): Promise<readonly Mailbox[]>
  findMailbox(account: AccountId, name: string): Promise<Mailbox | null>
  /** As `findMailbox`, and if there is none, the first by name that differs in the case of ASCII letters alone. */
  findMailboxAnyCase(account: AccountId, name: string): Promise<Mailbox | null>
  /**
   * Makes a mailbox, and the levels above it that are none (RFC 3501 §6.3.3). Its UIDVALIDITY is higher than any
   * before. @throws 'no-such-user' | 'mailbox-exists' | 'bad-mailbox-name' | 'long-mailbox-name' | 'too-many-mailboxes'
   */
  createMailbox(account: AccountId, mailbox: NewMailbox): Promise<Mailbox>
  /**
   * Gone at once, with its messages, whose content is erased behind it. Mailboxes below it stay, and so does a
   * subscription. @throws 'inbox-stays' | 'no-such-mailbox' | 'mailbox-has-children' where the name is only a level
   */
  deleteMailbox(account: AccountId, name: string): Promise<MailboxId>
  /**
   * With all mailboxes below it; sessions that have them open keep them, and subscriptions stay as they are. Of
   * INBOX only the messages go, into a new mailbox, and a crash in between leaves each in one of the two. A mailbox
   * gets a new UIDVALIDITY where a higher one may have been known for its new name (RFC 3501 §2.3.1.1).
   * @throws 'no-such-mailbox' | 'mailbox-exists' | 'bad-mailbox-name' | 'long-mailbox-name' | 'too-many-mailboxes'
   */
  renameMailbox(account: AccountId, from: string, to: string, origin?: string): Promise<void>
  /** Ascending, also names of mailboxes that are gone. */
  listSubscriptions(account: AccountId): Promise<readonly string[]>
  /** Nothing to do is no error. @throws 'no-such-mailbox' | 'too-many-subscriptions', only for `true` */
  setSubscription(account: AccountId, name: string, subscribed: boolean): Promise<void>
}

export interface MailStore extends MailboxStore {
  /** @throws 'no-such-mailbox' */
  mailboxStatus(mailbox: MailboxId): Promise<MailboxStatus>
  /** Octets that an EXPUNGE would give back to the quota: the charge of what is marked \Deleted (RFC 9208 §4.1.4). @throws 'no-such-mailbox' */
  deletedCharge(mailbox: MailboxId): Promise<number>

  /**
   * Adds messages to one mailbox, all or none (RFC 3502 §6.3.11). UIDs are given in the order of
   * `messages`, without gaps, all with the same modseq. The store takes ownership of the blobs, also
   * when it refuses.
   * @throws 'no-such-mailbox' | 'too-many-keywords' | 'over-quota' | 'unavailable'; nothing was added
   */
  append(mailbox: MailboxId, messages: readonly NewMessage[], origin?: string): Promise<readonly Appended[]>

  /**
   * Changes flags. UIDs that do not exist are passed over. Published as 'flags' for those that changed.
   * @returns the entries of all UIDs that exist, changed or not, as they are after it, ascending
   * @throws 'no-such-mailbox' | 'too-many-keywords'
   */
  setFlags(
    mailbox: MailboxId,
    uids: readonly Uid[],
    mode: FlagMode,
    flags: Flags,
    options?: { readonly origin?: string; readonly silent?: boolean },
  ): Promise<readonly MessageEntry[]>

  /**
   * Copies messages into a mailbox of the same account, which may be their own: all or none (RFC 3501 §6.4.7), also
   * where the server dies on the way. The copies keep flags, date, content and thread, cost what any message does, and
   * are \Recent. UIDs that do not exist are passed over, or refused where `whole` is asked for. Others may see the
   * copies of more than StoreLimits.rowsPerWrite messages come one slice after the other, and go again.
   * @throws 'no-such-mailbox' | 'no-such-message' | 'too-many-keywords' | 'over-quota' | 'unavailable'
   */
  copy(
    from: MailboxId,
    uids: readonly Uid[],
    to: MailboxId,
    options?: { readonly origin?: string; readonly whole?: boolean },
  ): Promise<Copied>

  /**
   * Moves messages into a mailbox of the same account, or to the end of their own, with all that belongs to them; a
   * quota is no matter. UIDs that do not exist are passed over. Each message is in one of the two at every moment. Up
   * to StoreLimits.rowsPerWrite are one commit; of more, a refusal leaves moved what was moved before it.
   * @throws 'no-such-mailbox' | 'too-many-keywords' | 'unavailable'
   */
  move(from: MailboxId, uids: readonly Uid[], to: MailboxId, origin?: string): Promise<Copied>

  /** Removes those of `uids` (null: all messages) that carry \Deleted (RFC 3501 §6.4.3). @returns their UIDs, ascending */
  expunge(mailbox: MailboxId, uids: readonly Uid[] | null, origin?: string): Promise<readonly Uid[]>

  /**
   * Opens a mailbox for a session. `recent: true` (SELECT) takes \Recent: later sessions do not get it
   * for these messages; false (EXAMINE) leaves it.
   */
  openMailbox(mailbox: MailboxId, options: { readonly recent: boolean }): Promise<OpenMailbox>

  /**
   * UIDs below `before` are \Recent for no session that opens the mailbox from now on: one that was told of them leaves.
   * @throws 'no-such-mailbox' | 'unavailable'
   */
  claimRecent(mailbox: MailboxId, before: number): Promise<void>

  /**
   * UIDs of the messages that went with a modseq above `since`, ascending; null: so far back it is not known any more
   * (RFC 7162 §3.2.5.2). @throws 'no-such-mailbox'
   */
  expungedSince(mailbox: MailboxId, since: ModSeq): Promise<readonly Uid[] | null>

  /** The ready-made indexes of some blobs, in the order asked; null where there is none (any more). */
  indexes(blobs: readonly BlobId[]): Promise<readonly (MessageIndex | null)[]>
  /** By what some messages are sorted and threaded, in the order asked; null where it is not known (any more). */
  keys(blobs: readonly BlobId[]): Promise<readonly (MessageKeys | null)[]>
  /** What stays the same about some messages wherever they are copied; null where there is no such UID (any more). */
  objectIds(mailbox: MailboxId, uids: readonly Uid[]): Promise<readonly (ObjectIds | null)[]>
  /** null when the blob is gone. @throws 'unavailable' when its file cannot be read */
  openBlob(blob: BlobId): Promise<BlobReader | null>
}

/** What the server owes people: that their mail failed, that their mailbox is nearly full, that a report on their mail is read. What is owed stands in the data. */
export type Duty = 'bounce' | 'quota-warning' | 'incoming-report'

export const duties: readonly Duty[] = ['bounce', 'quota-warning', 'incoming-report']

export interface Store
  extends AccountStore,
    AppPasswordStore,
    AliasStore,
    MailStore,
    InsideStore,
    ArrangeStore,
    QueueStore,
    OutboundStore,
    ReportStore,
    BounceStore,
    ControlStore,
    QuotaStore,
    CareStore {
  /** Room for the octets of one message while they arrive. */
  newSpool(): Spool
  /** What the disk does not do now: nothing, or what is refused, or what is damaged. */
  storage(): readonly StorageOutage[]
  /** `listener` is called after a commit that has left something to do, and when it is set: something may be left from before. */
  onDuty(listener: ((duty: Duty) => void) | null): void
  /** Finishes the writes that were submitted, then lets the folder go. */
  close(): Promise<void>
}
