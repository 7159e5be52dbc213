/**
 * The queue as its operators see it: who waits for what, what can be done about it, and what is remembered of those who
 * are done. What the runner does with it is in outbound-store.ts.
 */
import type { Destination } from './outbound-store.js'
import type { Envelope, RecipientDsn } from './queue-store.js'

/** failed: its sender is still to be told. */
export type QueueStatus = 'pending' | 'held' | 'failed'

/** Who is meant; what is left out, does not matter. All of it has to fit. */
export interface QueueFilter {
  /** Queue id. */
  readonly id?: string
  /** Address, or part of one, in any case (of ASCII); empty: the null reverse-path. */
  readonly sender?: string
  /** Address, or part of one, in any case (of ASCII). */
  readonly recipient?: string
  readonly domain?: Destination
  readonly status?: QueueStatus
  /** Enqueued at this time or before. */
  readonly before?: number
  /** Text in the last reply, in any case (of ASCII). */
  readonly error?: string
}

/** One recipient of one message. A page begins behind the one that was last on the page before. */
export interface QueuePosition {
  /** Queue id. */
  readonly id: string
  readonly recipient: string
}

/** One recipient as it is shown. */
export interface QueuedRecipient extends QueuePosition {
  readonly from: string
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

/**
 * retry: who waits is due now, with its retry count as it is. hold: it waits until it is released, and is due then.
 * fail: its sender is told. drop: nobody is.
 */
export type QueueAction = 'retry' | 'hold' | 'release' | 'fail' | 'drop'

/** How many of those that fit it was done to, and who was passed over. */
export interface Controlled {
  readonly done: number
  /** Somebody tries them now. */
  readonly claimed: number
  /** It means nothing to them: retry of one that is held, release of one that is not, anything of one that has failed. */
  readonly unsuited: number
}

/** What waits for one destination, or that it is paused. */
export interface DestinationStats {
  readonly destination: Destination
  readonly pending: number
  readonly held: number
  /** When the oldest of them came; null: there is none. */
  readonly oldest: number | null
  /** null: nobody is pending, or all of them are tried now. */
  readonly nextRetry: number | null
  readonly paused: boolean
}

export interface QueueStats {
  /** Those with a recipient that waits, is held, or has failed. */
  readonly messages: number
  /** Those that are claimed are among them. */
  readonly pending: number
  readonly held: number
  readonly failed: number
  readonly claimed: number
  /** When the oldest message came; null: there is none. */
  readonly oldest: number | null
}

/** bounced: it was delivered, and a report that came later says that it failed. */
export type Outcome = 'delivered' | 'failed' | 'dropped' | 'bounced'

/** What is remembered of a recipient that is done. */
export interface FinishedDelivery {
  /** One that finished later has a higher one. */
  readonly serial: number
  /** Queue id. */
  readonly id: string
  readonly from: string
  readonly recipient: string
  readonly destination: Destination
  readonly outcome: Outcome
  /** The last one that was heard, as an SMTP reply. */
  readonly reply: string | null
  readonly host: string | null
  readonly retryCount: number
  readonly size: number
  readonly enqueuedAt: number
  readonly finishedAt: number
}

export type FinishedFilter = Pick<QueueFilter, 'id' | 'sender' | 'recipient' | 'domain' | 'error'> & {
  readonly outcome?: Outcome
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

/** Nothing is sent to this address. */
export interface Suppressed {
  /** In the form in which addresses are compared (core/local-part.ts): in lower case. */
  readonly address: string
  /** Why, as an SMTP reply or in words. */
  readonly reason: string
  readonly since: number
}

export interface ControlStore {
  /** By id and recipient; at most `limit`. */
  listRecipients(filter: QueueFilter, after: QueuePosition | null, limit: number): Promise<readonly QueuedRecipient[]>
  /** Does it to all that fit; in slices, so that others get their turn. */
  control(action: QueueAction, filter: QueueFilter): Promise<Controlled>
  queueStats(): Promise<QueueStats>
  /** Those where something waits or that are paused; by name, those behind `after`; at most `limit`. */
  destinationStats(after: Destination, limit: number): Promise<readonly DestinationStats[]>

  /** By name. */
  listPaused(): Promise<readonly Destination[]>
  /** Nothing is claimed for it until it is resumed. @throws 'too-many-pauses' */
  pauseDestination(destination: Destination): Promise<void>
  /** @throws 'no-such-destination' where it is not paused */
  resumeDestination(destination: Destination): Promise<void>
  /** By name. */
  listHoldRules(): Promise<readonly HoldRule[]>
  /** @throws 'hold-rule-exists' | 'too-many-hold-rules' */
  addHoldRule(rule: Omit<HoldRule, 'createdAt'>): Promise<HoldRule>
  /** What it holds stays held. @throws 'no-such-hold-rule' */
  removeHoldRule(name: string): Promise<void>

  /** Latest first, those before `before` (a serial; null: from the last one); at most `limit`. */
  listFinished(filter: FinishedFilter, before: number | null, limit: number): Promise<readonly FinishedDelivery[]>
  /** Of the last attempt, of one that waits or is done; null: there was none, or it is not known any more. */
  transcript(position: QueuePosition): Promise<string | null>
  /** Some of those that finished before `until`. @returns how many */
  forgetFinished(until: number): Promise<number>

  /** By address, those behind `after`; at most `limit`. */
  listSuppressed(after: string, limit: number): Promise<readonly Suppressed[]>
  /** Those of `addresses` to which nothing is sent, in any case. */
  findSuppressed(addresses: readonly string[]): Promise<readonly Suppressed[]>
  /** The reason replaces what was there; the first time stays. */
  suppress(address: string, reason: string): Promise<Suppressed>
  /** @throws 'no-such-address' */
  unsuppress(address: string): Promise<void>
}
