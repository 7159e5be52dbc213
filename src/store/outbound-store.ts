/**
 * The queue as its runner, its reports and its operators see it: who waits for which destination, what became of an
 * attempt, and what is remembered of those who are done.
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

/** Who is meant; what is left out, does not matter. All of it has to fit. */
export interface QueueFilter {
  /** Queue id. */
  readonly id?: string
  /** Address, or part of one. */
  readonly sender?: string
  readonly recipient?: string
  readonly domain?: Destination
  readonly status?: QueueStatus
  /** Enqueued at this time or before. */
  readonly before?: number
  /** Text in the last reply, in any case. */
  readonly error?: string
}

export type QueueStatus = 'pending' | 'held' | 'failed'

/** A page begins behind the one that was last on the page before. */
export interface QueuePosition {
  readonly id: string
  readonly recipient: string
}

/** One recipient as it is shown. */
export interface QueuedRecipient {
  readonly id: string
  readonly from: string
  readonly recipient: string
  readonly destination: Destination
  readonly size: number
  readonly status: QueueStatus
  /** Somebody tries it now. */
  readonly claimed: boolean
  readonly retryCount: number
  readonly nextRetry: number
  readonly enqueuedAt: number
  readonly lastAttempt: number | null
  readonly lastHost: string | null
  readonly lastReply: string | null
  readonly envelope: Envelope
  readonly dsn: RecipientDsn
}

/** retry: due now, retry count as it is. fail: its sender is told. drop: nobody is. */
export type QueueAction = 'retry' | 'hold' | 'release' | 'fail' | 'drop'

export interface DestinationStats {
  readonly destination: Destination
  readonly pending: number
  readonly held: number
  /** When the oldest of them came. */
  readonly oldest: number
  readonly nextRetry: number | null
  readonly paused: boolean
}

export interface QueueStats {
  readonly messages: number
  readonly pending: number
  readonly held: number
  /** Failed, and their sender is still to be told. */
  readonly failed: number
  readonly claimed: number
  readonly oldest: number | null
}

/** What is remembered of a recipient that is done. */
export interface FinishedDelivery {
  readonly id: string
  readonly from: string
  readonly recipient: string
  readonly destination: Destination
  /** bounced: it was delivered, and a report that came later says that it failed. */
  readonly outcome: 'delivered' | 'failed' | 'dropped' | 'bounced'
  readonly reply: string | null
  readonly host: string | null
  readonly retryCount: number
  readonly size: number
  readonly enqueuedAt: number
  readonly finishedAt: number
}

/** New mail that fits waits until somebody releases it. At least one of the two is there. */
export interface HoldRule {
  readonly name: string
  /** Address, or `*@domain`. */
  readonly sender: string | null
  /** Address, `*@domain`, or `*@*.domain`. */
  readonly recipient: string | null
  readonly createdAt: number
}

export interface Suppressed {
  readonly address: string
  /** Why, as an SMTP reply or in words. */
  readonly reason: string
  readonly since: number
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
 * What senders are owed. Who is owed something keeps the message; nothing is owed where the reverse-path is null, or
 * NOTIFY says so. One report covers a message: it is due at once when none of its recipients waits for a first attempt or
 * is claimed (those that are held do not count), else `queueLimits.reportWait` after the first of it came to be owed.
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

export interface OutboundStore {
  /**
   * Those with something that is due at `until` or before and nobody's, earliest first, of the same time by name; at most
   * `limit`, those behind `after` in this order. Left out: from the first.
   */
  dueDestinations(until: number, limit: number, after?: DueDestination): Promise<readonly DueDestination[]>
  /** When something is due that nobody has, beyond `after`; null: nothing waits. */
  nextDue(after: number): Promise<number | null>
  /**
   * Claims what is due at `destination` at `now`: at most `messages`, and of each at most `recipients`. Nobody else gets
   * them until their attempt is recorded, or the store is opened anew and `releaseClaims` is called.
   */
  claimDue(claim: {
    readonly destination: Destination
    readonly now: number
    readonly messages: number
    readonly recipients: number
  }): Promise<readonly Claim[]>
  /** The end of an attempt. Recipients that are not claimed any more are passed over. */
  recordAttempt(attempt: Attempt): Promise<void>
  /** At the start: whoever had them is gone. @returns those that may have been delivered without our knowing */
  releaseClaims(): Promise<readonly { readonly id: string; readonly recipient: string }[]>
  /** Called when something has become due sooner than was known: mail came, or an operator said so. One listener. */
  onQueued(listener: (() => void) | null): void

  /** By id and recipient; at most `limit`. */
  listRecipients(filter: QueueFilter, after: QueuePosition | null, limit: number): Promise<readonly QueuedRecipient[]>
  /** Does it to all that fit; in slices, so that others get their turn. Who is claimed is passed over. @returns how many */
  control(action: QueueAction, filter: QueueFilter, at: number): Promise<number>
  queueStats(): Promise<QueueStats>
  /** By name, those behind `after`; at most `limit`. */
  destinationStats(after: Destination, limit: number): Promise<readonly DestinationStats[]>

  listPaused(): Promise<readonly Destination[]>
  /** Nothing is claimed for it until it is resumed. */
  pauseDestination(destination: Destination): Promise<void>
  /** @throws 'no-such-destination' */
  resumeDestination(destination: Destination): Promise<void>
  listHoldRules(): Promise<readonly HoldRule[]>
  /** @throws 'hold-rule-exists' */
  addHoldRule(rule: HoldRule): Promise<void>
  /** What it holds stays held. @throws 'no-such-hold-rule' */
  removeHoldRule(name: string): Promise<void>

  /** Latest first; `after`: behind which of them. At most `limit`. */
  listFinished(
    filter: Pick<QueueFilter, 'id' | 'sender' | 'recipient' | 'domain'>,
    after: (QueuePosition & { readonly finishedAt: number }) | null,
    limit: number,
  ): Promise<readonly FinishedDelivery[]>
  /** Of the last attempt, of one that waits or is done; null: there was none, or it is not known any more. */
  transcript(position: QueuePosition): Promise<string | null>
  /** Some of those that finished before `until`. @returns how many */
  forgetFinished(until: number): Promise<number>

  /** By address, those behind `after`; at most `limit`. */
  listSuppressed(after: string, limit: number): Promise<readonly Suppressed[]>
  /** Those of `addresses` to which nothing is sent. */
  findSuppressed(addresses: readonly string[]): Promise<readonly Suppressed[]>
  /** Replaces what was there. */
  suppress(entry: Suppressed): Promise<void>
  /** @throws 'no-such-address' */
  unsuppress(address: string): Promise<void>
}
