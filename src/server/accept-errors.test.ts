import { expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { FakeClock } from '../core/clock.js'
import { AcceptErrors } from './accept-errors.js'

test('one line tells of many failures, and the next says how many there were', async () => {
  const clock = new FakeClock()
  const log = recordingLog()
  const errors = new AcceptErrors(clock, log, 25)
  for (let i = 0; i < 1000; i++) errors.report(new Error('accept EMFILE'))
  await clock.advance(10_000)
  errors.report(new Error('accept EMFILE'))
  expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([
    ['Connection could not be accepted', { port: 25, error: 'accept EMFILE', suppressed: 0 }],
    ['Connection could not be accepted', { port: 25, error: 'accept EMFILE', suppressed: 999 }],
  ])
})
