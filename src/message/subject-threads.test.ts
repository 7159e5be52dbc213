/** THREAD=ORDEREDSUBJECT (RFC 5256 §3). */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { threadText } from '../../test/thread-text.js'
import { subjectThreads } from './subject-threads.js'

/** Subjects by letter, and dates. */
const threads = (subjects: string, dates: readonly number[] = []): string =>
  threadText(
    subjectThreads({
      subjects: [...subjects].map((letter) => letter.charCodeAt(0)),
      dates: [...subjects].map((_, i) => dates[i] ?? 0),
    }),
  )

test.each<[string, number[], string]>([
  ['', [], ''],
  ['a', [], '(1)'],
  ['aa', [], '(1 2)'],
  ['aaa', [], '(1 (2)(3))'],
  ['aab', [], '(1 2)(3)'],
  // By the date of the first message of each.
  ['ab', [2, 1], '(2)(1)'],
  ['aba', [3, 2, 1], '(3 1)(2)'],
  ['aaaa', [4, 3, 2, 1], '(4 (3)(2)(1))'],
  ['abab', [1, 1, 1, 1], '(1 3)(2 4)'],
])('%j of dates %j are the threads %s', (subjects, dates, text) => {
  expect(threads(subjects, dates)).toBe(text)
})

test('each message once, the oldest of its subject in front, and no grandchildren', () => {
  const message = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 5 }))
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
      const text = threads(
        messages.map(([subject]) => subject).join(''),
        messages.map(([, date]) => date),
      )
      const rows = messages.map(([subject, date], at) => ({ subject, date, at }))
      const sorted = rows.sort((a, b) => a.date - b.date || a.at - b.at)
      const subjects = [...new Set(sorted.map(({ subject }) => subject))]
      const lists = subjects.map((one) => {
        const [first, ...others] = sorted.filter(({ subject }) => subject === one).map(({ at }) => at + 1)
        if (others.length === 0) return `(${first})`
        return others.length === 1 ? `(${first} ${others})` : `(${first} ${others.map((at) => `(${at})`).join('')})`
      })
      expect(text).toBe(lists.join(''))
    }),
  )
})

test('100,000 messages of one subject', () => {
  const count = 100_000
  const list = subjectThreads({ subjects: new Uint32Array(count), dates: new Float64Array(count) })
  expect(list).toHaveLength(3 * count)
})
