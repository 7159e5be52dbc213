/** How the store says no. */

/** Everything that the store can decline. Each protocol has its own words for each: imap/errors.ts, smtp/errors.ts. */
export type StoreRefusal =
  | 'no-such-domain'
  | 'domain-exists'
  | 'domain-not-empty'
  | 'no-such-user'
  | 'user-exists'
  | 'no-such-mailbox'
  | 'mailbox-exists'
  | 'no-such-message'
  | 'too-many-keywords'
  | 'over-quota'
  | 'unavailable'

/**
 * A request that the store understood and declined; nothing was changed. 'unavailable' is the disk's
 * refusal (full, read-only, failing): it may pass. Any other error out of the store is a fault.
 */
export class StoreError extends Error {
  readonly refusal: StoreRefusal

  constructor(refusal: StoreRefusal, detail: string) {
    super(detail)
    this.name = 'StoreError'
    this.refusal = refusal
  }
}
