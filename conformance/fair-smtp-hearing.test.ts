import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { whole } from './cuts.js'
import { InProcess } from './in-process.js'
import { play } from './runner.js'
import { parseTranscript } from './transcript.js'

let place: InProcess
beforeAll(async () => {
  place = await InProcess.create()
})
afterAll(() => place.close())

async function said(body: string, header = 'state: connected'): Promise<string> {
  const transcript = parseTranscript('a.txt', `rfc: RFC 5321 §4.1\n${header}\n\n${body}\n`, 'smtp')
  const outcome = await play(transcript, place, { cut: whole, judge: 'fair', limit: null })
  if (outcome.kind === 'failed') return outcome.failure.message.split('\n', 1)[0] ?? ''
  return outcome.kind === 'skipped' ? outcome.reason : outcome.kind
}

describe('whole replies are compared', () => {
  test.each([
    [
      'fewer lines than come',
      'C: EHLO c.example\nS: 250-{{*}}\nS: 250 SIZE {{*}}\nS?: 250 STARTTLS\nC: NOOP\nS: 250 Fine',
    ],
    ['more lines than come', 'C: NOOP\nS: 250-{{*}}\nS: 250-{{*}}\nS: 250 {{*}}\nC: NOOP\nS: 250 {{*}}'],
    ['one of two', 'C: NOOP\nS?: 220 {{*}}\nS?: 250 {{*}}'],
    [
      'what a keyword says is captured',
      'C: EHLO c.example\nS: 250-{{*}}\nS: 250-SIZE {{n:\\d+}}\nS: 250 STARTTLS\nV: n > 1000',
    ],
  ])('%s', async (_what, body) => {
    expect(await said(body)).toBe('passed')
  })

  test.each([
    ['another code', 'C: NOOP\nS: 251 {{*}}', 'a.txt:5: another reply code came'],
    [
      'a reply that is not written',
      'C: NOOP\nC: NOOP\nS: 250 {{*}}',
      'a.txt:6: connection 1 was sent more than is written',
    ],
    [
      'one that is neither of two',
      'C: NOOP\nS?: 220 {{*}}\nS?: 251 {{*}}',
      'a.txt:6: connection 1 was sent more than is written',
    ],
    ['one that does not come', 'C: NOOP\nS: 250 {{*}}\nS: 250 {{*}}', 'a.txt:6: nothing came'],
  ])('but not with %s', async (_what, body, failure) => {
    expect(await said(body)).toBe(failure)
  })
})

test('what the server does not offer, and the transcript needs, is no failure', async () => {
  const body = 'C: EHLO c.example\nS: 250-{{*}}\nS: 250 DELIVERBY'
  expect(await said(body, 'state: connected\nneeds: DELIVERBY')).toBe('the server does not offer DELIVERBY')
  expect(await said('C: NOOP\nS: 250 {{*}}', 'service: submissions\nstate: greeted\nneeds: AUTH=OTP')).toBe(
    'the server does not offer AUTH=OTP',
  )
})
