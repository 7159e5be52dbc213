/** What reader threads do: one function for each kind of job. They only read. */
import type { StoreLimits } from '../../core/limits.js'
import { StoreError } from '../errors.js'
import type { MailboxSnapshot } from '../mailbox-state.js'
import type { Extraction, MessageKeysOf } from '../ops.js'
import { sortJob, threadJob } from './arrange-job.js'
import type { ColumnReader } from './column-reader.js'
import { unmap } from './connection.js'
import { deriveKeys } from './derive-keys.js'
import { isDiskRefusal } from './disk-refusal.js'
import { extract } from './extract.js'
import { buffersOf, readSnapshot } from './mailbox-snapshot.js'
import { destinationStats, listFinished, listQueue, queueStats } from './queue-jobs.js'
import { readStored } from './read-octets.js'
import type { Job, JobKind, JobOf, JobResult, Pending } from './reader-messages.js'
import { search } from './search-job.js'
import type { Statements } from './statements.js'

export interface ReadContext {
  readonly dir: string
  readonly sql: Statements
  readonly columns: ColumnReader
  readonly limits: StoreLimits
}

type Run<K extends JobKind> = (cx: ReadContext, job: JobOf<K>) => JobResult<K>

interface PendingRow {
  readonly id: number
  readonly size: number
  readonly waits: number
}

/** Failed ones do not wait: the same octets would fail again. */
const findPending: Run<'find-pending'> = ({ sql, limits }, { after, indexes }): Pending => {
  const rows = sql.all<PendingRow>(
    `SELECT b.id, b.size, e.blob IS NULL OR (? AND e.failed IS NULL AND e.indexed = 0) AS waits
     FROM blob b LEFT JOIN extraction e ON e.blob = b.id WHERE b.id > ? ORDER BY b.id LIMIT ?`,
    Number(indexes),
    after,
    limits.rowsPerSlice,
  )
  const blobs: number[] = []
  let octets = 0
  for (const { id, size, waits } of rows) {
    if (waits === 0) continue
    octets += size
    const isFull = blobs.length === limits.messagesPerExtraction || octets > limits.octetsPerExtraction
    if (isFull && blobs.length > 0) return { blobs, upTo: blobs.at(-1) ?? after, isLast: false }
    blobs.push(id)
  }
  return { blobs, upTo: rows.at(-1)?.id ?? after, isLast: rows.length < limits.rowsPerSlice }
}

/** It may pass: the message is not to blame. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof StoreError || (error instanceof Error && isDiskRefusal(error))

const extractAll: Run<'extract'> = (cx, { blobs, indexes }) => blobs.map((blob) => extractOne(cx, blob, indexes))

function extractOne({ dir, sql, limits }: ReadContext, blob: number, indexes: boolean): Extraction | null {
  try {
    const message = readStored(dir, sql, blob)
    return message === null ? null : extract(blob, message, indexes, limits)
  } catch (error) {
    if (isRefusal(error)) return null
    const failed = error instanceof Error ? error.message : String(error)
    return { blob, failed, attachments: [], text: { kind: 'unwanted' } }
  }
}

const deriveAll: Run<'derive-keys'> = (cx, { blobs }) => blobs.map((blob) => deriveOne(cx, blob))

function deriveOne({ dir, sql }: ReadContext, blob: number): MessageKeysOf | null {
  try {
    const keys = deriveKeys(dir, sql, blob)
    return keys === null ? null : { blob, keys }
  } catch (error) {
    if (isRefusal(error)) return null
    throw error
  }
}

const load: Run<'load'> = ({ sql, columns }, { mailbox }) => {
  try {
    return readSnapshot(sql, columns, mailbox)
  } finally {
    unmap(sql.db)
  }
}

const runners: { readonly [K in JobKind]: Run<K> } = {
  load,
  'find-pending': findPending,
  extract: extractAll,
  'derive-keys': deriveAll,
  search,
  sort: sortJob,
  thread: threadJob,
  'list-queue': listQueue,
  'list-finished': listFinished,
  'queue-stats': queueStats,
  'destination-stats': destinationStats,
}

export function runJob(cx: ReadContext, job: Job): unknown {
  // The key and the argument come from the same job, which the compiler cannot follow through a union.
  const run = runners[job.kind] as (cx: ReadContext, job: Job) => unknown
  return run(cx, job)
}

/** The memory that goes over with the result of a job rather than being copied. */
export const handedOver = (job: Job, result: unknown): ArrayBuffer[] =>
  job.kind === 'load' && result !== null ? buffersOf(result as MailboxSnapshot) : []
