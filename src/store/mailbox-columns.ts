/**
 * The messages of a mailbox as columns, some 40 octets a message: what a LiveMailbox keeps, and what a thread that
 * has read one hands over without a copy.
 */
import type { PackedRanges } from './uid-ranges.js'

export interface Columns {
  readonly uid: Uint32Array<ArrayBuffer>
  readonly system: Uint8Array<ArrayBuffer>
  readonly modseq: Float64Array<ArrayBuffer>
  readonly size: Uint32Array<ArrayBuffer>
  readonly date: Float64Array<ArrayBuffer>
  readonly zone: Int16Array<ArrayBuffer>
  readonly blob: Float64Array<ArrayBuffer>
  /** Which set of keywords a message has. */
  readonly keywords: Uint32Array<ArrayBuffer>
}

/** Octets of one message in all columns. */
export const COLUMN_OCTETS = 39

const FIRST_CAPACITY = 16
/** Of what there is, so much is room for more. */
const ROOM_SHARE = 16

export const newColumns = (capacity: number): Columns => ({
  uid: new Uint32Array(capacity),
  system: new Uint8Array(capacity),
  modseq: new Float64Array(capacity),
  size: new Uint32Array(capacity),
  date: new Float64Array(capacity),
  zone: new Int16Array(capacity),
  blob: new Float64Array(capacity),
  keywords: new Uint32Array(capacity),
})

/** For `messages`, and some that may come. */
export const roomyColumns = (messages: number): Columns =>
  newColumns(messages + Math.max(FIRST_CAPACITY, Math.ceil(messages / ROOM_SHARE)))

/** A copy with room for more. */
export function grownColumns(columns: Columns): Columns {
  const larger = roomyColumns(columns.uid.length)
  for (const name of Object.keys(larger) as (keyof Columns)[]) larger[name].set(columns[name])
  return larger
}

/** Sets of keywords: set `i` is the octets from `ends[i - 1]` to `ends[i]`, each the position of a keyword. Set 0 is empty. */
export interface KeywordSets {
  readonly octets: Uint8Array<ArrayBuffer>
  readonly ends: Uint32Array<ArrayBuffer>
}

export const NO_KEYWORD_SETS: KeywordSets = { octets: new Uint8Array(0), ends: new Uint32Array(1) }

/** The messages of a mailbox at one moment. */
export interface LoadedMessages {
  /** With room behind the first `count`. */
  readonly columns: Columns
  readonly count: number
  readonly keywordSets: KeywordSets
  readonly uids: PackedRanges
}
