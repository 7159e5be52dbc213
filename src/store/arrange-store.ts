/** How the store puts messages into an order or into threads (RFC 5256). */
import type { ThreadAlgorithm } from '../message/arrange.js'
import type { SortCriterion } from '../message/sort-order.js'

/** Messages in the order of the mailbox, which need not be in it any more; one of each for each message. */
export interface Arranged {
  /** BlobIds. */
  readonly blobs: Float64Array
  /** INTERNALDATE, milliseconds. */
  readonly arrivals: Float64Array
  /** Octets. */
  readonly sizes: Uint32Array
}

/**
 * Both give every message once, also those whose keys are not known: they are as those without a header.
 * @throws 'too-much-to-arrange' | 'unavailable', also when too much waits to be read already
 */
export interface ArrangeStore {
  /** @returns positions in `messages`, in their order */
  sort(messages: Arranged, criteria: readonly SortCriterion[]): Promise<Uint32Array>
  /** @returns positions in `messages`, and parentheses: message/thread-list.ts */
  thread(messages: Arranged, algorithm: ThreadAlgorithm): Promise<Int32Array>
}
