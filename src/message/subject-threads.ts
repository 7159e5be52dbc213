/** THREAD=ORDEREDSUBJECT: messages with the same base subject are one thread (RFC 5256 §3). */
import { sortedPositions } from './sort-order.js'
import { NO_PARENT, threadList } from './thread-list.js'

/** One of each for each message, in the order of the mailbox. */
export interface SubjectColumns {
  /** Equal where the base subjects are equal, from 0. */
  readonly subjects: ArrayLike<number>
  /** Sent dates (RFC 5256 §2.2), milliseconds. */
  readonly dates: ArrayLike<number>
}

/** The first message of a thread by its date is the parent of all others. @returns see thread-list.ts */
export function subjectThreads({ subjects, dates }: SubjectColumns): Int32Array {
  const messages = subjects.length
  const order = sortedPositions(messages, [{ values: dates, reverse: false }])
  const above = new Int32Array(messages).fill(NO_PARENT)
  const firsts = new Map<number, number>()
  for (const message of order) {
    const subject = Number(subjects[message])
    const first = firsts.get(subject)
    if (first === undefined) firsts.set(subject, message)
    else above[message] = first
  }
  return threadList({ messages, above, dummies: 0, order })
}
