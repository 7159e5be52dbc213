import { expect, test } from 'vitest'
import { isLastAttempt, mayWaitUntil, outcomeOf } from './outcome.js'

const at = (retryCount: number) => ({
  recipient: 'x@far.test',
  dsn: { notify: null, originalRecipient: null },
  retryCount,
})
const later = { recipient: 'x@far.test', kind: 'later', reply: '450 4.2.1 Busy' } as const

test.each([
  [0, { kind: 'deferred', retryCount: 1, nextRetry: 1_010 }],
  [1, { kind: 'deferred', retryCount: 2, nextRetry: 1_020 }],
  [2, { kind: 'failed' }],
  // The schedule was longer before.
  [7, { kind: 'failed' }],
])('tried again %i times, it is %o', (retryCount, outcome) => {
  expect(outcomeOf(later, at(retryCount), [10, 20], 1_000)).toMatchObject({ ...outcome, reply: later.reply })
  expect(isLastAttempt(at(retryCount), [10, 20])).toBe(retryCount >= 2)
})

test('an acceptance and a refusal are final', () => {
  const accepted = { recipient: 'x@far.test', kind: 'accepted', reply: '250 2.0.0 Ok', reports: true } as const
  expect(outcomeOf(accepted, at(0), [10], 0)).toMatchObject({ kind: 'delivered', reports: true })
  const refused = { recipient: 'x@far.test', kind: 'refused', reply: '550 5.1.1 No' } as const
  expect(outcomeOf(refused, at(0), [10], 0)).toMatchObject({ kind: 'failed', reply: '550 5.1.1 No' })
})

test('nobody waits for a host for longer than attempts would take', () => {
  expect([0, 1, 2, 3].map((retries) => mayWaitUntil(1_000, at(retries), [10, 20]))).toEqual([
    1_010, 1_030, 1_030, 1_030,
  ])
})
