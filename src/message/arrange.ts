/** SORT and THREAD for any source of keys: which columns each needs, and what stands for what is not known. */
import type { MessageKeys } from './message-keys.js'
import { type LinkLimits, ReferenceLinks, type Referring } from './reference-links.js'
import { referenceThreads } from './reference-threads.js'
import { type SortCriterion, type SortKey, sortedPositions, TextColumn } from './sort-order.js'
import { subjectThreads } from './subject-threads.js'

export type ThreadAlgorithm = 'ORDEREDSUBJECT' | 'REFERENCES'

/** Keys that are texts of i;unicode-casemap. */
export type TextKey = 'cc' | 'from' | 'subject' | 'to'
export type ThreadKeys = Referring & Pick<MessageKeys, 'isReply' | 'sentDate' | 'subject'>

/** Messages in the order of the mailbox, and their keys by position from 0; null where they are not known. */
export interface KeySource {
  readonly count: number
  /** INTERNALDATE, milliseconds. */
  readonly arrivals: ArrayLike<number>
  /** Octets. */
  readonly sizes: ArrayLike<number>
  text(key: TextKey, position: number): string | null
  sentDate(position: number): number | null
  thread(position: number): ThreadKeys | null
}

/** A message whose keys are not known is one without these fields: RFC 5256 §3 has that be the empty string. */
const UNKNOWN: ThreadKeys = {
  subject: '',
  isReply: false,
  sentDate: null,
  messageId: null,
  inReplyTo: [],
  references: [],
}

type Column = (source: KeySource, limits: LinkLimits) => ArrayLike<number>

/** RFC 5256 §2.2: INTERNALDATE where there is no other. */
const sentDates: Column = (source) =>
  Float64Array.from({ length: source.count }, (_, at) => source.sentDate(at) ?? Number(source.arrivals[at]))

const ranksOf =
  (key: TextKey): Column =>
  (source, { arrangedCharacters }) => {
    const column = new TextColumn(arrangedCharacters)
    const ids = Uint32Array.from({ length: source.count }, (_, at) => column.id(source.text(key, at) ?? ''))
    const ranks = column.ranks()
    return ids.map((id) => ranks[id] ?? 0)
  }

const COLUMNS: Readonly<Record<SortKey, Column>> = {
  ARRIVAL: ({ arrivals }) => arrivals,
  CC: ranksOf('cc'),
  DATE: sentDates,
  FROM: ranksOf('from'),
  SIZE: ({ sizes }) => sizes,
  SUBJECT: ranksOf('subject'),
  TO: ranksOf('to'),
}

export const sortKeys = Object.keys(COLUMNS) as readonly SortKey[]

/** @returns positions. @throws TooMuchToArrange */
export function sortMessages(
  source: KeySource,
  criteria: readonly SortCriterion[],
  limits: LinkLimits,
): Uint32Array<ArrayBuffer> {
  // What has decided nothing the first time does not the second time.
  const first = criteria.filter(({ key }, at) => criteria.findIndex((other) => other.key === key) === at)
  const columns = first.map(({ key, reverse }) => ({ values: COLUMNS[key](source, limits), reverse }))
  return sortedPositions(source.count, columns)
}

/** @returns see thread-list.ts. @throws TooMuchToArrange */
export function threadMessages(source: KeySource, algorithm: ThreadAlgorithm, limits: LinkLimits): Int32Array {
  return algorithm === 'REFERENCES' ? byReferences(source, limits) : bySubject(source, limits)
}

function bySubject(source: KeySource, limits: LinkLimits): Int32Array {
  const texts = new TextColumn(limits.arrangedCharacters)
  const subjects = Uint32Array.from({ length: source.count }, (_, at) => texts.id(source.text('subject', at) ?? ''))
  return subjectThreads({ subjects, dates: sentDates(source, limits) })
}

function byReferences(source: KeySource, limits: LinkLimits): Int32Array {
  const { count, arrivals } = source
  const links = new ReferenceLinks(limits)
  const texts = new TextColumn(limits.arrangedCharacters)
  const emptySubject = texts.id('')
  const columns = {
    emptySubject,
    subjects: new Uint32Array(count),
    dates: new Float64Array(count),
    replies: new Uint8Array(count),
  }
  for (let at = 0; at < count; at++) {
    const keys = source.thread(at) ?? UNKNOWN
    links.add(keys)
    columns.subjects[at] = texts.id(keys.subject)
    columns.dates[at] = keys.sentDate ?? Number(arrivals[at])
    columns.replies[at] = Number(keys.isReply)
  }
  return referenceThreads(links, columns)
}
