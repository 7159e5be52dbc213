/** What the store tells of the inside of messages: their attachments, and which hold a text. */
import type { MailboxId, Uid } from '../core/ids.js'
import type { DayRelation } from '../message/date.js'

export interface Attachment {
  /** Its number, as in BODY[1.2] (RFC 3501 §6.4.5). */
  readonly part: string
  /** Decoded (RFC 2231, RFC 2047) and harmless as the name of a file; null when it has none. */
  readonly name: string | null
  /** `type/subtype`, small letters. */
  readonly type: string
  /** Small letters; null when it is not said. */
  readonly disposition: string | null
  /** Without angle brackets. */
  readonly contentId: string | null
  /** Octets, decoded. */
  readonly size: number
  /** Of the decoded octets, lower-case hex. */
  readonly sha256: string
}

/** `failed`: the message cannot be taken apart, and will not be tried again; `reason` says why. */
export type Attachments =
  | { readonly kind: 'found'; readonly attachments: readonly Attachment[] }
  | { readonly kind: 'failed'; readonly reason: string }

export interface AttachmentReader extends Attachment {
  /** The decoded octets in pieces. @throws StoreError 'unavailable' */
  read(): AsyncIterable<Buffer>
}

/**
 * A substring to look for, without regard to case (RFC 3501 §6.4.4; message/case-fold.ts).
 * body: text parts without any header field. text: those and all header fields, MIME fields too. header: the
 * values of one field; an empty `value` asks whether the field is there.
 */
export type SearchText =
  | { readonly where: 'body' | 'text'; readonly value: string }
  | { readonly where: 'header'; readonly field: string; readonly value: string }

/**
 * The day that the Date field names, in days since 1970-01-01: as it is written, whatever the time and zone
 * (RFC 3501 §6.4.4). A message without one that can be read is on no day.
 */
export interface SearchDate {
  readonly where: 'date'
  readonly is: DayRelation
  readonly day: number
}

export interface SearchOptions {
  /** Only these; those that are not there are passed over. */
  readonly uids?: readonly Uid[]
  /** Ends the search: it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal
}

export interface InsideStore {
  /**
   * The attachments of a message in its order, from the table or, when it is new, from the message itself.
   * @throws 'no-such-message' | 'unavailable'
   */
  attachments(mailbox: MailboxId, uid: Uid): Promise<Attachments>
  /** null when the message has no attachment of that number. @throws 'no-such-message' | 'unavailable' */
  openAttachment(mailbox: MailboxId, uid: Uid, part: string): Promise<AttachmentReader | null>
  /**
   * The messages that hold a text or are of a day, by UID, ascending. Exact whether they are in the index or not. A message that
   * comes or goes meanwhile is found or not.
   * @throws 'no-such-mailbox' | 'unavailable', also when too much waits to be searched already
   */
  search(mailbox: MailboxId, wanted: SearchText | SearchDate, options?: SearchOptions): Promise<readonly Uid[]>
}
