import { expect, test } from 'vitest'
import { uncovered } from './coverage.js'
import { readTranscripts } from './files.js'

const smtp = readTranscripts('smtp')
const imap = readTranscripts('imap')

test('everything that the server can do has a transcript', () => {
  expect(uncovered({ smtp, imap })).toEqual([])
})

test('what has none is named', () => {
  const all = uncovered({ smtp: [], imap: [] })
  expect(all).toEqual(
    expect.arrayContaining([
      'SMTP verb RCPT has no transcript',
      'SMTP keyword PIPELINING has no transcript',
      'SMTP parameter SIZE has no transcript',
      'SMTP reply tooBig has no transcript',
      'IMAP command UID FETCH has no transcript',
      'IMAP capability LITERAL+ has no transcript',
      'IMAP data item BODY[] has no transcript',
      'IMAP macro FULL has no transcript',
      'IMAP search key SENTBEFORE has no transcript',
    ]),
  )
  const without = imap.filter(({ file }) => !/namespace/.test(file))
  expect(uncovered({ smtp, imap: without })).toEqual(['IMAP command NAMESPACE has no transcript'])
})
