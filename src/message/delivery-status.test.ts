/** Reports as the RFCs show them, and as they should not be. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileOctets } from '../../test/arbitraries.js'
import { type MimeLimits, mimeLimits } from '../core/limits.js'
import { addressesMeant, type DeliveryStatus, parseDeliveryStatus } from './delivery-status.js'

const status = (text: string): DeliveryStatus => parseDeliveryStatus(Buffer.from(text.replaceAll('\n', '\r\n')))
const rfc822 = (text: string) => ({ type: 'rfc822', text })

test('RFC 3464 appendix E, simple DSN', () => {
  const text = `Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: failed
Status: 4.0.0
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400
`
  expect(status(text)).toEqual({
    envelopeId: null,
    reportingMta: { type: 'dns', text: 'cs.utk.edu' },
    recipients: [
      {
        original: rfc822('louisl@larry.slip.umd.edu'),
        final: rfc822('louisl@larry.slip.umd.edu'),
        action: 'failed',
        status: '4.0.0',
        diagnostic: { type: 'smtp', text: '426 connection timed out' },
      },
    ],
  })
})

test('RFC 3464 appendix E, multi-recipient DSN: comments, and a folded field', () => {
  const text = `Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;arathib@vnet.ibm.com
Final-Recipient: rfc822;arathib@vnet.ibm.com
Action: failed
Status: 5.0.0 (permanent failure)
Diagnostic-Code: smtp;  550 'arathib@vnet.IBM.COM' is not a
 registered gateway user
Remote-MTA: dns; vnet.ibm.com

Original-Recipient: rfc822;johnh@hpnjld.njd.hp.com
Final-Recipient: rfc822;johnh@hpnjld.njd.hp.com
Action: delayed
Status: 4.0.0 (hpnjld.njd.jp.com: host name lookup failure)

Original-Recipient: rfc822;wsnell@sdcc13.ucsd.edu
Final-Recipient: rfc822;wsnell@sdcc13.ucsd.edu
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 user unknown
Remote-MTA: dns; sdcc13.ucsd.edu
`
  const { recipients } = status(text)
  expect(recipients.map(({ final, action, status: code }) => [final?.text, action, code])).toEqual([
    ['arathib@vnet.ibm.com', 'failed', '5.0.0'],
    ['johnh@hpnjld.njd.hp.com', 'delayed', '4.0.0'],
    ['wsnell@sdcc13.ucsd.edu', 'failed', '5.0.0'],
  ])
  const text0 = "550 'arathib@vnet.IBM.COM' is not a registered gateway user"
  expect(recipients[0]?.diagnostic).toEqual({ type: 'smtp', text: text0 })
})

test('RFC 3464 appendix E, from a gateway: another order, no original recipient, other types', () => {
  const text = `Reporting-MTA: mailbus; SYS30

Final-Recipient: unknown; nair_s
Status: 5.0.0 (unknown permanent failure)
Action: failed
`
  const final = { type: 'unknown', text: 'nair_s' }
  expect(status(text)).toMatchObject({
    reportingMta: { type: 'mailbus', text: 'SYS30' },
    recipients: [{ original: null, final, action: 'failed', status: '5.0.0', diagnostic: null }],
  })
})

test('RFC 6533 §3: addresses in UTF-8, in all three forms', () => {
  const text = `Original-Envelope-Id: QQ314159
Reporting-MTA: dns; example.org

Original-Recipient: utf-8;gr\\x{FC}\\x{DF}e+2B\\x{1F600}@example.org
Final-Recipient: UTF-8; <grüße@example.org>
Action: Failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 Grüße unbekannt
`
  expect(status(text)).toMatchObject({
    envelopeId: 'QQ314159',
    recipients: [
      {
        original: { type: 'utf-8', text: 'grüße+2B😀@example.org' },
        final: { type: 'utf-8', text: 'grüße@example.org' },
        diagnostic: { type: 'smtp', text: '550 5.1.1 Grüße unbekannt' },
      },
    ],
  })
})

test.each([
  ['no recipient', 'Action: failed\nStatus: 5.0.0\n'],
  ['an address without a type', 'Final-Recipient: a@b\nAction: failed\nStatus: 5.0.0\n'],
  ['no address', 'Final-Recipient: rfc822; <>\nAction: failed\nStatus: 5.0.0\n'],
  ['no action', 'Final-Recipient: rfc822; a@b\nStatus: 5.0.0\n'],
  ['an action that is none', 'Final-Recipient: rfc822; a@b\nAction: bounced\nStatus: 5.0.0\n'],
  ['no status', 'Final-Recipient: rfc822; a@b\nAction: failed\n'],
  ['a status that is none', 'Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.0.0000\n'],
])('%s: a recipient that is passed over', (_, group) => {
  const good = 'Final-Recipient: rfc822; c@d\nAction: failed\nStatus: 5.0.0\n'
  const { recipients } = status(`Reporting-MTA: dns; x\n\n${group}\n \n\n${good}`)
  expect(recipients.map(({ final }) => final?.text)).toEqual(['c@d'])
})

test('what is said twice is what was said first; LF alone ends a line too', () => {
  const text = 'Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nAction: delayed\nStatus: 5.1.1\n'
  expect(parseDeliveryStatus(Buffer.from(text)).recipients).toMatchObject([{ action: 'failed' }])
})

test('an address may have been copied as xtext (RFC 3461 §4)', () => {
  expect(addressesMeant(rfc822('ann@example.org'))).toEqual(['ann@example.org'])
  expect(addressesMeant(rfc822('ann+2Btag@example.org'))).toEqual(['ann+2Btag@example.org', 'ann+tag@example.org'])
})

test('no more recipients and no more octets are looked at than the limits allow', () => {
  const one = 'Final-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n'
  const read = (limits: Partial<MimeLimits>): number =>
    parseDeliveryStatus(Buffer.from(one.repeat(9)), { ...mimeLimits, ...limits }).recipients.length
  expect(read({})).toBe(9)
  expect(read({ statusRecipients: 4 })).toBe(4)
  expect(read({ statusOctets: one.length * 2 })).toBe(2)
})

test('no octets make it fail', () => {
  const lines = fc.array(
    fc.constantFrom(
      ...[
        'Final-Recipient: rfc822; a@b',
        'Original-Recipient: utf-8;\\x{D800}\\x{110000}',
        'Action: failed',
        'Status: 5.1.1',
      ],
      ...['', ' ', '\t', 'Reporting-MTA: (', 'Original-Envelope-Id:', ' folded', 'Action: (a) delayed', '\xff: \xff'],
    ),
  )
  const texts = fc
    .tuple(lines, fc.constantFrom('\n', '\r\n', '\r'))
    .map(([all, end]) => Buffer.from(all.join(end), 'latin1'))
  fc.assert(
    fc.property(fc.oneof(texts, hostileOctets('\r\n:; \t(\\"<>+')), (octets) => {
      for (const { original, final, status: code } of parseDeliveryStatus(octets).recipients) {
        expect(original ?? final).not.toBeNull()
        expect(code).toMatch(/^[245]\./)
      }
    }),
    { numRuns: 1000 },
  )
})
