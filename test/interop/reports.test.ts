/** Our delivery reports as Python's email package and mailparser read them, field by field. */
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { type Action, composeReport, type Report, type ReportedRecipient } from '../../src/queue/report.js'
import { missing, runProgram } from './programs.js'

const SCRIPT = new URL('scripts/read_report.py', import.meta.url).pathname
const START = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

const RECIPIENT: ReportedRecipient = {
  recipient: 'bob@far.example',
  originalRecipient: 'rfc822;Bob+1@far.example',
  action: 'failed',
  status: '5.1.1',
  diagnostic: '550 5.1.1 No such user',
  remote: 'mx.far.example [192.0.2.1]',
  lastAttempt: START + HOUR,
  willRetryUntil: null,
}
const REPORT: Report = {
  hostname: 'mx.example.test',
  id: 'r1',
  to: 'eve@example.test',
  at: START + 2 * HOUR,
  arrivedAt: START,
  queueId: 'q1',
  envelopeId: 'QQ314159',
  utf8: false,
  international: false,
  recipients: [RECIPIENT],
  returned: { kind: 'headers', octets: Buffer.from('From: eve@example.test\r\nSubject: lost\r\n') },
  doubleBounce: null,
}

interface Read {
  readonly type: string
  readonly reportType: string
  readonly text: string
  readonly statusType: string
  readonly groups: readonly (readonly (readonly [string, string])[])[]
  readonly returned: {
    readonly type: string
    readonly fields: readonly (readonly [string, string])[]
    readonly body: string
  }
  readonly defects: readonly string[]
}

async function asPythonReads(report: Partial<Report>): Promise<Read> {
  const { octets } = await composeReport({ ...REPORT, ...report })
  const { code, output } = await runProgram('python3', [SCRIPT], octets)
  expect(code, output).toBe(0)
  return JSON.parse(output)
}

const OF_MESSAGE = [
  ['Reporting-MTA', 'dns; mx.example.test'],
  ['Original-Envelope-Id', 'QQ314159'],
  ['Arrival-Date', 'Thu, 01 Jan 2026 00:00:00 +0000'],
]
const fieldsOf = (action: Action, status: string, said: string, address = 'rfc822; bob@far.example') => [
  ['Original-Recipient', 'rfc822; Bob+1@far.example'],
  ['Final-Recipient', address],
  ['Action', action],
  ['Status', status],
  ['Remote-MTA', 'dns; mx.far.example'],
  ['Diagnostic-Code', `smtp; ${said}`],
  ['Last-Attempt-Date', 'Thu, 01 Jan 2026 01:00:00 +0000'],
  ['Final-Log-ID', 'q1'],
]
const UNTIL = START + 72 * HOUR
const ACTIONS = [
  ['failed', '5.1.1', '550 5.1.1 No such user', []],
  ['delayed', '4.2.1', '450 4.2.1 Later', [['Will-Retry-Until', 'Sun, 04 Jan 2026 00:00:00 +0000']]],
  ['relayed', '2.1.5', '250 2.1.5 Ok', []],
  ['delivered', '2.0.0', null, []],
  ['expanded', '2.0.0', null, []],
] as const

describe.skipIf(missing('python3') !== null)('a report that Python reads', () => {
  test.each(ACTIONS)('%s: each field', async (action, status, diagnostic, more) => {
    const remote = diagnostic === null ? null : RECIPIENT.remote
    const willRetryUntil = action === 'delayed' ? UNTIL : null
    const lastAttempt = remote === null ? null : RECIPIENT.lastAttempt
    const one = { ...RECIPIENT, action, status, diagnostic, remote, lastAttempt, willRetryUntil }
    const read = await asPythonReads({ recipients: [one] })
    const ours = ['Remote-MTA', 'Diagnostic-Code', 'Last-Attempt-Date']
    const fields = fieldsOf(action, status, diagnostic ?? '').filter(
      ([name = '']) => remote !== null || !ours.includes(name),
    )
    expect(read).toMatchObject({ type: 'multipart/report', reportType: 'delivery-status', defects: [] })
    expect(read.statusType).toBe('message/delivery-status')
    expect(read.groups).toEqual([OF_MESSAGE, [...fields, ...more]])
    expect(read.returned).toMatchObject({
      type: 'text/rfc822-headers',
      fields: [
        ['From', 'eve@example.test'],
        ['Subject', 'lost'],
      ],
    })
    expect(read.text).toContain('<bob@far.example>')
  })

  test('a whole message comes back', async () => {
    const octets = Buffer.from('Subject: lost\r\n\r\none\r\n\r\ntwo\r\n')
    const { returned } = await asPythonReads({ returned: { kind: 'full', octets } })
    expect(returned).toEqual({ type: 'message/rfc822', fields: [['Subject', 'lost']], body: 'one\r\n\r\ntwo\r\n' })
  })

  test('long replies and many recipients', async () => {
    const said = `550 5.7.1 ${'because of '.repeat(60)}that`
    const recipients = Array.from({ length: 50 }, (_, n) => ({
      ...RECIPIENT,
      recipient: `r${n}@far.example`,
      diagnostic: said,
    }))
    const { groups } = await asPythonReads({ recipients })
    expect(groups.length).toBe(51)
    for (const [n, group] of groups.slice(1).entries()) {
      expect(group).toEqual(fieldsOf('failed', '5.1.1', said, `rfc822; r${n}@far.example`))
    }
  })

  describe.each([
    ['where UTF-8 may be sent', true, 'message/global-delivery-status', 'utf-8; b\u00fc@far.example'],
    ['where it may not', false, 'message/delivery-status', 'utf-8; b\\x{FC}@far.example'],
  ] as const)('of an internationalised message, %s', (_, utf8, type, address) => {
    const octets = Buffer.from('From: eve@example.test\r\nSubject: gr\u00fc\u00dfe\r\n\r\nb\u00f6dy\r\n')
    const international = {
      utf8,
      international: true,
      recipients: [{ ...RECIPIENT, recipient: 'b\u00fc@far.example' }],
    }

    test('each field, and the whole message', async () => {
      const read = await asPythonReads({ ...international, returned: { kind: 'full', octets } })
      expect(read).toMatchObject({ statusType: type, defects: [] })
      expect(read.groups).toEqual([OF_MESSAGE, fieldsOf('failed', '5.1.1', '550 5.1.1 No such user', address)])
      expect(read.text).toContain('<b\u00fc@far.example>')
      expect(read.returned).toMatchObject({ type: 'message/global', body: 'b\u00f6dy\r\n' })
      expect(read.returned.fields).toContainEqual(['Subject', 'gr\u00fc\u00dfe'])
    })

    test('and the header alone', async () => {
      const header = octets.subarray(0, octets.indexOf('\r\n\r\n') + 2)
      const { returned } = await asPythonReads({ ...international, returned: { kind: 'headers', octets: header } })
      expect(returned.type).toBe('message/global-headers')
      expect(returned.fields).toContainEqual(['Subject', 'gr\u00fc\u00dfe'])
    })
  })
})

test.each([true, false])('mailparser reads it, UTF-8 %s', async (utf8) => {
  const recipients = [RECIPIENT, { ...RECIPIENT, recipient: 'b\u00fc@far.example', action: 'delayed' as const }]
  const { octets } = await composeReport({ ...REPORT, utf8, international: true, recipients })
  const mail = await simpleParser(octets)
  expect(mail).toMatchObject({ subject: 'Undelivered mail returned to sender', messageId: '<r1@mx.example.test>' })
  expect(mail.headers.get('auto-submitted')).toBe('auto-replied')
  expect(mail.text).toContain('<b\u00fc@far.example>')
})
