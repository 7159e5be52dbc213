import { describe, expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { clientLimits } from '../core/limits.js'
import { Trace } from '../wire/trace.js'
import { Transcript } from './transcript.js'

test('has what both sides said, once', () => {
  const transcript = new Transcript()
  transcript.note('connected to mx')
  transcript.client('EHLO a')
  transcript.server(250, ['mx', 'PIPELINING', ''])
  transcript.content(1000)
  expect(transcript.take()).toBe(
    '(connected to mx)\nC: EHLO a\nS: 250-mx\nS: 250-PIPELINING\nS: 250\nC: …(1000 octets)\n',
  )
  expect(transcript.take()).toBe('')
})

test('goes into the log of the connection as well', () => {
  const log = recordingLog()
  const transcript = new Transcript()
  transcript.trace = new Trace(log)
  transcript.client('AUTH PLAIN ***')
  transcript.server(235, ['ok'])
  transcript.content(5)
  expect(log.lines.map(({ message }) => message)).toEqual(['C: AUTH PLAIN ***', 'S: 235 ok', 'C: …(5 octets)'])
})

describe('bounds', () => {
  const { transcriptHead, transcriptTail } = clientLimits

  test('the beginning and the end are kept', () => {
    const transcript = new Transcript()
    for (let i = 0; i < 10_000; i++) transcript.client(`RCPT TO:<${i}@example.org>`)
    const text = transcript.take()
    expect(text.length).toBeLessThan(transcriptHead + transcriptTail + 100)
    expect(text.length).toBeGreaterThan(transcriptHead + transcriptTail - 200)
    expect(text.startsWith('C: RCPT TO:<0@example.org>\n')).toBe(true)
    expect(text.endsWith('C: RCPT TO:<9999@example.org>\n')).toBe(true)
    const [, left] = /\n\(… (\d+) lines …\)\n/.exec(text) ?? []
    expect(Number(left) + text.split('\n').length - 2).toBe(10_000)
  })

  test('a line is cut, and no character in two', () => {
    const transcript = new Transcript()
    transcript.server(250, [`${'x'.repeat(492)}😀${'y'.repeat(100)}`])
    const text = transcript.take()
    expect(text).toBe(`S: 250 ${'x'.repeat(492)}…\n`)
  })

  test('what is taken makes room', () => {
    const transcript = new Transcript()
    for (let i = 0; i < 10_000; i++) transcript.note('x')
    transcript.take()
    transcript.client('QUIT')
    expect(transcript.take()).toBe('C: QUIT\n')
  })
})
