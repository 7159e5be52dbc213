/**
 * Octets of a message while they arrive: hashed and indexed as they pass, in memory up to 1 MiB while the
 * process-wide budget has room, else in a file of DATA/spool.
 */
import type { MessageIndex } from '../message/index-types.js'
import type { MessageKeys } from '../message/message-keys.js'

/** A message that has arrived whole. Whoever holds it gives it to the store or discards it. */
export interface SealedBlob {
  /** SHA-256 of the octets, lower-case hex. */
  readonly sha256: string
  readonly size: number
  readonly index: MessageIndex
  readonly keys: MessageKeys
  /** SHA-256 of the octets behind `mark`, lower-case hex; null when it was not called. */
  readonly markedSha256: string | null
  /** Fields of its header, counted up to mimeLimits.headerFields. */
  readonly headerFields: number
  /** In memory, or in a file that has been synced. */
  readonly content:
    | { readonly kind: 'memory'; readonly bytes: Uint8Array }
    | { readonly kind: 'file'; readonly path: string }
  /** Frees memory, budget and file. Calling it twice, or after the store took the blob, is fine. */
  discard(): Promise<void>
}

export interface Spool {
  /** Octets so far. */
  readonly size: number
  /** Resolves when more may come. The chunk is copied or written before that: the caller may reuse it. */
  write(chunk: Uint8Array): Promise<void> | void
  /** What comes from here on is the message as it was sent to us: it is hashed by itself too. Called at most once. */
  mark(): void
  /** Ends the message; nothing may be written after it. */
  seal(): Promise<SealedBlob>
  /** Gives up. Calling it twice is fine. */
  discard(): Promise<void>
}
