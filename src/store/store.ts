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
import type { Flags, MessageEntry, Subscription } from './changes.js'
import type { SealedBlob, Spool } from './spool.js'

/** What a domain does with addresses that are neither a user's nor an alias. */
export interface DomainSettings {
  /** Addresses that get what nobody else gets; none: such mail is refused. */
  readonly catchAll: readonly string[]
  /** `user`, separator, `detail` reaches `user`. */
  readonly subaddressing: boolean
  /** One character. */
  readonly separator: string
  /** Mail for `user+detail` goes into the mailbox `detail` where the user has one, and not into INBOX. */
  readonly detailFolders: boolean
}

export interface Domain extends DomainSettings {
  /** Lower case, A-labels. */
  readonly name: string
  readonly createdAt: number
  readonly users: number
  readonly aliases: number
}

/** An address whose mail goes to others. */
export interface Alias {
  /** local-part@domain, both in lower case; never a user's. */
  readonly address: string
  /** Of users, of aliases, or elsewhere; as they were given, ascending, at least one. */
  readonly targets: readonly string[]
  readonly createdAt: number
}

export type UserStatus = 'active' | 'inactive'

/** As whom a user may send, and how much. */
export interface SendingSwitches {
  /** own: addresses that lead to the user, alone. */
  readonly sendAs: 'own' | 'any'
  /** null: as the configuration has it; 0: no limit. */
  readonly messagesPerHour: number | null
  readonly recipientsPerHour: number | null
}

/** Of a new user. */
export const usualSending: SendingSwitches = { sendAs: 'own', messagesPerHour: null, recipientsPerHour: null }

export interface User {
  readonly id: AccountId
  /** local-part@domain, both in lower case. */
  readonly address: string
  readonly displayName: string
  readonly status: UserStatus
  readonly createdAt: number
  /** Of the last success, or null. */
  readonly lastLogin: number | null
  readonly mailboxes: number
  readonly messages: number
  /** Octets of all messages, copies counted each time. */
  readonly size: number
  readonly sending: SendingSwitches
}

export interface NewMailbox {
  readonly name: string
  /** RFC 6154 §2, as `\Sent`, or null. */
  readonly specialUse: string | null
}

/** The keys of one user for SCRAM-SHA-256: RFC 5802 §3. The password cannot be read from them. */
export interface ScramKeys {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

/** What is derived from a password for mechanisms that never send it (decision 2). */
export interface UserSecrets {
  /** null: the password has no form that SCRAM could use (RFC 4013). */
  readonly scram: ScramKeys | null
  /** Sealed: opaque to the store. */
  readonly cramMd5: Uint8Array | null
}

export interface NewUser {
  readonly address: string
  readonly displayName: string
  readonly passwordHash: string
  /** Left out: the user has none. */
  readonly secrets?: UserSecrets
  /** Made in the same transaction, subscribed. INBOX must be among them. */
  readonly mailboxes: readonly NewMailbox[]
}

export interface UserUpdate {
  readonly displayName?: string
  readonly passwordHash?: string
  /** Those of the new password. A password hash that comes without takes away what there was. */
  readonly secrets?: UserSecrets
  readonly status?: UserStatus
  /** Only what is given. */
  readonly sending?: Partial<SendingSwitches>
}

export interface Recipient {
  readonly account: AccountId
  readonly address: string
  readonly status: UserStatus
  readonly inbox: MailboxId
}

export interface AccountStore {
  /** @throws 'domain-exists' */
  addDomain(name: string): Promise<Domain>
  listDomains(): Promise<readonly Domain[]>
  findDomain(name: string): Promise<Domain | null>
  /** @throws 'no-such-domain' | 'domain-not-empty' while it has users or aliases */
  removeDomain(name: string): Promise<void>
  /** @throws 'no-such-domain' | 'user-exists' | 'alias-exists' */
  addUser(user: NewUser): Promise<User>
  /** By address, ascending. */
  listUsers(domain?: string): Promise<readonly User[]>
  findUser(address: string): Promise<User | null>
  /** Where mail for an address goes: one look-up, cheap enough for every RCPT. */
  findRecipient(address: string): Promise<Recipient | null>
  /** The account with its password hash: for the authenticator alone. */
  findCredentials(
    address: string,
  ): Promise<{ id: AccountId; address: string; status: UserStatus; passwordHash: string } | null>
  /** For the authenticator alone. null: there is no such user, or nothing was derived from the password. */
  findSecrets(address: string): Promise<UserSecrets | null>
  /** @throws 'no-such-user' */
  updateUser(address: string, update: UserUpdate): Promise<User>
  /** With all mailboxes and mail. @throws 'no-such-user' */
  removeUser(address: string): Promise<void>
  recordLogin(id: AccountId, at: number): Promise<void>
}

/** Aliases, and what else decides where an address of ours leads. Targets are not looked at here. */
export interface AliasStore {
  /** Only what is given. @throws 'no-such-domain' | 'too-many-targets' */
  updateDomain(name: string, update: Partial<DomainSettings>): Promise<Domain>
  /** null: the domain is not ours. */
  findDomainSettings(name: string): Promise<DomainSettings | null>
  /** Adds to the targets of the alias, which is made if it is not there. @throws 'no-such-domain' | 'user-exists' | 'too-many-targets' */
  addAlias(address: string, targets: readonly string[]): Promise<Alias>
  /** Takes targets away; with the last one, or for null, the alias goes. @throws 'no-such-alias' */
  removeAlias(address: string, targets: readonly string[] | null): Promise<void>
  /** By address, ascending; of one domain, or all. */
  listAliases(domain?: string): Promise<readonly Alias[]>
  /** Where an alias leads: one look-up, cheap enough for every RCPT. */
  findAlias(address: string): Promise<readonly string[] | null>
  /** Who gets the mail of a postmaster that nobody named: the oldest active user of the domain, or of all. */
  findOldestUser(domain: string): Promise<Recipient | null>
}

export interface Mailbox {
  readonly id: MailboxId
  /** UTF-8, `/` between levels; INBOX always in capitals. */
  readonly name: string
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
}

export interface OpenMailbox {
  readonly mailbox: Mailbox
  readonly state: MailboxState
  /** UIDs as they were when `changes` began: nothing is lost or seen twice between the two. */
  readonly uids: readonly Uid[]
  readonly changes: Subscription
  readonly highestModSeq: ModSeq
  /** UIDs from this one on are \Recent for this session (RFC 3501 §2.3.2). */
  readonly firstRecent: number
  close(): void
}

/** The stored octets of one message. */
export interface BlobReader {
  readonly size: number
  /** All of it, when it is kept inline (< 1 MiB); else null and `read` streams it. */
  readonly bytes: Buffer | null
  /** Octets [start, end) in pieces of at most 64 KiB. Ends early never: a missing file throws 'unavailable'. */
  read(start: number, end: number): AsyncIterable<Buffer>
}

export interface MailStore {
  /** By name, INBOX first. */
  listMailboxes(account: AccountId): Promise<readonly Mailbox[]>
  /** INBOX in any case; other names exactly. */
  findMailbox(account: AccountId, name: string): Promise<Mailbox | null>
  /** As `findMailbox`, and if there is none, the first by name that differs in the case of ASCII letters alone. */
  findMailboxAnyCase(account: AccountId, name: string): Promise<Mailbox | null>
  /** Not for clients yet: names are taken as they are. @throws 'mailbox-exists' */
  createMailbox(account: AccountId, mailbox: NewMailbox): Promise<Mailbox>
  /** @throws 'no-such-mailbox' */
  mailboxStatus(mailbox: MailboxId): Promise<MailboxStatus>

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

  /** Removes those of `uids` (null: all messages) that carry \Deleted (RFC 3501 §6.4.3). @returns their UIDs, ascending */
  expunge(mailbox: MailboxId, uids: readonly Uid[] | null, origin?: string): Promise<readonly Uid[]>

  /**
   * Opens a mailbox for a session. `recent: true` (SELECT) takes \Recent: later sessions do not get it
   * for these messages; false (EXAMINE) leaves it.
   */
  openMailbox(mailbox: MailboxId, options: { readonly recent: boolean }): Promise<OpenMailbox>

  /** The ready-made indexes of some blobs, in the order asked; null where there is none (any more). */
  indexes(blobs: readonly BlobId[]): Promise<readonly (MessageIndex | null)[]>
  /** null when the blob is gone. @throws 'unavailable' when its file cannot be read */
  openBlob(blob: BlobId): Promise<BlobReader | null>
}

/** What the sender wants to be told of: RFC 3461 §4.1. */
export type Notify = 'success' | 'failure' | 'delay'

/** What came with a recipient: RFC 3461. */
export interface RecipientDsn {
  /** Empty: never. null: it was not said. */
  readonly notify: readonly Notify[] | null
  /** `addr-type;address`, the address decoded, or null. */
  readonly originalRecipient: string | null
}

/** What came with MAIL and goes on with the message. */
export interface Envelope {
  readonly body: '7BIT' | '8BITMIME' | 'BINARYMIME' | null
  /** SMTPUTF8: RFC 6531 */
  readonly utf8: boolean
  /** RET: RFC 3461 §4.3 */
  readonly returned: 'full' | 'headers' | null
  /** ENVID: RFC 3461 §4.4, decoded. */
  readonly envelopeId: string | null
}

/** Where one copy of an accepted message goes. */
export type Delivery =
  | { readonly kind: 'local'; readonly mailbox: MailboxId; readonly recipient: string; readonly dsn?: RecipientDsn }
  | { readonly kind: 'remote'; readonly recipient: string; readonly dsn?: RecipientDsn }

export interface Acceptance {
  /** The queue id that the trace field and the reply name. */
  readonly id: string
  /** Reverse-path without angle brackets; empty for <>. */
  readonly from: string
  /** Left out: nothing was said. */
  readonly envelope?: Envelope
  readonly deliveries: readonly Delivery[]
  readonly blob: SealedBlob
  readonly receivedAt: number
}

export interface QueueEntry {
  readonly id: string
  readonly from: string
  readonly recipient: string
  readonly size: number
  readonly status: 'pending'
  readonly retryCount: number
  readonly nextRetry: number
  readonly enqueuedAt: number
  readonly envelope: Envelope
  readonly dsn: RecipientDsn
}

export interface QueueStore {
  /**
   * Takes responsibility for a message (RFC 5321 §4.2.5): local copies into their mailboxes, remote
   * recipients into the queue, in one transaction. A local mailbox that is given twice gets it once. The
   * store takes ownership of the blob, also when it refuses.
   * @throws 'no-such-mailbox' | 'unavailable'; nothing was stored
   */
  accept(message: Acceptance): Promise<void>
  /** By next retry, then id and recipient; at most `limit`. */
  listQueue(limit: number): Promise<readonly QueueEntry[]>
}

/** Something that `check` found: what, and where. */
export interface Problem {
  readonly kind: string
  readonly detail: string
}

export interface Store extends AccountStore, AliasStore, MailStore, QueueStore {
  /** Room for the octets of one message while they arrive. */
  newSpool(): Spool
  /** Reads everything and holds it against everything else; works while mail flows. Empty: all is well. */
  check(): Promise<readonly Problem[]>
  /** Finishes the writes that were submitted, then lets the folder go. */
  close(): Promise<void>
}
