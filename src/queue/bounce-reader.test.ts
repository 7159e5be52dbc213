/** Reports that come in on mail of a real store: what becomes of the history, and of the address. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Line, recordingLog } from '../../test/log-recorder.js'
import { ModelStore } from '../../test/model-store.js'
import { entriesOf, newInbox, START, seal } from '../../test/store/fixtures.js'
import { attempt, claim, delivered } from '../../test/store/outbound-contract.js'
import { FakeClock } from '../core/clock.js'
import type { MailboxId } from '../core/ids.js'
import { queueLimits } from '../core/limits.js'
import { StoreError } from '../store/errors.js'
import type { Store } from '../store/store.js'
import { BounceReader } from './bounce-reader.js'

const US = 'mx.example.test'

let store: Store
let clock: FakeClock
let log: Line[]
let suppressed: [string, string][]
let inbox: MailboxId
let reader: BounceReader

beforeEach(async () => {
  clock = new FakeClock(START)
  store = new ModelStore(clock)
  log = []
  suppressed = []
  inbox = (await newInbox(store)).inbox
  reader = newReader(0)
})

afterEach(async () => {
  await reader.stop()
  expect(clock.pending).toBe(0)
})

const newReader = (suppressAfter: number): BounceReader =>
  new BounceReader({
    ...{ store, hostname: US, suppressAfter, clock, log: recordingLog(log) },
    suppress: async (address, reason) => {
      suppressed.push([address, reason])
    },
  })

/** What leaves us, and was taken on by another server. */
async function sent(id: string, ...recipients: readonly string[]): Promise<string> {
  const mail = `Received: from laptop by ${US} with ESMTPSA id ${id};\r\n\tThu, 1 Jan 1970 00:00:00 +0000\r\nSubject: ${id}\r\n`
  const deliveries = recipients.map((recipient) => ({ kind: 'remote', recipient }) as const)
  const blob = await seal(store, Buffer.from(`${mail}\r\nhello\r\n`))
  await store.accept({ id, from: 'ann@example.test', deliveries, blob, receivedAt: START })
  await claim(store, 'x.test')
  await store.recordAttempt(attempt(id, ...recipients.map((recipient) => delivered(recipient))))
  return mail
}

const part = (type: string, body: string, encoding = '7bit'): string =>
  `--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n`

const fields = (recipient: string, action: string, status: string): string =>
  `\r\nFinal-Recipient: rfc822; ${recipient}\r\nAction: ${action}\r\nStatus: ${status}\r\n`

const report = (returned: string, ...recipients: readonly string[]): string =>
  `Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n${part('text/plain', 'It failed.')}` +
  `${part('message/delivery-status', `Reporting-MTA: dns; mx.x.test\r\n${recipients.join('')}`)}${returned}--b--\r\n`

const headers = (header: string): string => part('text/rfc822-headers', header)

async function receive(content: string): Promise<void> {
  const deliveries = [{ kind: 'local', mailbox: inbox, recipient: 'ann@example.test' }] as const
  const id = `r${Math.random()}`
  await store.accept({ id, from: '', deliveries, blob: await seal(store, Buffer.from(content)), receivedAt: START })
}

async function work(): Promise<void> {
  reader.wake()
  for (let i = 0; i < 200; i++) await new Promise((turn) => setImmediate(turn))
}

const said = (): unknown[] => log.map(({ message, fields: told }) => [message, told])
const bounce = (message_id: string, recipient: string, status: string) => [
  'Bounce received',
  { message_id, recipient, status, action: 'failed' },
]

test('what a report says is told once, and its reader has it', async () => {
  const mail = await sent('q1', 'a@x.test', 'b@x.test', 'c@x.test')
  await receive(report(headers(mail), fields('A@x.test', 'failed', '5.1.1'), fields('b@x.test', 'delayed', '4.4.1')))
  await receive(report(headers(mail), fields('a@x.test', 'failed', '5.1.1')))
  await work()
  expect(said()).toEqual([bounce('q1', 'a@x.test', '5.1.1')])
  expect(await store.listIncomingReports(0, 9)).toEqual([])
  expect(await entriesOf(store, inbox)).toHaveLength(2)
})

test('the message may be returned whole, or encoded', async () => {
  const whole = await sent('q1', 'a@x.test')
  await receive(report(part('message/rfc822', `${whole}\r\nhello`), fields('a@x.test', 'failed', '5.1.1')))
  const encoded = Buffer.from(await sent('q2', 'b@x.test')).toString('base64')
  await receive(report(part('message/global-headers', encoded, 'base64'), fields('b@x.test', 'failed', '5.2.1')))
  await work()
  expect(said()).toEqual([bounce('q1', 'a@x.test', '5.1.1'), bounce('q2', 'b@x.test', '5.2.1')])
})

test('a message that passed us twice is the one that we sent', async () => {
  const [first, second] = [await sent('q1', 'z@x.test'), await sent('q2', 'a@x.test')]
  await receive(
    report(headers(`Received: by ${US} id unknown; x\r\n${second}${first}`), fields('a@x.test', 'failed', '5.1.1')),
  )
  await work()
  expect(said()).toEqual([bounce('q2', 'a@x.test', '5.1.1')])
})

test.each([
  ['nothing returned', ''],
  ['mail of others', headers('Received: by mx.other.test id q1; x\r\nSubject: q1\r\n')],
  ['mail that we do not know', headers(`Received: by ${US} id q9; x\r\nSubject: q1\r\n`)],
])('%s: nobody is told, and it is done with', async (_, returned) => {
  await sent('q1', 'a@x.test')
  await receive(report(returned, fields('a@x.test', 'failed', '5.1.1')))
  await work()
  expect(said()).toEqual([])
  expect(await store.listIncomingReports(0, 9)).toEqual([])
})

test('an address that is no good too often is suppressed, where that is wanted', async () => {
  for (const [i, after] of [0, 2, 2, 2].entries()) {
    await reader.stop()
    reader = newReader(after)
    const mail = await sent(`q${i}`, 'a@x.test', 'b@x.test')
    await receive(report(headers(mail), fields('a@x.test', 'failed', '5.1.1'), fields('b@x.test', 'failed', '5.2.2')))
    await work()
    expect(suppressed).toHaveLength(Math.max(0, i))
  }
  const reason = '550 5.1.1 Reported as failed by mx.x.test'
  expect(suppressed[0]).toEqual(['a@x.test', reason])
  expect(said()).toContainEqual(['Address suppressed', { recipient: 'a@x.test', failures: 2, reason }])
})

test('more reports than are read at once are all read', async () => {
  const mail = await sent('q1', 'a@x.test')
  for (let i = 0; i < queueLimits.bouncesPerLook + 1; i++)
    await receive(report(headers(mail), fields('z@x.test', 'delayed', '4.4.1')))
  await work()
  expect(await store.listIncomingReports(0, 99)).toEqual([])
})

test('what cannot be read now is read later, and does not stand in the way of others', async () => {
  const mail = await sent('q1', 'a@x.test', 'b@x.test')
  await receive(report(headers(mail), fields('a@x.test', 'failed', '5.1.1')))
  await receive(report(headers(mail), fields('b@x.test', 'failed', '5.1.1')))
  const [first] = await store.listIncomingReports(0, 9)
  const openBlob = store.openBlob.bind(store)
  store.openBlob = (blob) =>
    blob === first?.blob ? Promise.reject(new StoreError('unavailable', 'no disk')) : openBlob(blob)
  await work()
  expect(log.map(({ message }) => message)).toEqual(['Bounce could not be read', 'Bounce received'])
  store.openBlob = openBlob
  await clock.advance(queueLimits.bounceRetry)
  await work()
  expect(said().at(-1)).toEqual(bounce('q1', 'a@x.test', '5.1.1'))
  expect(await store.listIncomingReports(0, 9)).toEqual([])
})

test('a content that is gone, and one that brings us down, are not tried again', async () => {
  await receive(report('', fields('a@x.test', 'failed', '5.1.1')))
  store.openBlob = async () => null
  await work()
  expect(await store.listIncomingReports(0, 9)).toEqual([])
  await receive(report('', fields('b@x.test', 'failed', '5.1.1')))
  store.openBlob = () => Promise.reject(new TypeError('a fault'))
  await work()
  expect(await store.listIncomingReports(0, 9)).toEqual([])
  expect(log.map(({ message }) => message)).toEqual(['Bounce could not be read'])
})

test('a crash between the history and the list costs nothing', async () => {
  await reader.stop()
  const mail = await sent('q1', 'a@x.test')
  await receive(report(headers(mail), fields('a@x.test', 'failed', '5.1.1')))
  const bounces = [{ addresses: ['a@x.test'], reply: '550 5.1.1 No', isAddressFailure: true }]
  await store.recordBounces({ message: 'q1', at: START, recipients: bounces, countFrom: 0 })
  reader = newReader(1)
  await work()
  expect(suppressed).toHaveLength(1)
})
