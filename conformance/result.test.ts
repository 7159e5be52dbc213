import { expect, test } from 'vitest'
import { TranscriptFailure } from './outcome.js'
import { citationsOf, nameOf, placeOf, reportOf, reportSchema, resultOf } from './result.js'
import { parseTranscript } from './transcript.js'

const transcript = parseTranscript(
  'conformance/imap/append.txt',
  '# APPEND, and what\n# it says.\nrfc: decision 9, RFC 3501 §6.3.11, RFC 7888 §4\n\nC: a NOOP\nS: a OK {{*}}\n',
  'imap',
)

test('citations are sections of RFCs and our own words', () => {
  expect(citationsOf('RFC 5321 §D.4, requirement §1.4, decision 7, RFC 9051')).toEqual([
    { rfc: 'RFC 5321', section: 'D.4' },
    { rfc: 'requirement', section: '1.4' },
    { rfc: 'decision', section: '7' },
    { rfc: 'RFC 9051', section: null },
  ])
})

test('a transcript has a name, a title, and is filed under the first RFC', () => {
  expect(nameOf(transcript)).toBe('imap/append')
  expect(transcript.title).toBe('APPEND, and what it says.')
  expect(placeOf(transcript)).toEqual({ rfc: 'RFC 3501', section: '6.3.11' })
  const own = parseTranscript('conformance/imap/x.txt', '# x\nrfc: decision 9\n\nC: a\n', 'imap')
  expect(placeOf(own)).toEqual({ rfc: 'decision', section: '9' })
})

test('a failure becomes a result with what was said until then, in signs that can be read, passwords masked', () => {
  const dialogue = ['C: a LOGIN x secret', 'S: \x1b[31m']
  const failure = new TranscriptFailure(
    { file: transcript.file, at: 6, cut: 'whole', dialogue },
    { what: 'another response than secret', expected: 'a OK {{*}}', came: 'a NO secret' },
  )
  const mask = (line: string) => line.replaceAll('secret', '***')
  expect(
    resultOf(transcript, { outcome: { kind: 'failed', failure, dialogue }, cut: 'whole', milliseconds: 7 }, mask),
  ).toEqual({
    transcript: 'imap/append',
    title: 'APPEND, and what it says.',
    rfc: 'RFC 3501',
    section: '6.3.11',
    citations: citationsOf(transcript.header.rfc),
    outcome: 'failed',
    reason: null,
    cut: 'whole',
    failure: {
      line: 6,
      what: 'another response than ***',
      expected: 'a OK {{*}}',
      came: 'a NO ***',
    },
    dialogue: ['C: a LOGIN x ***', 'S: \\x1b[31m'],
    milliseconds: 7,
  })
})

test('a report counts its results, and comes back from JSON as it was', () => {
  const play = (outcome: Parameters<typeof resultOf>[1]['outcome']) =>
    resultOf(transcript, { outcome, cut: 'whole', milliseconds: 1 })
  const passed = play({ kind: 'passed', dialogue: ['C: a NOOP', 'S: a OK'] })
  const skipped = play({ kind: 'skipped', reason: 'the server does not offer X', dialogue: [] })
  const head = { server: 'mail.example.org', family: 'imap', date: '2026-01-01T12:00:00.000Z', seed: 1 } as const
  const report = reportOf(head, [passed, passed, skipped])
  expect(report).toMatchObject({ ...head, passed: 2, failed: 0, skipped: 1 })
  expect(passed).toMatchObject({ outcome: 'passed', cut: null, failure: null, dialogue: ['C: a NOOP', 'S: a OK'] })
  expect(skipped).toMatchObject({ outcome: 'skipped', reason: 'the server does not offer X', dialogue: [] })
  expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report)
})
