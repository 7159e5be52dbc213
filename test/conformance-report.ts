/** A report of the tester with one result of each kind, and with text in it that means something to every format. */
import { type Report, type Result, reportOf } from '../conformance/result.js'

export const HOSTILE = 'S: a NO <script>alert(1)</script> & "quoted" | `ticks` ]]> \\x1b[31m </ol>'

export const result = (transcript: string, more: Partial<Result> = {}): Result => ({
  transcript,
  title: `Shows ${transcript}.`,
  rfc: 'RFC 3501',
  section: '6.3.11',
  citations: [{ rfc: 'RFC 3501', section: '6.3.11' }],
  outcome: 'passed',
  reason: null,
  cut: null,
  failure: null,
  dialogue: ['C: a NOOP', 'S: a OK NOOP completed'],
  milliseconds: 12,
  ...more,
})

export const failed = result('imap/append', {
  citations: [
    { rfc: 'RFC 3501', section: '6.3.11' },
    { rfc: 'RFC 7888', section: '4' },
  ],
  outcome: 'failed',
  cut: 'cut after each CR',
  failure: { line: 7, what: 'another response', expected: 'a OK {{*}}', came: HOSTILE.slice(3) },
  dialogue: ['C: a APPEND INBOX {3+}', HOSTILE, 'X: crash'],
})

export const results: readonly Result[] = [
  failed,
  result('imap/append-2'),
  result('imap/noop', { section: '6.1.2', citations: [{ rfc: 'RFC 3501', section: '6.1.2' }] }),
  result('imap/esearch', {
    ...{ rfc: 'RFC 4731', section: '3.1', citations: [{ rfc: 'RFC 4731', section: '3.1' }], dialogue: [] },
    ...{ outcome: 'skipped', reason: 'the server does not offer <ESEARCH>' },
  }),
  result('imap/limits', { rfc: 'decision', section: '16', citations: [{ rfc: 'decision', section: '16' }] }),
]

const head = { family: 'imap', date: '2026-01-01T12:00:00.000Z', seed: 7 } as const

export const report: Report = reportOf({ ...head, server: 'mail.<b>example</b>' }, results)
/** Another server, with less in it. */
export const other: Report = reportOf({ ...head, server: 'other.example' }, [result('imap/append')])
