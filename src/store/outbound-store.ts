/**
 * The queue as its runner and its reports see it: who waits for which destination, what became of an attempt, and what
 * senders are owed. What operators see and do is in control-store.ts.
 *
 * A recipient waits (`pending`) for its next attempt, is held until somebody releases it, or is done. A pending one may
 * be claimed: somebody tries it now. Claims stand in the data, so that after a crash it is known who may have been
 * delivered without our knowing (decision 22); they are due again with the retry count that they had.
 */
import type { BlobId } from '../core/ids.js'
import type { Envelope, RecipientDsn } from './queue-store.js'

/** The domain that a recipient is sent to, in its canonical form; an address literal with its brackets. */
export type Destination = string

/** What has something due, without what is paused. */
export interface DueDestination {
  readonly destination: Destination
  /** The earliest of its recipients, in milliseconds since the epoch. */
  readonly due: number
}

export interface ClaimedRecipient {
  readonly recipient: string
  readonly dsn: RecipientDsn
  /** How often it was tried again: 0 before the second attempt. */
  readonly retryCount: number
}

/** A message and those of its recipients who are due at one destination. They are the caller's until `recordAttempt`. */
export interface Claim {
  /** Queue id. */
  readonly id: string
  readonly from: string
  readonly envelope: Envelope
  readonly blob: BlobId
  /** Octets of the message as it is stored. */
  readonly size: number
  readonly enqueuedAt: number
  readonly destination: Destination
  /** Ascending. */
  readonly recipients: readonly ClaimedRecipient[]
}

/** What one attempt meant for one recipient. `reply`: as an SMTP reply, `550 5.1.1 No such user`. */
export type RecipientResult =
  /** Another server took it on. `reports`: and will tell the sender, for it was passed the DSN parameters (RFC 3461 §6). */
  | { readonly recipient: string; readonly kind: 'delivered'; readonly reply: string; readonly reports: boolean }
  /** `retryCount`: the new one. */
  | {
      readonly recipient: string
      readonly kind: 'deferred'
      readonly reply: string
      readonly retryCount: number
      readonly nextRetry: number
    }
  | { readonly recipient: string; readonly kind: 'failed'; readonly reply: string }
  /** It was not its turn after all: as before, but not due before `nextRetry`. */
  | { readonly recipient: string; readonly kind: 'released'; readonly nextRetry: number }

export interface Attempt {
  /** Queue id. */
  readonly message: string
  readonly at: number
  /** `mx.example.org [192.0.2.1]`; null: nobody was reached. */
  readonly host: string | null
  /** What was said, for whoever asks; null: nothing. */
  readonly transcript: string | null
  readonly results: readonly RecipientResult[]
}

/** What a sender is to be told of a recipient: RFC 3464 §2.3.3. A recipient that is 'delayed' still waits. */
export type ReportKind = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

export interface OwedRecipient {
  readonly recipient: string
  readonly dsn: RecipientDsn
  readonly kind: ReportKind
  /** As an SMTP reply; null: nothing was said, as where it was a mailbox of ours. */
  readonly reply: string | null
  /** The one that was asked last; null: none was. */
  readonly host: string | null
  readonly lastAttempt: number | null
}

/** A message and all that its sender is to be told of it now. */
export interface OwedReport {
  /** Queue id. */
  readonly id: string
  readonly from: string
  readonly envelope: Envelope
  readonly blob: BlobId
  readonly enqueuedAt: number
  /** When it is to be told. */
  readonly due: number
  /** Ascending. */
  readonly recipients: readonly OwedRecipient[]
}

/** Whom a report was on. One who is owed another kind by then is not settled by it. */
export interface SettledReport {
  /** Queue id. */
  readonly message: string
  readonly recipients: readonly { readonly recipient: string; readonly kind: ReportKind }[]
}

/**
 * What senders are owed. Who is owed something keeps the message; nothing is owed where NOTIFY says so. Where the
 * reverse-path is null, an attempt that failed for good is all that is owed, and goes to the postmaster (RFC 3461 §5.2).
 * Whatever leaves something owed is a Duty 'bounce', and so is a first attempt that was put off.
 *
 * One report covers a message: it is due at once when none of its recipients waits for a first attempt or is claimed
 * (those that are held do not count), else StoreLimits.reportWait after the first of it came to be owed. It is looked at
 * when something is owed, and at the end of each attempt.
 */
export interface ReportStore {
  /** By due, then id: those that are due at `until` or before, behind `after`; at most `limit`. */
  listReports(
    until: number,
    after: Pick<OwedReport, 'due' | 'id'> | null,
    limit: number,
  ): Promise<readonly OwedReport[]>
  /** When the next one behind `after` is due; null: nothing is owed. */
  nextReport(after: number): Promise<number | null>
  /** Nobody is told of them. Those that are settled already are passed over. */
  dropReports(settled: SettledReport): Promise<void>
  /**
   * Recipients that wait, of mail that came at `enqueuedBefore` or before, are owed a 'delayed': each once, and none that
   * was never tried or is owed something else. At most `limit`. @returns how many
   */
  warnDelayed(enqueuedBefore: number, at: number, limit: number): Promise<number>
  /** When the oldest mail came of which somebody may still be warned; null: there is none. */
  oldestUnwarned(): Promise<number | null>
}

/** What may be claimed, and at most so much of it. */
export interface ClaimRequest {
  readonly destination: Destination
  readonly now: number
  readonly messages: number
  readonly recipients: number
}

/** A recipient whose attempt the server did not live to record. */
export interface Interrupted {
  /** Queue id. */
  readonly id: string
  readonly recipient: string
}

/** What the runner does with the queue. */
export interface OutboundStore {
  /**
   * Those with something that is due at `until` or before and nobody's, earliest first, of the same time by name; at most
   * `limit`, those behind `after` in this order. Left out: from the first.
   */
  dueDestinations(until: number, limit: number, after?: DueDestination): Promise<readonly DueDestination[]>
  /** When the next destination becomes due, behind `after`: one that is due before does not count. null: there is none. */
  nextDue(after: number): Promise<number | null>
  /**
   * Claims what is due at `destination` at `now`, earliest first: at most `messages`, and of each at most `recipients`.
   * Nobody else gets them until their attempt is recorded, or the store is opened anew and `releaseClaims` is called.
   * Nothing where the destination is paused.
   */
  claimDue(claim: ClaimRequest): Promise<readonly Claim[]>
  /**
   * The end of an attempt. Recipients that are not claimed any more are passed over. Who is done is in `listFinished`
   * from then on, and the message goes with the last of its recipients of whom nobody is to be told.
   */
  recordAttempt(attempt: Attempt): Promise<void>
  /** At the start: whoever had them is gone. @returns those that may have been delivered without our knowing */
  releaseClaims(): Promise<readonly Interrupted[]>
  /** Called when something has become due sooner than was known: mail came, or an operator said so. One listener. */
  onQueued(listener: (() => void) | null): void
}
