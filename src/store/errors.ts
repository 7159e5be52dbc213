/** How the store says no. */

/** Everything that the store can decline. Each protocol has its own words for each: imap/errors.ts, smtp/errors.ts. */
export type StoreRefusal =
  | 'no-such-domain'
  | 'domain-exists'
  | 'domain-not-empty'
  | 'no-such-user'
  | 'user-exists'
  | 'no-such-alias'
  | 'alias-exists'
  | 'too-many-targets'
  | 'no-such-app-password'
  | 'app-password-exists'
  | 'too-many-app-passwords'
  | 'no-such-mailbox'
  | 'mailbox-exists'
  | 'mailbox-has-children'
  | 'inbox-stays'
  | 'bad-mailbox-name'
  | 'long-mailbox-name'
  | 'too-many-mailboxes'
  | 'too-many-subscriptions'
  | 'no-such-message'
  | 'too-many-keywords'
  | 'too-much-to-arrange'
  | 'no-such-destination'
  | 'too-many-pauses'
  | 'hold-rule-exists'
  | 'no-such-hold-rule'
  | 'too-many-hold-rules'
  | 'no-such-address'
  | 'over-quota'
  | 'unavailable'

/**
 * A request that the store understood and declined; nothing was changed. 'unavailable' is the disk's
 * refusal (full, read-only, failing): it may pass. Any other error out of the store is a fault.
 */
export class StoreError extends Error {
  readonly refusal: StoreRefusal

  constructor(refusal: StoreRefusal, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.name = 'StoreError'
    this.refusal = refusal
  }
}

/** A read that killed the threads that tried it, or took too long: it would again. */
export class DeadlyRead extends StoreError {
  constructor(detail: string) {
    super('unavailable', detail)
  }
}

/** Another process has this folder open. */
export class StoreLocked extends Error {
  readonly dir: string
  /** Of the process that holds the lock, or null when it has not said so. */
  readonly pid: number | null

  constructor(dir: string, pid: number | null) {
    super(`${dir} is in use by another server${pid === null ? '' : ` (process ${pid})`}`)
    this.name = 'StoreLocked'
    this.dir = dir
    this.pid = pid
  }
}

/** The data was written by a later release than this one. */
export class StoreTooNew extends Error {
  constructor(dir: string, found: number, known: number) {
    super(`${dir} has data of schema ${found}, and this program knows no later one than ${known}: use a newer release`)
    this.name = 'StoreTooNew'
  }
}

/** A restore into this folder was interrupted. */
export class StoreHalfRestored extends Error {
  constructor(dir: string) {
    super(`${dir} has an interrupted restore in it: run "posthorn store restore" again, or remove the folder`)
    this.name = 'StoreHalfRestored'
  }
}
