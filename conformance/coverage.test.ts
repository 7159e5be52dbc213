import { expect, test } from 'vitest'
import { uncovered } from './coverage.js'
import { unexplainedCodes } from './coverage-codes.js'
import { readTranscripts } from './files.js'

const smtp = readTranscripts('smtp')
const imap = readTranscripts('imap')

test('everything that the server can do has a transcript', () => {
  expect(uncovered({ smtp, imap })).toEqual([])
})

test('every response code of RFC 3501 and RFC 5530 is sent, or there is a reason why not', () => {
  expect(unexplainedCodes()).toEqual([])
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
      'IMAP sort key ARRIVAL has no transcript',
      'IMAP threading algorithm REFERENCES has no transcript',
      'IMAP command FETCH, authenticated, has no transcript in which it is BAD',
      'IMAP command STORE, read-only, has no transcript in which it is OK or NO',
      'IMAP response code TRYCREATE has no transcript',
      'IMAP status item UNSEEN has no transcript',
    ]),
  )
  const without = imap.filter(({ file }) => !/inprogress|read-only/.test(file))
  const gone = uncovered({ smtp, imap: without })
  expect(gone).toEqual(
    expect.arrayContaining([
      'IMAP response code INPROGRESS has no transcript',
      'IMAP command CHECK, read-only, has no transcript in which it is OK or NO',
    ]),
  )
  expect(gone.filter((line) => !/INPROGRESS|read-only/.test(line))).toEqual([])
})
