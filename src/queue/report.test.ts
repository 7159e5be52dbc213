/** Reports on delivery, against the grammar of RFC 3464 and as a mail program reads them. */
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { composeReport, type Report, type ReportedRecipient } from './report.js'

const BOB: ReportedRecipient = {
  recipient: 'bob@example.test',
  originalRecipient: null,
  action: 'failed',
  status: '5.2.2',
  diagnostic: '552 5.2.2 Mailbox full',
}
const REPORT: Report = {
  hostname: 'mx.example.test',
  id: 'r1',
  to: 'eve@far.test',
  at: Date.UTC(2026, 0, 2),
  arrivedAt: Date.UTC(2026, 0, 1),
  envelopeId: null,
  utf8: false,
  eightBit: false,
  recipients: [BOB],
  returned: 'headers',
}

const whole = (report: Partial<Report>, octets = ''): string => {
  const { head, tail } = composeReport({ ...REPORT, ...report })
  return `${head}${octets}${tail}`
}

/** The parts between the boundaries, without the closing one. */
const partsOf = (text: string): string[] => text.split(/\r\n--=_report_r1(?:--)?\r\n|^--=_report_r1\r\n/m).slice(1, -1)

test('it has three parts, and a mail program reads them', async () => {
  const text = whole({}, 'Subject: lost\r\n\r\n')
  const mail = await simpleParser(text)
  expect(mail).toMatchObject({ subject: 'Undelivered mail returned to sender', messageId: '<r1@mx.example.test>' })
  expect(mail.headers.get('auto-submitted')).toBe('auto-replied')
  expect(mail.text).toContain('<bob@example.test>')
  expect(partsOf(text).map((part) => part.split('\r\n')[0])).toEqual([
    'Content-Type: text/plain; charset=utf-8',
    'Content-Type: message/delivery-status',
    'Content-Type: text/rfc822-headers',
  ])
})

test('the fields of RFC 3464 §2.2 and §2.3 are there, one group for each recipient', () => {
  const carl = { ...BOB, recipient: 'carl@example.test', originalRecipient: 'rfc822;c@x', diagnostic: null }
  const status = partsOf(whole({ recipients: [BOB, carl], envelopeId: 'QQ1' }))[1]
  expect(status?.split('\r\n\r\n').slice(1)).toEqual([
    'Reporting-MTA: dns; mx.example.test\r\nOriginal-Envelope-Id: QQ1\r\nArrival-Date: Thu, 01 Jan 2026 00:00:00 +0000',
    'Final-Recipient: rfc822; bob@example.test\r\nAction: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full',
    'Original-Recipient: rfc822; c@x\r\nFinal-Recipient: rfc822; carl@example.test\r\nAction: failed\r\nStatus: 5.2.2\r\n',
  ])
})

test.each([
  ['failed', 'Undelivered mail returned to sender'],
  ['delayed', 'Your message is delayed'],
  ['delivered', 'Your message was delivered'],
  ['relayed', 'Your message was passed on'],
  ['expanded', 'Your message was delivered to a list'],
] as const)('%s has a name of its own', (action, subject) => {
  expect(whole({ recipients: [{ ...BOB, action }] })).toContain(`\r\nSubject: ${subject}\r\n`)
})

test('the worst gives the report its name', () => {
  const text = whole({ recipients: [{ ...BOB, action: 'delivered' }, BOB] })
  expect(text).toContain('\r\nSubject: Undelivered mail returned to sender\r\n')
  expect(text).toContain('Your message has been delivered to:')
})

test('what cannot be returned has no part', () => {
  expect(partsOf(whole({ returned: null })).length).toBe(2)
})

test('a whole message is one', () => {
  expect(partsOf(whole({ returned: 'full' }))[2]).toMatch(/^Content-Type: message\/rfc822\r\n\r\n/)
})

describe('octets beyond ASCII', () => {
  const recipients = [{ ...BOB, recipient: 'b\u00fc+b@example.test', originalRecipient: 'utf-8;b\u00fc@x' }]

  test('go as RFC 6533 has it to who can take them', () => {
    const text = whole({ recipients, utf8: true, returned: 'full' })
    expect(text).toContain('Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n')
    expect(text).toContain('Content-Type: message/global\r\n')
    expect(text).toContain('Final-Recipient: utf-8; b\u00fc+b@example.test')
    expect(text).toContain('Original-Recipient: utf-8; b\u00fc@x')
  })

  test('are encoded for others', () => {
    const text = whole({ recipients })
    expect(text).toContain('Final-Recipient: utf-8; b\\x{FC}\\x{2B}b@example.test')
    expect(text).toMatch(/^[\0-\x7f]*$/)
  })

  test('in what is returned are said', () => {
    expect(whole({ eightBit: true }).match(/Content-Transfer-Encoding: 8bit/g)?.length).toBe(2)
  })
})

test('nothing that was given can end a line', () => {
  const text = whole({
    to: 'e\r\nX: 1@far.test',
    envelopeId: 'a\nX: 2',
    recipients: [{ ...BOB, recipient: 'b\rX: 3', originalRecipient: 'rfc822;\u0085X', diagnostic: '550 x\r\nX: 4' }],
  })
  expect(text).not.toMatch(/^X:/m)
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
})
