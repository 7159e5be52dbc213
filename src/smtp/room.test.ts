import { expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import type { Resolution } from '../accounts/contracts.js'
import { QuotaRoom } from '../accounts/quota-room.js'
import type { AccountId, MailboxId } from '../core/ids.js'
import { replies } from './reply.js'
import { Room } from './room.js'

const local = (n: number) =>
  ({ kind: 'local', account: n as AccountId, mailbox: n as MailboxId, address: `${n}@posthorn.test` }) as const
const both: Resolution = { kind: 'alias', targets: [local(1), local(2)] }

/** Look-ups that answer when they are told to. */
function slowRoom() {
  const waiting: (() => void)[] = []
  const quota = new QuotaRoom({ findQuota: () => new Promise((answer) => waiting.push(() => answer(null))) })
  const room = new Room({ quota, quotaReply: 'permanent', log: recordingLog() })
  return { quota, room, answer: () => waiting.shift()?.() }
}

test('what is promised is held until the transaction is over', async () => {
  const { quota, room, answer } = slowRoom()
  const taking = room.take(local(1), 10)
  answer()
  expect(await taking).toBe(null)
  expect(quota.size).toBe(1)
  room.release()
  room.release()
  expect(quota.size).toBe(0)
})

test('what is promised after the client was sent away is given back', async () => {
  const { quota, room, answer } = slowRoom()
  const taking = room.take(both, 10)
  answer()
  await new Promise((turn) => setImmediate(turn))
  expect(quota.size).toBe(1)
  room.release()
  answer()
  expect(await taking).toBe(replies.fault)
  expect(quota.size).toBe(0)
})
