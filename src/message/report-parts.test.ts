/** What is found in reports of different makes. */
import { expect, test } from 'vitest'
import { type EncodedRange, findReport } from './report-parts.js'
import { MessageIndexer } from './structure.js'

async function found(text: string) {
  const octets = Buffer.from(text.replaceAll('\n', '\r\n'))
  const indexer = new MessageIndexer()
  indexer.push(octets)
  const report = await findReport(indexer.end().root, async ({ header }) => octets.subarray(header.start, header.end))
  const text0 = (part: EncodedRange | null): unknown =>
    part === null ? null : [octets.subarray(part.range.start, part.range.end).toString().trim(), part.encoding]
  return report === null ? null : { status: text0(report.status), returned: text0(report.returned) }
}

const report = (type: string, ...parts: readonly string[]): string =>
  `Content-Type: ${type}; boundary=b\n\n${parts.map((part) => `--b\n${part}\n`).join('')}--b--\n`
const TYPE = 'multipart/report; report-type=delivery-status'
const TEXT = '\nIt could not be delivered.'
const STATUS = 'Content-Type: message/delivery-status\n\nReporting-MTA: dns; x'

test.each([
  ['the message', 'message/rfc822', '\n\nSubject: a\n\nbody', ['Subject: a', '7bit']],
  ['its header', 'text/rfc822-headers', '\n\nSubject: a', ['Subject: a', '7bit']],
  ['the message in UTF-8', 'message/global', '\n\nSubject: ä\n\nbody', ['Subject: ä', '7bit']],
  [
    'that, encoded',
    'message/global',
    '\nContent-Transfer-Encoding: BASE64\n\nU3ViamVjdDogYQ==',
    ['U3ViamVjdDogYQ==', 'base64'],
  ],
  [
    'its header in UTF-8',
    'message/global-headers',
    '\nContent-Transfer-Encoding: 8bit\n\nSubject: ä',
    ['Subject: ä', '8bit'],
  ],
])('returned is %s', async (_, type, rest, returned) => {
  const status = ['Reporting-MTA: dns; x', '7bit']
  expect(await found(report(TYPE, TEXT, STATUS, `Content-Type: ${type}${rest}`))).toEqual({ status, returned })
})

test('nothing need be returned (RFC 6522 §3), and report-type need not be said', async () => {
  expect(await found(report('multipart/report', TEXT, STATUS))).toMatchObject({ returned: null })
})

test('the status in UTF-8 (RFC 6533 §4.4)', async () => {
  const status = STATUS.replace('delivery', 'global-delivery')
  expect(await found(report(TYPE, TEXT, status))).toMatchObject({ status: ['Reporting-MTA: dns; x', '7bit'] })
})

test.each([
  ['no multipart', 'Content-Type: message/delivery-status\n\nReporting-MTA: dns; x'],
  ['another multipart', report('multipart/mixed', TEXT, STATUS)],
  [
    'a report that a message was read',
    report('multipart/report', TEXT, 'Content-Type: message/disposition-notification\n\n'),
  ],
  [
    'a message about one',
    report('multipart/report', TEXT, `Content-Type: message/rfc822\n\n${report(TYPE, TEXT, STATUS)}`),
  ],
])('%s is none', async (_, text) => {
  expect(await found(text)).toBeNull()
})
