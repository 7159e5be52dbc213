/** The queue's part of the store: taking responsibility for a message, and what became of its recipients. */
import type { MailboxId } from '../core/ids.js'
import type { SettledReport } from './outbound-store.js'
import type { SealedBlob } from './spool.js'

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
  | {
      readonly kind: 'local'
      readonly mailbox: MailboxId
      readonly recipient: string
      readonly dsn?: RecipientDsn
      /** The reply to this message tells its sender whether it was made: LMTP. */
      readonly answered?: true
    }
  | { readonly kind: 'remote'; readonly recipient: string; readonly dsn?: RecipientDsn }

/** An alias of ours that led to several, of which the sender asked to be told: RFC 3461 §5.2.7.3. */
export interface Expanded {
  /** As it was given. */
  readonly recipient: string
  readonly dsn: RecipientDsn
}

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
  /** Who has room gets it. Left out: all or nobody. */
  readonly partial?: boolean
  /**
   * What is said of those who have no room, as an SMTP reply: they are kept as failed, and their sender is told, unless
   * there is none or it does not want to be, or is `answered`. Left out: they are forgotten.
   */
  readonly diagnostic?: string
  /** The sender is owed an 'expanded' of each; left out: of none. */
  readonly expanded?: readonly Expanded[]
  /** What this message is the report on. */
  readonly settles?: SettledReport
}

export interface Accepted {
  /** Local mailboxes that have this message already, and did not get it again (decision 25). */
  readonly duplicates: readonly MailboxId[]
  /** Local deliveries of a partial acceptance that were not made, because the user has no room. */
  readonly overQuota: readonly Extract<Delivery, { kind: 'local' }>[]
}

export interface QueueStore {
  /**
   * Takes responsibility for a message (RFC 5321 §4.2.5): local copies into their mailboxes, remote
   * recipients into the queue, in one transaction. A local mailbox that is given twice gets it once, and one
   * that got the same octets behind the blob's mark within the duplicate window does not get them again, if
   * they have a Message-ID. The sender is owed a report of local copies where it wants to hear of success; of those
   * that a duplicate did not need, too. The store takes ownership of the blob, also when it refuses.
   * @throws 'no-such-mailbox' | 'over-quota' | 'unavailable'; nothing was stored
   * @throws 'no-such-message' where what it `settles` has been settled, or is owed as another kind by now
   */
  accept(message: Acceptance): Promise<Accepted>
}

/** Whether somebody wants to be told of it (RFC 3461 §4.1): of what fails and takes long, also who did not say so. */
export const wantsReport = (about: Notify, notify: readonly Notify[] | null | undefined): boolean =>
  notify?.includes(about) ?? about !== 'success'

/** Whether the sender is to be told of a recipient that failed (RFC 3461 §4.1, RFC 5321 §4.5.5). */
export const wantsBounce = (from: string, dsn: RecipientDsn | undefined): boolean =>
  from !== '' && wantsReport('failure', dsn?.notify)
