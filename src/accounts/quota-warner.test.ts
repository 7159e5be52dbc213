/** Warnings of the quota: what a user, the log and the sessions are told, and that it is told once. */
import { simpleParser } from 'mailparser'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Line, recordingLog } from '../../test/log-recorder.js'
import { ModelStore } from '../../test/model-store.js'
import { appendAll, entriesOf, newInbox, read, START } from '../../test/store/fixtures.js'
import { FakeClock } from '../core/clock.js'
import type { AccountId, MailboxId } from '../core/ids.js'
import { authLimits } from '../core/limits.js'
import { FLAG } from '../store/changes.js'
import { StoreError } from '../store/errors.js'
import type { Store } from '../store/store.js'
import { QuotaAlerts } from './quota-alerts.js'
import { QuotaWarner } from './quota-warner.js'

let store: Store
let clock: FakeClock
let log: Line[]
let alerts: string[]
let warner: QuotaWarner
let account: AccountId
let inbox: MailboxId

beforeEach(async () => {
  clock = new FakeClock(START)
  store = new ModelStore(clock)
  log = []
  alerts = []
  const made = await newInbox(store)
  account = made.user.id
  inbox = made.inbox
  await store.setQuota(account, { messages: 20 })
  const board = new QuotaAlerts()
  board.listen(account, (text) => alerts.push(text))
  const random = (n: number): Buffer => Buffer.alloc(n, alerts.length)
  warner = new QuotaWarner({ store, alerts: board, clock, random, log: recordingLog(log) })
  store.onDuty((duty) => {
    if (duty === 'quota-warning') warner.wake()
  })
})

afterEach(async () => {
  await warner.stop()
  expect(clock.pending).toBe(0)
})

async function add(n: number): Promise<void> {
  await appendAll(store, inbox, ...Array.from({ length: n }, (): [string] => ['a']))
  for (let i = 0; i < 30; i++) await new Promise((turn) => setImmediate(turn))
}

async function warnings() {
  const entries = await entriesOf(store, inbox)
  const all = await Promise.all(entries.map(async ({ blob, system }) => ({ system, octets: await read(store, blob) })))
  const parsed = await Promise.all(
    all.map(async ({ system, octets }) => ({ system, mail: await simpleParser(octets ?? '') })),
  )
  return parsed.filter(({ mail }) => mail.from?.text.startsWith('"Postmaster"'))
}

const said = (message: string): object[] => log.filter((line) => line.message === message).map(({ fields }) => fields)

test('each threshold is a mail, a line in the log and an alert', async () => {
  await add(15)
  expect(await warnings()).toEqual([])
  for (const [n, threshold] of [
    [1, 80],
    [2, 90],
    [1, 95],
  ] as const) {
    await add(n)
    const last = (await warnings()).at(-1)
    expect(last?.system).toBe(threshold === 95 ? FLAG.flagged : 0)
    expect(last?.mail.subject).toBe(`${threshold === 95 ? 'Urgent: your' : 'Your'} mailbox is ${threshold} % full`)
    expect(last?.mail.from?.value[0]?.address).toBe('postmaster@example.test')
    expect(alerts.at(-1)).toContain(`${threshold} %`)
    expect(said('Quota threshold exceeded').at(-1)).toMatchObject({
      threshold: `${threshold}%`,
      percentage: threshold,
      email: 'ann@example.test',
    })
  }
  await add(1)
  expect((await warnings()).length).toBe(3)
  expect(alerts.length).toBe(3)
})

test('several thresholds at once are one warning, of the highest', async () => {
  await add(20)
  expect((await warnings()).map(({ mail }) => mail.subject)).toEqual(['Urgent: your mailbox is 100 % full'])
})

test('what is left from before is told at the start', async () => {
  store.onDuty(null)
  await add(16)
  expect(await warnings()).toEqual([])
  store.onDuty(() => warner.wake())
  await add(0)
  expect((await warnings()).length).toBe(1)
})

test('what the store refuses now is told later', async () => {
  const giveNotice = store.giveNotice.bind(store)
  store.giveNotice = () => Promise.reject(new StoreError('unavailable', 'no disk'))
  await add(16)
  expect(said('Quota warning failed')).toEqual([{ email: 'ann@example.test', error: 'no disk' }])
  expect(alerts).toEqual([])
  store.giveNotice = giveNotice
  await clock.advance(authLimits.warningRetry)
  await add(0)
  expect((await warnings()).length).toBe(1)
})

test('a spool that refuses keeps neither memory nor a file, however often it is tried', async () => {
  const newSpool = store.newSpool.bind(store)
  let open = 0
  store.newSpool = () => {
    const spool = newSpool()
    const { write, discard } = spool
    spool.write = (chunk) => {
      if (!Buffer.from(chunk).includes('From: Postmaster')) return write.call(spool, chunk)
      open++
      return Promise.reject(new StoreError('unavailable', 'no disk'))
    }
    spool.discard = async () => {
      open--
      await discard.call(spool)
    }
    return spool
  }
  await add(16)
  expect(said('Quota warning failed')).toEqual([{ email: 'ann@example.test', error: 'no disk' }])
  expect(open).toBe(0)
})

test('a text says how much of what is used', async () => {
  await store.setQuota(account, { octets: 1200 })
  await add(16)
  const [warning] = await warnings()
  expect(warning?.mail.text).toMatch(/\d+ (bytes|KiB) of 1\.2 KiB are used\./)
  expect(warning?.mail.text).toContain('16 of 20 messages are there.')
})
