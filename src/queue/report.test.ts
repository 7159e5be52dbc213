/** Reports on delivery, against the grammar of RFC 3464. How mail programs read them, test/interop/reports.test.ts has. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { composeReport, type Report, type ReportedRecipient } from './report.js'
import { isLines } from './report-lines.js'

const START = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000
const BOB: ReportedRecipient = {
  recipient: 'bob@example.test',
  originalRecipient: null,
  action: 'failed',
  status: '5.2.2',
  diagnostic: '552 5.2.2 Mailbox full',
  remote: null,
  lastAttempt: null,
  willRetryUntil: null,
}
const REPORT: Report = {
  hostname: 'mx.example.test',
  id: 'r1',
  to: 'eve@far.test',
  at: START + 24 * HOUR,
  arrivedAt: START,
  queueId: 'q1',
  envelopeId: null,
  utf8: false,
  international: false,
  recipients: [BOB],
  returned: { kind: 'headers', octets: Buffer.from('Subject: lost\r\n') },
  doubleBounce: null,
}
const FULL = { kind: 'full', octets: Buffer.from('Subject: lost\r\n\r\nb\u00f6dy\r\n') } as const

const composed = (report: Partial<Report>) => composeReport({ ...REPORT, ...report })
const whole = async (report: Partial<Report>): Promise<string> => (await composed(report)).octets.toString()

/** The parts between the boundaries, without the closing one. */
const partsOf = (text: string): string[] => text.split(/\r\n--=_report_r1(?:--)?\r\n/m).slice(1, -1)
/** Of part 1, without its header, as one line. */
const textOf = async (report: Partial<Report>): Promise<string> =>
  (
    partsOf(await whole(report))[0]
      ?.split('\r\n\r\n')
      .slice(1)
      .join(' ') ?? ''
  ).replace(/\s+/g, ' ')

test('it has three parts', async () => {
  expect(partsOf(await whole({})).map((part) => part.split('\r\n')[0])).toEqual([
    'Content-Type: text/plain; charset=utf-8',
    'Content-Type: message/delivery-status',
    'Content-Type: text/rfc822-headers',
  ])
})

test('the fields of RFC 3464 §2.2 and §2.3 are there, one group for each recipient', async () => {
  const carl = { ...BOB, recipient: 'carl@example.test', originalRecipient: 'rfc822;c@x', diagnostic: null }
  const status = partsOf(await whole({ recipients: [BOB, carl], envelopeId: 'QQ1' }))[1]
  expect(status?.split('\r\n\r\n').slice(1)).toEqual([
    'Reporting-MTA: dns; mx.example.test\r\nOriginal-Envelope-Id: QQ1\r\nArrival-Date: Thu, 01 Jan 2026 00:00:00 +0000',
    'Final-Recipient: rfc822; bob@example.test\r\nAction: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full\r\nFinal-Log-ID: q1',
    'Original-Recipient: rfc822; c@x\r\nFinal-Recipient: rfc822; carl@example.test\r\nAction: failed\r\nStatus: 5.2.2\r\nFinal-Log-ID: q1\r\n',
  ])
})

test.each([
  ['failed', 'Undelivered mail returned to sender'],
  ['delayed', 'Your message is delayed'],
  ['delivered', 'Your message was delivered'],
  ['relayed', 'Your message was passed on'],
  ['expanded', 'Your message was delivered to a list'],
] as const)('%s has a name of its own', async (action, subject) => {
  expect(await whole({ recipients: [{ ...BOB, action }] })).toContain(`\r\nSubject: ${subject}\r\n`)
})

test('the worst gives the report its name', async () => {
  const recipients = [{ ...BOB, action: 'delivered' as const }, BOB]
  expect(await whole({ recipients })).toContain('\r\nSubject: Undelivered mail returned to sender\r\n')
  expect(await textOf({ recipients })).toContain('has been delivered to:')
})

describe('a person reads', () => {
  test.each([
    ['5.1.1', '550 5.1.1 No such user', 'There is no such address'],
    ['5.1.2', '550 5.1.2 No such domain', 'The domain behind the @ does not exist'],
    ['5.1.10', '556 5.1.10 Null MX', 'takes no mail at all'],
    ['5.2.1', '550 5.2.1 Disabled', 'The mailbox is closed'],
    ['5.2.2', '552 5.2.2 Full', 'The mailbox is full'],
    ['5.3.4', '552 5.3.4 Too big', 'too large'],
    ['5.4.6', '554 5.4.6 Loop', 'in a circle'],
    ['5.6.7', '553 5.6.7 No UTF-8', 'a message of this form'],
    ['5.7.1', '550 5.7.1 Spam', 'refused the message by its rules'],
    ['4.4.1', '450 4.4.1 Refused', 'could not be reached for 5 days'],
    ['4.2.1', '450 4.2.1 Later', 'did not take the message for 5 days'],
    ['5.0.0', '550 Go away', 'was refused for good'],
  ])('why, and what to do: %s', async (status, diagnostic, words) => {
    const text = await textOf({ recipients: [{ ...BOB, status, diagnostic, lastAttempt: START + 124 * HOUR }] })
    expect(text).toContain(words)
    expect(text).toContain(`The reason: ${diagnostic}`)
  })

  test('who said it', async () => {
    const text = await textOf({ recipients: [{ ...BOB, remote: 'mx.far.test [192.0.2.1]' }] })
    expect(text).toContain('mx.far.test [192.0.2.1] said: 552 5.2.2 Mailbox full')
  })

  test('how long it is tried', async () => {
    const text = await textOf({ recipients: [{ ...BOB, action: 'delayed', willRetryUntil: START + 48 * HOUR }] })
    expect(text).toContain('it is tried until Sat, 03 Jan 2026 00:00:00 +0000')
  })

  test('and a postmaster, who could not be told', async () => {
    const doubleBounce = { sender: 'eve@far.test', reason: 'the mailbox is full' }
    const text = await textOf({ to: 'postmaster@example.test', doubleBounce })
    expect(text).toContain('Sender: eve@far.test Reason: the mailbox is full')
    expect(text).toContain('A message of Thu, 01 Jan 2026')
    expect(await whole({ doubleBounce })).toContain('\r\nSubject: Double bounce: a sender could not be told\r\n')
  })
})

test('what cannot be returned has no part', async () => {
  expect(partsOf(await whole({ returned: null })).length).toBe(2)
})

test('a whole message is one', async () => {
  expect(partsOf(await whole({ returned: FULL }))[2]).toMatch(/^Content-Type: message\/rfc822\r\n/)
})

describe('octets beyond ASCII', () => {
  const recipients = [{ ...BOB, recipient: 'b\u00fc+b@example.test', originalRecipient: 'utf-8;b\\x{FC}@x' }]
  const international = { recipients, international: true }

  test('go as RFC 6533 has it to who can take them', async () => {
    const { octets, ...needs } = await composed({ ...international, utf8: true, returned: FULL })
    const text = octets.toString()
    expect(text).toContain('Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n')
    expect(text).toContain('Content-Type: message/global\r\nContent-Transfer-Encoding: 8bit\r\n')
    expect(text).toContain('Final-Recipient: utf-8; b\u00fc+b@example.test')
    expect(text).toContain('Original-Recipient: utf-8; b\u00fc@x')
    expect(needs).toEqual({ body: '8BITMIME', utf8: true })
  })

  test('are encoded for others', async () => {
    const { octets, ...needs } = await composed({ ...international, returned: FULL })
    const text = octets.toString()
    expect(text).toContain('Final-Recipient: utf-8; b\\x{FC}\\x{2B}b@example.test')
    expect(text).toContain('Original-Recipient: utf-8; b\\x{FC}@x')
    expect(text).toMatch(/^[\0-\x7f]*$/)
    expect(needs).toEqual({ body: '7BIT', utf8: false })
  })

  test('of a body alone need 8BITMIME and no more', async () => {
    const { octets, ...needs } = await composed({ returned: FULL, utf8: true })
    expect(octets.toString()).toContain('Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n')
    expect(needs).toEqual({ body: '8BITMIME', utf8: false })
  })

  test('of the sender cannot be avoided', async () => {
    expect(await composed({ to: '\u00e9@far.test' })).toMatchObject({ utf8: true })
  })

  test('in a reply are left out where they may not be', async () => {
    expect(await whole({ recipients: [{ ...BOB, diagnostic: '550 \u00fc' }] })).toContain(
      'Diagnostic-Code: smtp; 550 ?',
    )
  })

  test('a header that is no lines is encoded', async () => {
    const octets = Buffer.from('Subject: a\nb\r\n')
    expect(partsOf(await whole({ returned: { kind: 'headers', octets } }))[2]).toContain(octets.toString('base64'))
  })
})

test('nothing that was given can end a line', async () => {
  const text = await whole({
    to: 'e\r\nX: 1@far.test',
    envelopeId: 'a\nX: 2',
    recipients: [{ ...BOB, recipient: 'b\rX: 3', originalRecipient: 'rfc822;\u0085X', diagnostic: '550 x\r\nX: 4' }],
  })
  expect(text).not.toMatch(/^X:/m)
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
})

test('whatever is given, it is lines, and says no more than it may', async () => {
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', '\r', '\n', '\0', '\u00fc', '\ud83d\ude00', '\\x{FC}'),
    maxLength: 2_000,
  })
  const recipient = fc.record({ recipient: text, originalRecipient: text.map((s) => `utf-8;${s}`), diagnostic: text })
  const header = fc.uint8Array({ maxLength: 2_000 }).map((octets) => Buffer.from(octets))
  const report = fc.record({
    envelopeId: text,
    utf8: fc.boolean(),
    international: fc.boolean(),
    one: recipient,
    header,
  })
  await fc.assert(
    fc.asyncProperty(report, async ({ one, header, ...rest }) => {
      const { octets, ...needs } = await composed({
        ...rest,
        recipients: [{ ...BOB, ...one }],
        returned: { kind: 'headers', octets: header },
      })
      expect(isLines(octets)).toBe(true)
      if (needs.body === '7BIT') expect(octets.every((octet) => octet < 0x80)).toBe(true)
      if (!rest.utf8) expect(needs.utf8).toBe(false)
      expect(partsOf(octets.toString('latin1')).length).toBe(3)
    }),
  )
})

test('others get their turn while it is on a thousand recipients', async () => {
  let turns = 0
  let done = false
  const other = (): void => {
    turns++
    if (!done) setImmediate(other)
  }
  setImmediate(other)
  await composed({ recipients: Array.from({ length: 1_000 }, (_, n) => ({ ...BOB, recipient: `r${n}@example.test` })) })
  done = true
  expect(turns).toBeGreaterThan(100)
})
