import { expect, test } from 'vitest'
import { mimeLimits } from '../core/limits.js'
import { type Region, searchableText } from './searchable-text.js'
import { MessageIndexer } from './structure.js'

function textOf(mail: string, region: Region): string {
  const octets = Buffer.from(mail.replaceAll('\n', '\r\n'), 'latin1')
  const indexer = new MessageIndexer(mimeLimits)
  indexer.push(octets)
  const { root } = indexer.end()
  return [...searchableText(root, ({ start, end }) => [octets.subarray(start, end)], region)]
    .map(({ text, ends }) => text + (ends ? '|' : ''))
    .join('')
}

const part = (type: string, body: string): string => `Content-Type: ${type}\n\n${body}`

test.each([
  ['text/plain', 'the words', 'the words|'],
  ['text/html', '<b>the</b> words', 'the words|'],
  ['message/delivery-status', 'Action: failed\n', 'Action: failed\r\n|'],
  ['message/external-body; access-type=mail-server', 'get it\n', 'get it\r\n|'],
  ['multipart/mixed; boundary=x', 'no boundary\n', 'no boundary\r\n|'],
  ['message/rfc822', 'Subject: inner\n\nits words', 'its words|'],
  ['application/octet-stream', 'the words', ''],
  ['image/svg+xml', 'the words', ''],
])('%s: what is in its body (RFC 3501 §6.4.4)', (type, body, expected) => {
  expect(textOf(part(type, body), 'body')).toBe(expected)
})

test('fields of the message, of its parts and of messages inside belong to the header', () => {
  const mail = `Subject: =?utf-8?q?=C3=A4?=\n${part('multipart/mixed; boundary=x', `--x\n${part('message/rfc822', 'To: b\n\ni')}\n--x--\n`)}`
  expect(textOf(mail, 'header')).toBe(
    'Subject: ä|Content-Type: multipart/mixed; boundary=x|Content-Type: message/rfc822|To: b|To: <b>|',
  )
})
