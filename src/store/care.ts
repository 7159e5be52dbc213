/** What an administrator may have done to the data as a whole: looked through, set right, copied away, cleaned. */

/** Something that `check` found: what, and where. */
export interface Problem {
  readonly kind: string
  readonly detail: string
}

/** What `repair` did, or would do. */
export interface Repair {
  /** In words, one for each thing set right. */
  readonly done: readonly Problem[]
  /** What is still wrong. Of a dry run: what no repair is known for. */
  readonly left: readonly Problem[]
}

export interface BackupRequest {
  /** An absolute path: a backup of before, an empty folder, or one that is not there yet. */
  readonly folder: string
  /** Of the program, for whoever reads the manifest later. */
  readonly release: string
}

/** A backup that is whole and on disk. */
export interface BackupReport {
  readonly folder: string
  /** Milliseconds since the epoch: the data is as it was then, or a little later. */
  readonly takenAt: number
  readonly schema: number
  readonly users: number
  readonly messages: number
  readonly databaseOctets: number
  /** Files of large messages: written now, there already, and taken away because no message needs them any more. */
  readonly copied: number
  readonly copiedOctets: number
  readonly kept: number
  readonly removed: number
  /** What an administrator has to keep elsewhere, in words. */
  readonly notIncluded: readonly string[]
}

export interface Freed {
  readonly count: number
  readonly octets: number
}

/** What `collectGarbage` took away, or would. Octets of small messages stay in the database, for the next ones. */
export interface Collected {
  /** Contents that no message has any more. */
  readonly contents: Freed
  /** Such contents that somebody still reads: they go later. */
  readonly inUse: number
  /** Files of contents that the database does not know. */
  readonly files: Freed
  /** Such files that stay, because rows are lost and they may be mail: `repair` sees to them. */
  readonly doubtful: number
  /** Leftovers of messages that were arriving. */
  readonly spool: Freed
  /** Notes of deliveries that are too old to be compared with. */
  readonly deliveries: number
  /** Notes of expunged messages, of mailboxes that have more than are kept. */
  readonly expunged: number
}

export interface CareStore {
  /** Reads everything and holds it against everything else; works while mail flows. Empty: all is well. */
  check(): Promise<readonly Problem[]>
  /**
   * Sets right what `check` finds, while mail flows: what is derived is made again, and what is damaged moves to
   * DATA/quarantine, where it is kept. Calls that arrive together are done one after the other.
   */
  repair(options: { readonly dryRun: boolean }): Promise<Repair>
  /**
   * Copies all of the data as it is at one moment, while mail flows. Until the new backup is whole, the one before in
   * the same folder stays as it is.
   * @throws CareError
   */
  backup(request: BackupRequest): Promise<BackupReport>
  /**
   * Takes away what is of no use to anybody, while mail flows. Of what was expunged the last stays known, for
   * clients that come back (RFC 7162 §3.2.7).
   * @throws CareError; StoreError 'unavailable'
   */
  collectGarbage(options: { readonly dryRun: boolean }): Promise<Collected>
}

/** 'busy': something else has the data or the folder. 'damaged': what should be copied is not what it was. 'disk': it may pass. */
export type CareRefusal = 'busy' | 'unusable-folder' | 'damaged' | 'disk'

/** Nothing was changed. `message` is one line for people. */
export class CareError extends Error {
  readonly refusal: CareRefusal

  constructor(refusal: CareRefusal, message: string) {
    super(message)
    this.name = 'CareError'
    this.refusal = refusal
  }
}
