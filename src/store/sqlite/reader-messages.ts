/** What a reader thread can be asked, as data, and how it answers. */

import type { MailboxId } from '../../core/ids.js'
import type { DestinationStats, FinishedFilter, QueueFilter, QueuePosition, QueueStats } from '../control-store.js'
import type { MailboxSnapshot } from '../mailbox-state.js'
import type { Extraction, MessageKeysOf } from '../ops.js'
import type { SearchDate, SearchText } from '../search-store.js'
import type { StorageFault } from '../storage-health.js'
import type { SortJob, ThreadJob } from './arrange-job.js'
import type { FinishedSlice } from './read-finished.js'
import type { QueueSlice } from './read-queue.js'

interface Jobs {
  /** All messages of a mailbox, in memory that comes over; null: it is gone. */
  load: {
    readonly job: { readonly mailbox: MailboxId }
    readonly result: MailboxSnapshot | null
  }
  /** Blobs behind `after` that are not taken apart yet (with `indexes`: or not in the index), ascending. */
  'find-pending': {
    readonly job: { readonly after: number; readonly indexes: boolean }
    readonly result: Pending
  }
  /** null for a blob that is gone, or that the disk does not give just now. */
  extract: {
    readonly job: { readonly blobs: readonly number[]; readonly indexes: boolean }
    readonly result: readonly (Extraction | null)[]
  }
  /** Sort keys. null for a blob that is gone, or that the disk does not give just now. */
  'derive-keys': {
    readonly job: { readonly blobs: readonly number[] }
    readonly result: readonly (MessageKeysOf | null)[]
  }
  /** Goes through messages behind UID `after`, or through those of `uids` (ascending), as long as its turn lasts. */
  search: {
    readonly job: {
      readonly mailbox: number
      readonly wanted: SearchText | SearchDate
      readonly after: number
      readonly uids: readonly number[] | null
    }
    readonly result: Found
  }
  /** Recipients of the queue that fit, behind `after`, as long as its turn lasts. */
  'list-queue': {
    readonly job: { readonly filter: QueueFilter; readonly after: QueuePosition | null; readonly limit: number }
    readonly result: QueueSlice
  }
  /** The same of those that are done. */
  'list-finished': {
    readonly job: { readonly filter: FinishedFilter; readonly after: number | null; readonly limit: number }
    readonly result: FinishedSlice
  }
  'queue-stats': { readonly job: object; readonly result: QueueStats }
  'destination-stats': {
    readonly job: { readonly after: string; readonly limit: number }
    readonly result: readonly DestinationStats[]
  }
  sort: { readonly job: SortJob; readonly result: Uint32Array | null }
  thread: { readonly job: ThreadJob; readonly result: Int32Array | null }
}

export interface Pending {
  /** What one extract job should take. */
  readonly blobs: readonly number[]
  /** Nothing at or before this one waits, once `blobs` are done. */
  readonly upTo: number
  /** Nothing waits behind it either. */
  readonly isLast: boolean
}

export interface Found {
  readonly uids: readonly number[]
  /** The last UID that was looked at; null: all were. */
  readonly upTo: number | null
  /** Of the index, which was done without. */
  readonly damage: StorageFault | null
}

export type JobKind = keyof Jobs
export type JobOf<K extends JobKind> = { readonly kind: K } & Jobs[K]['job']
export type JobResult<K extends JobKind> = Jobs[K]['result']
export type Job = { [K in JobKind]: JobOf<K> }[JobKind]

export type ToReader = { readonly kind: 'job'; readonly job: Job } | { readonly kind: 'close' }

/** ready: once, before the first job. The others answer the one job that it has. `disk`: what the disk says. */
export type FromReader =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly detail: string; readonly disk: StorageFault | null }
  | { readonly kind: 'fault'; readonly message: string; readonly stack: string }
