/** SORT and THREAD in a reader thread: keys are read one by one, and only what is sorted by stays in memory. */
import {
  type KeySource,
  sortMessages,
  type TextKey,
  type ThreadAlgorithm,
  type ThreadKeys,
  threadMessages,
} from '../../message/arrange.js'
import { type SortCriterion, TooMuchToArrange } from '../../message/sort-order.js'
import type { Arranged } from '../arrange-store.js'
import { readThreadKeys } from './message-keys.js'
import type { ReadContext } from './reader-jobs.js'
import type { Statements } from './statements.js'

export interface SortJob {
  readonly messages: Arranged
  readonly criteria: readonly SortCriterion[]
}

export interface ThreadJob {
  readonly messages: Arranged
  readonly algorithm: ThreadAlgorithm
}

/** null: it is too much. */
export const sortJob = (cx: ReadContext, { messages, criteria }: SortJob): Uint32Array | null =>
  arranged(cx, messages, (source) => sortMessages(source, criteria, cx.limits))

export const threadJob = (cx: ReadContext, { messages, algorithm }: ThreadJob): Int32Array | null =>
  arranged(cx, messages, (source) => threadMessages(source, algorithm, cx.limits))

/** In one transaction, which takes the lock once and not for each message. */
function arranged<T>({ sql }: ReadContext, messages: Arranged, work: (source: KeySource) => T): T | null {
  try {
    return sql.db.transaction(() => work(new StoredKeys(sql, messages)))()
  } catch (error) {
    if (error instanceof TooMuchToArrange) return null
    throw error
  }
}

const TEXTS: Readonly<Record<TextKey, string>> = {
  cc: 'SELECT cc AS text FROM blob_keys WHERE blob = ?',
  from: 'SELECT "from" AS text FROM blob_keys WHERE blob = ?',
  subject: 'SELECT subject AS text FROM blob_keys WHERE blob = ?',
  to: 'SELECT "to" AS text FROM blob_keys WHERE blob = ?',
}

class StoredKeys implements KeySource {
  readonly count: number
  readonly arrivals: Float64Array
  readonly sizes: Uint32Array
  readonly #blobs: Float64Array
  readonly #sql: Statements

  constructor(sql: Statements, { blobs, arrivals, sizes }: Arranged) {
    this.#sql = sql
    this.#blobs = blobs
    this.count = blobs.length
    this.arrivals = arrivals
    this.sizes = sizes
  }

  text(key: TextKey, position: number): string | null {
    return this.#sql.get<{ text: string }>(TEXTS[key], this.#blob(position))?.text ?? null
  }

  sentDate(position: number): number | null {
    const found = this.#sql.get<{ sent: number | null }>(
      'SELECT sent_date AS sent FROM blob_keys WHERE blob = ?',
      this.#blob(position),
    )
    return found?.sent ?? null
  }

  thread(position: number): ThreadKeys | null {
    return readThreadKeys(this.#sql, this.#blob(position))
  }

  #blob(position: number): number {
    return this.#blobs[position] ?? 0
  }
}
