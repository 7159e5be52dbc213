/**
 * What `store repair` can do, as data: `check` finds what is wrong in a snapshot, the writer sets it right.
 * Counts are corrected by differences: what the snapshot lacked, the data of now lacks as well, because every
 * write moves counter and rows together. So mail may flow between the two, and nothing is counted twice.
 */
import type { MailboxId, Uid } from '../core/ids.js'
import type { OctetString } from '../message/index-types.js'
import type { MessageKeys } from '../message/message-keys.js'

/** What is derived from the octets of a message. */
export interface DerivedIndex {
  readonly envelope: OctetString
  readonly body: OctetString
  readonly bodyStructure: OctetString
  readonly messageId: string | null
  readonly receivedFields: number
  readonly parts: string
}

export type KeyValue = string | number

export type Fix =
  /** Adds to the counters. `recent` only while no session has taken \Recent since. */
  | {
      readonly fix: 'count-mailbox'
      readonly mailbox: MailboxId
      readonly messages: number
      readonly unseen: number
      readonly deleted: number
      readonly size: number
      readonly recent: number
      readonly firstRecent: number
    }
  | { readonly fix: 'quota'; readonly account: number; readonly octets: number; readonly messages: number }
  | { readonly fix: 'refs'; readonly blob: number; readonly by: number }
  /** UIDNEXT and HIGHESTMODSEQ become at least these. */
  | { readonly fix: 'raise'; readonly mailbox: MailboxId; readonly uidNext: number; readonly modseq: number }
  | { readonly fix: 'uid-validity'; readonly atLeast: number; readonly renew: readonly MailboxId[] }
  | { readonly fix: 'flags'; readonly mailbox: MailboxId; readonly uid: Uid }
  | { readonly fix: 'keywords'; readonly mailbox: MailboxId; readonly uid: Uid }
  | { readonly fix: 'keyword-list'; readonly mailbox: MailboxId }
  | { readonly fix: 'message-size'; readonly mailbox: MailboxId; readonly uid: Uid }
  | { readonly fix: 'expunged'; readonly mailbox: MailboxId; readonly uid: Uid }
  | { readonly fix: 'inbox'; readonly account: number }
  /** One that is there does not count as removed. */
  | { readonly fix: 'keep-mailbox'; readonly mailbox: MailboxId }
  | { readonly fix: 'blob-size'; readonly blob: number; readonly size: number }
  | { readonly fix: 'index'; readonly blob: number; readonly index: DerivedIndex }
  | { readonly fix: 'keys'; readonly blob: number; readonly keys: MessageKeys }
  /** Adds to the count; a thread without messages goes. */
  | { readonly fix: 'thread'; readonly thread: number; readonly messages: number }
  | { readonly fix: 'leave-thread'; readonly mailbox: MailboxId; readonly uid: Uid }
  | { readonly fix: 'thread-members'; readonly thread: number }
  /** Forgets what was found inside of a message: it is taken apart again in the background. */
  | { readonly fix: 'extraction'; readonly blob: number }
  /** Forgets the whole search index, and all that was found inside of messages, which makes both again in the background. */
  | { readonly fix: 'search-index' }
  /** The row of a content that is there. */
  | { readonly fix: 'blob-row'; readonly blob: number }
  | { readonly fix: 'quarantine-message'; readonly mailbox: MailboxId; readonly uid: Uid; readonly reason: string }
  | { readonly fix: 'quarantine-queued'; readonly id: string; readonly reason: string }
  /** Adds to the counters, and looks for what is due next. */
  | {
      readonly fix: 'queue-destination'
      readonly destination: string
      readonly pending: number
      readonly held: number
    }
  /** One that cannot be what it says. */
  | { readonly fix: 'queue-recipient'; readonly id: string; readonly recipient: string }
  | { readonly fix: 'queue-report'; readonly id: string }
  /** One that nothing names, or that is not there. */
  | { readonly fix: 'queue-attempt'; readonly attempt: number }
  /** After its messages: the content itself, once nothing refers to it. */
  | { readonly fix: 'quarantine-blob'; readonly blob: number; readonly reason: string }
  | { readonly fix: 'quarantine-file'; readonly path: string }
  | { readonly fix: 'domain'; readonly name: string }
  | { readonly fix: 'address-domain'; readonly table: 'alias' | 'account'; readonly address: string }
  | { readonly fix: 'remove-alias'; readonly address: string }
  | {
      readonly fix: 'drop-row'
      readonly table: string
      readonly key: { readonly [column: string]: KeyValue }
    }
  | { readonly fix: 'reindex' }

export type FixKind = Fix['fix']
export type FixOf<K extends FixKind> = Extract<Fix, { readonly fix: K }>
