/** What is read out of reports, and whose mail they are about. */
import { expect, test } from 'vitest'
import { queueLimits } from '../core/limits.js'
import { parseDeliveryStatus } from '../message/delivery-status.js'
import { received } from '../message/received.js'
import { bouncesIn, queueIdsIn } from './bounce-match.js'

const US = 'mx.example.test'

const ours = (id: string, serverName = US): string =>
  received({
    ...{ helo: 'laptop', clientName: null, clientAddress: '192.0.2.7', serverName, extended: true, id, at: 0, zone: 0 },
    ...{ tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }, authenticated: true },
    recipients: ['somebody.with.a.long.name@a-domain-with-a-long-name.example'],
  })

const ids = (header: string): readonly string[] => queueIdsIn(Buffer.from(header), US)

test('our Received names the message, among those of others, folded anew or not', () => {
  const others = `${ours('aaaabbbbcccc', 'relay.example.org')}Received: by ${US}\r\nReceived: id zzzz\r\n`
  const header = `${others}${ours('abcdefghijkm')}Subject: Received: by ${US} id nnnn\r\n`
  expect(ids(header)).toEqual(['abcdefghijkm'])
  expect(ids(header.replaceAll('\r\n\t', '\r\n        '))).toEqual(['abcdefghijkm'])
  expect(ids(header.replaceAll('\r\n\t', ' ').replaceAll(US, US.toUpperCase()))).toEqual(['abcdefghijkm'])
})

test('what passed us twice has two, the later first; others have none', () => {
  expect(ids(`${ours('later')}${ours('sooner')}${ours('later')}`)).toEqual(['later', 'sooner'])
  expect(ids(ours('aaaa', 'example.test'))).toEqual([])
  expect(ids('')).toEqual([])
})

test('it ends somewhere', () => {
  const all = Array.from({ length: 200 }, (_, i) => ours(`id${i}`)).join('')
  expect(ids(all)).toEqual(Array.from({ length: queueLimits.reportedMessages }, (_, i) => `id${i}`))
  expect(ids(`${'Received: x\r\n'.repeat(queueLimits.returnedReceived)}${ours('a')}`)).toEqual([])
  expect(ids(`Received: ${'x '.repeat(queueLimits.receivedOctets)}by ${US} id a\r\n`)).toEqual([])
})

const bounces = (...lines: readonly string[]) =>
  bouncesIn(parseDeliveryStatus(Buffer.from(`Reporting-MTA: dns; far.test\r\n\r\n${lines.join('\r\n')}\r\n`)))

test.each([
  ['5.1.1', 'smtp; 550 5.1.1 <b@far.test>: No such user', '550 5.1.1 <b@far.test>: No such user', true],
  ['5.0.0', 'smtp; 550 5.1.1 No such user', '550 5.1.1 No such user', true],
  ['5.0.0', 'smtp; 550 No such user', '550 No such user', false],
  ['5.1.10', 'x-unix; null MX', '550 5.1.10 null MX', true],
  ['5.1.8', 'smtp; 550 5.1.8 Sender refused', '550 5.1.8 Sender refused', false],
  ['5.2.2', 'smtp; 552 5.2.2 Mailbox full', '552 5.2.2 Mailbox full', false],
  ['4.4.7', 'smtp; timed out', '450 4.4.7 timed out', false],
])('status %s, %s', (status, code, reply, isAddressFailure) => {
  const fields = ['Final-Recipient: rfc822; b@far.test', 'Action: failed', `Status: ${status}`]
  expect(bounces(...fields, `Diagnostic-Code: ${code}`)).toMatchObject([{ reply, isAddressFailure }])
})

test('both recipients may be meant, and who is only delayed is no bounce', () => {
  const failed = ['Original-Recipient: rfc822; a+2Bb@x.test', 'Final-Recipient: rfc822; c@y.test', 'Action: failed']
  const delayed = ['Final-Recipient: rfc822; d@y.test', 'Action: delayed', 'Status: 4.4.1']
  expect(bounces(...failed, 'Status: 5.7.1', '', ...delayed)).toEqual([
    {
      ...{ action: 'failed', status: '5.7.1', isAddressFailure: false },
      addresses: ['a+2Bb@x.test', 'a+b@x.test', 'c@y.test'],
      reply: '550 5.7.1 Reported as failed by far.test',
    },
  ])
})

test('no more is kept of what was said than a reply has', () => {
  const fields = ['Final-Recipient: rfc822; b@far.test', 'Action: failed', 'Status: 5.0.0']
  const [one] = bounces(...fields, `Diagnostic-Code: smtp; 550 ${'no '.repeat(400)}`)
  expect(one?.reply).toHaveLength(queueLimits.reportedReply)
})
