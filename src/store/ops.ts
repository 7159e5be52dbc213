/** Every change to the data, as data: it can cross a thread, be batched, and be applied again in a test. */
import type { AccountId, AppPasswordId, BlobId, MailboxId, Uid } from '../core/ids.js'
import type { OctetString } from '../message/index-types.js'
import type { MessageKeys } from '../message/message-keys.js'
import type { Freed } from './care.js'
import type { Flags, MessageEntry, Published } from './changes.js'
import type { ControlOperations } from './control-ops.js'
import type { StoreRefusal } from './errors.js'
import type { Fix } from './fixes.js'
import type { Destination } from './outbound-store.js'
import type { QueueOperations } from './queue-ops.js'
import type { Quota, QuotaLimits, QuotaNote, QuotaUpdate, Recalculated, Threshold } from './quota.js'
import type { Attachment } from './search-store.js'
import type { SealedBlob } from './spool.js'
import type { StorageFault } from './storage-health.js'
import type {
  Alias,
  Appended,
  AppPassword,
  Copied,
  Domain,
  DomainSettings,
  Duty,
  FlagMode,
  Mailbox,
  NewAppPassword,
  NewMailbox,
  NewUser,
  User,
  UserUpdate,
} from './store.js'

/** The octets of a message and what is derived from them, on their way to the writer. */
export interface BlobData {
  /** Lower-case hex. */
  readonly sha256: string
  readonly size: number
  readonly content: SealedBlob['content']
  readonly envelope: OctetString
  readonly body: OctetString
  readonly bodyStructure: OctetString
  readonly messageId: string | null
  readonly receivedFields: number
  /** The part tree with its octet ranges: sqlite/index-codec.ts. */
  readonly parts: string
  readonly keys: MessageKeys
}

export interface MessageData {
  readonly blob: BlobData
  readonly flags: Flags
  readonly internalDate: number
  readonly internalZone: number
}

/** An attachment, and where in the message it is. */
export interface AttachmentRow extends Attachment {
  readonly encoding: string
  readonly start: number
  readonly end: number
}

/** Folded text of one message as UTF-8; or why there is none. */
export type IndexText =
  | { readonly kind: 'text'; readonly header: Uint8Array; readonly body: Uint8Array }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'unwanted' }

/** What was found inside of one message. */
export interface Extraction {
  readonly blob: number
  /** Why the message cannot be taken apart; null when it was. */
  readonly failed: string | null
  readonly attachments: readonly AttachmentRow[]
  readonly text: IndexText
}

/** Sort keys of one content. */
export interface MessageKeysOf {
  readonly blob: number
  readonly keys: MessageKeys
}

export interface MessagePlace {
  readonly mailbox: MailboxId
  readonly uid: Uid
}

/** One slice of a copy that is made in several operations. */
export interface CopyPart {
  /** As the first slice gave it; null: this is the first. */
  readonly copy: number | null
  readonly last: boolean
  /** What the slices behind it are charged, so that one without room is refused before it begins. */
  readonly ahead: { readonly octets: number; readonly messages: number }
}

/** `at` is the time of the caller, in milliseconds since the epoch: the writer has no clock of its own. */
interface Operations extends QueueOperations, ControlOperations {
  'add-domain': { readonly op: { readonly name: string; readonly at: number }; readonly result: Domain }
  'update-domain': {
    readonly op: { readonly name: string; readonly update: Partial<DomainSettings> }
    readonly result: Domain
  }
  'remove-domain': { readonly op: { readonly name: string }; readonly result: null }
  'add-user': { readonly op: { readonly user: NewUser; readonly at: number }; readonly result: User }
  'update-user': { readonly op: { readonly address: string; readonly update: UserUpdate }; readonly result: User }
  /** The messages stay behind, for 'erase-removed'. */
  'remove-user': { readonly op: { readonly address: string }; readonly result: null }
  /** Up to `limit` rows of mailboxes that are gone. True: there may be more. */
  'erase-removed': { readonly op: { readonly limit: number }; readonly result: boolean }
  'add-alias': {
    readonly op: { readonly address: string; readonly targets: readonly string[]; readonly at: number }
    readonly result: Alias
  }
  /** null: all targets. */
  'remove-alias': {
    readonly op: { readonly address: string; readonly targets: readonly string[] | null }
    readonly result: null
  }
  'record-login': {
    readonly op: { readonly account: AccountId; readonly at: number; readonly appPassword: AppPasswordId | null }
    readonly result: null
  }
  'add-app-password': {
    readonly op: { readonly address: string; readonly added: NewAppPassword; readonly at: number }
    readonly result: AppPassword
  }
  'remove-app-password': {
    readonly op: { readonly address: string; readonly name: string }
    readonly result: AppPasswordId
  }
  'create-mailbox': {
    readonly op: { readonly account: AccountId; readonly mailbox: NewMailbox; readonly at: number }
    readonly result: Mailbox
  }
  /** What does not go at once stays behind, for 'erase-removed'. */
  'delete-mailbox': { readonly op: { readonly account: AccountId; readonly name: string }; readonly result: MailboxId }
  'rename-mailbox': {
    readonly op: { readonly account: AccountId; readonly from: string; readonly to: string; readonly at: number }
    readonly result: null
  }
  'copy-messages': {
    readonly op: {
      readonly from: MailboxId
      readonly to: MailboxId
      /** Ascending, each once. */
      readonly uids: readonly Uid[]
      /** Refused where one of them is not there; else it is passed over. */
      readonly whole: boolean
      readonly part: CopyPart | null
      readonly origin: string | null
    }
    readonly result: Copied & { readonly copy: number | null }
  }
  /** Takes back one slice of a copy that was not completed. True: there are more. */
  'undo-copy': {
    readonly op: { readonly copy: number; readonly origin: string | null }
    readonly result: boolean
  }
  'move-messages': {
    readonly op: {
      readonly from: MailboxId
      readonly to: MailboxId
      /** Ascending, each once; null: the first ones, up to `limit`. */
      readonly uids: readonly Uid[] | null
      readonly limit: number
      readonly origin: string | null
    }
    readonly result: Copied
  }
  'set-subscription': {
    readonly op: { readonly account: AccountId; readonly name: string; readonly subscribed: boolean }
    readonly result: null
  }
  append: {
    readonly op: {
      readonly mailbox: MailboxId
      readonly messages: readonly MessageData[]
      readonly origin: string | null
    }
    readonly result: readonly Appended[]
  }
  'set-flags': {
    readonly op: {
      readonly mailbox: MailboxId
      /** Ascending, each once. */
      readonly uids: readonly Uid[]
      readonly mode: FlagMode
      readonly flags: Flags
      readonly origin: string | null
      readonly silent: boolean
    }
    readonly result: readonly MessageEntry[]
  }
  expunge: {
    readonly op: {
      readonly mailbox: MailboxId
      /** Ascending, each once; null: every message after `after`. */
      readonly uids: readonly Uid[] | null
      readonly after: number
      readonly limit: number
      readonly origin: string | null
    }
    readonly result: readonly Uid[]
  }
  /** What is \Recent now of the UIDs below `before` is so for the caller and for nobody after it. Gives the first such UID. */
  'take-recent': { readonly op: { readonly mailbox: MailboxId; readonly before: number }; readonly result: number }
  /** Changes nothing on the disk: what applies until the next start, of the configuration. */
  'set-usual-quota': { readonly op: { readonly limits: QuotaLimits }; readonly result: null }
  'set-quota': { readonly op: { readonly account: AccountId; readonly update: QuotaUpdate }; readonly result: Quota }
  'recalculate-quota': {
    readonly op: { readonly account: AccountId }
    readonly result: Recalculated
  }
  'give-notice': {
    readonly op: { readonly account: AccountId; readonly threshold: Threshold; readonly message: MessageData }
    readonly result: MailboxId | null
  }
  /** Forgets those of `blobs` that nothing refers to at the moment this is applied. */
  erase: { readonly op: { readonly blobs: readonly BlobId[] }; readonly result: Freed }
  /** Removes files of contents, by their hashes in hex, that the data does not name at the moment this is applied. */
  'drop-files': { readonly op: { readonly names: readonly string[] }; readonly result: Freed }
  /** Some of the deliveries up to `until` that duplicates would be found by. Gives how many. */
  'forget-deliveries': { readonly op: { readonly until: number }; readonly result: number }
  /** The oldest notes of expunged messages of a mailbox but the last `keep`, up to `limit` of them. Gives how many. */
  'forget-expunged': {
    readonly op: { readonly mailbox: MailboxId; readonly keep: number; readonly limit: number }
    readonly result: number
  }
  'record-extractions': { readonly op: { readonly extractions: readonly Extraction[] }; readonly result: null }
  /** For contents that came before there were sort keys. */
  'record-keys': { readonly op: { readonly made: readonly MessageKeysOf[] }; readonly result: null }
  /** For messages that came before there were threads. Gives how many are in one now. */
  'join-threads': { readonly op: { readonly messages: readonly MessagePlace[] }; readonly result: number }
  /** Sets one thing right that `check` found. Gives what it did, in words, or null when there was nothing to do any more. */
  repair: { readonly op: { readonly fix: Fix; readonly at: number }; readonly result: string | null }
  /** Changes nothing: whoever waits for it knows that everything submitted before is on disk. */
  barrier: { readonly op: object; readonly result: null }
}

export type OpKind = keyof Operations
export type OpOf<K extends OpKind> = { readonly kind: K } & Operations[K]['op']
export type ResultOf<K extends OpKind> = Operations[K]['result']
export type WriteOp = { [K in OpKind]: OpOf<K> }[OpKind]

/** Hands one operation to the writer. Settles once its batch is on disk and its changes are published. */
export type Submit = <K extends OpKind>(op: OpOf<K>) => Promise<ResultOf<K>>

/** How one operation went. `disk`: what refused it. A fault is an error of ours, carried across the thread in words. */
export type Outcome =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly refusal: StoreRefusal; readonly detail: string; readonly disk?: StorageFault }
  | { readonly kind: 'fault'; readonly message: string; readonly stack: string }

/** What a committed operation means for the rest of the process. */
export interface Effects {
  readonly changes: Published[]
  /** Blobs that lost their last reference. */
  readonly unreferenced: BlobId[]
  /** What somebody has to be told. */
  readonly duties: Duty[]
  readonly notes: QuotaNote[]
  /** Whose mail has become due sooner than was known. */
  readonly queued: Destination[]
}
