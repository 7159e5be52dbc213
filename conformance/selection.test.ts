import { expect, test } from 'vitest'
import { nameOf } from './result.js'
import { namePattern, readCited, selected } from './selection.js'
import { parseTranscript } from './transcript.js'

const make = (name: string, rfc: string) =>
  parseTranscript(`conformance/${name}.txt`, `# x\nrfc: ${rfc}\n\nC: a\n`, 'imap')

const all = [
  make('imap/append', 'RFC 3501 §6.3.11, RFC 7888 §4'),
  make('imap/rfc3501-8', 'RFC 3501 §8'),
  make('imap/search', 'decision 9, RFC 3501 §6.4.4'),
  make('smtp/append', 'RFC 5321 §D.1'),
]

const names = (only: readonly string[], rfc: readonly string[] = []): string[] =>
  selected(all, {
    only: only.map(namePattern),
    rfc: rfc.flatMap((text) => readCited(text) ?? []),
  }).map(nameOf)

test.each([
  [[], [], ['imap/append', 'imap/rfc3501-8', 'imap/search', 'smtp/append']],
  [['append'], [], ['imap/append', 'smtp/append']],
  [['imap/*'], [], ['imap/append', 'imap/rfc3501-8', 'imap/search']],
  [['rfc*', 'se*'], [], ['imap/rfc3501-8', 'imap/search']],
  [['none'], [], []],
  [[], ['7888'], ['imap/append']],
  [[], ['3501:6.4'], ['imap/search']],
  [[], ['3501:6'], ['imap/append', 'imap/search']],
  [[], ['3501:8', '5321'], ['imap/rfc3501-8', 'smtp/append']],
  [[], ['5321:d.1'], ['smtp/append']],
  [['smtp/*'], ['3501'], []],
])('--only %j --rfc %j', (only, rfc, expected) => {
  expect(names(only, rfc)).toEqual(expected)
})

test.each(['', 'x', '3501:', '3501:6..4x', 'RFC', '3501 §6'])('%j is no RFC and section', (text) => {
  expect(readCited(text)).toBeNull()
})
