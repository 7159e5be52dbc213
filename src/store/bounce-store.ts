/**
 * Reports that others send on mail of ours, as the store knows them: each stands in the data from the moment in which it
 * was accepted until somebody has read it; what it says becomes part of the history.
 */
import type { BlobId } from '../core/ids.js'

/** A message with the null reverse-path that came into a mailbox of ours, and may be such a report. */
export interface IncomingReport {
  /** One that came later has a higher one. */
  readonly serial: number
  /** Not held: it may be gone, as its reader may have removed it. */
  readonly blob: BlobId
}

/** What a report says: these recipients of this message did not get it after all. */
export interface ReportedBounces {
  /** Queue id. */
  readonly message: string
  readonly at: number
  readonly recipients: readonly ReportedBounce[]
  /** Failures of an address before this time do not count any more. */
  readonly countFrom: number
}

export interface ReportedBounce {
  /** What the recipient may be called, in any case; the history has it by one of them. */
  readonly addresses: readonly string[]
  /** As an SMTP reply. */
  readonly reply: string
  /** It is the address that is no good, for good. */
  readonly isAddressFailure: boolean
}

/** A recipient of a message of ours of whom a report said that it failed. */
export interface Bounced {
  /** As in the history. */
  readonly recipient: string
  /** Of `ReportedBounces.recipients`. */
  readonly reported: number
  /** No report has said so before. */
  readonly isNew: boolean
  /** Messages to this address of which reports said that it is no good; 0 where this one did not, or did not name it. */
  readonly failures: number
}

export interface BounceStore {
  /** By serial, those behind `after`; at most `limit`. */
  listIncomingReports(after: number, limit: number): Promise<readonly IncomingReport[]>
  /** One that is not there any more is passed over. */
  dropIncomingReport(serial: number): Promise<void>
  /**
   * What the history has as delivered is 'bounced' from then on, with the new reply. Of several deliveries to an address
   * the last one is meant. A recipient that is not named (forwarded elsewhere, and reported from there) is the only one of
   * its message, or nobody. @returns those that are known, by `reported`; a second time the same, as not new
   */
  recordBounces(bounces: ReportedBounces): Promise<readonly Bounced[]>
}
