/** The duties of a server on a store: who is woken for what, and that what was left from before is done. */
import { expect, test } from 'vitest'
import { type Line, recordingLog } from '../../test/log-recorder.js'
import { ModelStore } from '../../test/model-store.js'
import { newInbox, START, seal } from '../../test/store/fixtures.js'
import { attempt, claim, delivered, send } from '../../test/store/outbound-contract.js'
import { QuotaAlerts } from '../accounts/quota-alerts.js'
import { FakeClock } from '../core/clock.js'
import type { Store } from '../store/store.js'
import { startDuties } from './duties.js'

const REPORT = `Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt failed.\r\n--b\r
Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.x.test\r
\r\nFinal-Recipient: rfc822; a@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n--b\r
Content-Type: text/rfc822-headers\r\n\r\nReceived: from laptop by mx.example.test id q1; x\r\n--b--\r\n`

async function receive(store: Store, id: string): Promise<void> {
  const { inbox } = await newInbox(store, `${id}@example.test`)
  const deliveries = [{ kind: 'local', mailbox: inbox, recipient: `${id}@example.test` }] as const
  await store.accept({ id, from: '', deliveries, blob: await seal(store, Buffer.from(REPORT)), receivedAt: START })
}

test.each(['before the start', 'while it runs'])('a report that comes in %s is read', async (when) => {
  const clock = new FakeClock(START)
  const store = new ModelStore(clock)
  const log: Line[] = []
  await send(store, 'q1', ['a@x.test'])
  await claim(store, 'x.test')
  await store.recordAttempt(attempt('q1', delivered('a@x.test')))
  if (when === 'before the start') await receive(store, 'r1')
  const duties = startDuties({
    ...{ store, hostname: 'mx.example.test', clock, log: recordingLog(log), alerts: new QuotaAlerts() },
    directory: { resolve: async () => ({ kind: 'no-such-user' }) } as never,
    queue: () => ({ retrySchedule: [1], delayWarning: 0, history: 0, suppressAfter: 1 }),
    random: (n) => Buffer.alloc(n, 1),
  })
  if (when === 'while it runs') await receive(store, 'r1')
  for (let i = 0; i < 200; i++) await new Promise((turn) => setImmediate(turn))
  await duties.stop()
  expect(log.map(({ message }) => message)).toEqual(['Bounce received', 'Address suppressed'])
  expect(await store.listIncomingReports(0, 9)).toEqual([])
  expect(await store.findSuppressed(['A@x.test'])).toMatchObject([{ address: 'a@x.test' }])
})
