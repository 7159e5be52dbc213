/** Promises of room: nobody is promised what another holds, and what is given back is there again. */
import { beforeEach, expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import type { AccountId } from '../core/ids.js'
import type { Quota } from '../store/quota.js'
import { QuotaRoom } from './quota-room.js'

const ANN = 1 as AccountId
let quota: Quota | null
let lines: { level: string; message: string; fields: object }[]
let room: QuotaRoom
beforeEach(() => {
  quota = {
    account: ANN,
    address: 'ann@example.test',
    used: 500,
    messages: 3,
    limits: { octets: 1000, messages: 0 },
    own: { octets: null, messages: null },
    warned: 0,
  }
  lines = []
  room = new QuotaRoom({ findQuota: async () => quota })
})
const promise = async (size: number) => room.promise(ANN, size, recordingLog(lines as never))

test('of two who ask at once, one gets the last place; it is free again when it is given back', async () => {
  const [first, second] = await Promise.all([promise(400), promise(400)])
  expect([first.kind, second.kind]).toEqual(['held', 'taken'])
  if (first.kind === 'held') first.release()
  expect((await promise(400)).kind).toBe('held')
})

test('nothing is remembered of promises that were given back', async () => {
  const held = await Promise.all([promise(10), promise(20)])
  expect(room.size).toBe(1)
  for (const one of held) if (one.kind === 'held') one.release()
  expect(room.size).toBe(0)
})

test('who is full is full whatever others hold, also for a message of which nobody says the size', async () => {
  if (quota !== null) quota = { ...quota, used: 1000 }
  expect((await promise(0)).kind).toBe('full')
})

test('the number of messages is promised too', async () => {
  if (quota !== null) quota = { ...quota, limits: { octets: 0, messages: 4 } }
  expect([(await promise(1)).kind, (await promise(1)).kind]).toEqual(['held', 'taken'])
})

test('an account that is gone is not refused for its quota', async () => {
  quota = null
  expect((await promise(10 ** 9)).kind).toBe('held')
})

test('the log says what was checked, in the words of requirement §1.5', async () => {
  await promise(200)
  await promise(600)
  expect(lines).toMatchObject([
    {
      level: 'info',
      message: 'Quota check passed',
      fields: {
        user_id: 1,
        used_bytes: 500,
        limit_bytes: 1000,
        percentage: 50,
        message_size: 200,
        remaining_bytes: 290,
      },
    },
    {
      level: 'error',
      message: 'Quota exceeded - message rejected',
      fields: { email: 'ann@example.test', message_size: 600, overflow_bytes: 130 },
    },
  ])
})
