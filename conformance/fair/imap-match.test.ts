import { describe, expect, test } from 'vitest'
import { type GroupVerdict, judgeGroup } from './imap-group.js'
import { blankView } from './imap-view.js'
import { readWritten } from './imap-written.js'

/** Judges one response against one that is written, with `known` captured before. */
function judged(line: string, came: string, known: ReadonlyMap<string, string>): GroupVerdict {
  const about = { must: true, words: line, at: 1 }
  const written = readWritten([{ kind: 'line', text: line }], about, (name) => known.get(name))
  return judgeGroup([written], [came], { known, view: blankView, needs: [], command: 'FETCH', pipelined: false })
}

const fits = (line: string, came: string, known: ReadonlyMap<string, string>): boolean => {
  const verdict = judged(line, came, known)
  return verdict.kind === 'fits' && verdict.missing === null
}

describe('an island that has captured nothing', () => {
  const nothing = new Map([['none', '']])

  test('stands for no flags, and not for any', () => {
    expect(fits('* 3 FETCH (FLAGS ({{none}}))', '* 3 FETCH (FLAGS ())', nothing)).toBe(true)
    expect(fits('* 3 FETCH (FLAGS ({{none}}))', '* 3 FETCH (FLAGS (\\Seen))', nothing)).toBe(false)
    expect(fits('* 3 FETCH (FLAGS ({{none}} \\Seen))', '* 3 FETCH (FLAGS (\\Seen))', nothing)).toBe(true)
  })

  test('stands for no value in a sequence, or for an empty string', () => {
    expect(fits('* SORT 1 {{none}} 2', '* SORT 1 2', nothing)).toBe(true)
    expect(fits('* SORT 1 {{none}} 2', '* SORT 1 3 2', nothing)).toBe(false)
    expect(fits('* QUOTAROOT INBOX {{none}}', '* QUOTAROOT INBOX ""', nothing)).toBe(true)
    expect(fits('* QUOTAROOT INBOX {{none}}', '* QUOTAROOT INBOX "other"', nothing)).toBe(false)
  })
})

test('an island that has captured a word is that word and no other, and not left out', () => {
  const seen = new Map([['flag', '\\Seen']])
  expect(fits('* 3 FETCH (FLAGS ({{flag}}))', '* 3 FETCH (FLAGS (\\Seen))', seen)).toBe(true)
  expect(fits('* 3 FETCH (FLAGS ({{flag}}))', '* 3 FETCH (FLAGS (\\Draft))', seen)).toBe(false)
  expect(fits('* 3 FETCH (FLAGS ({{flag}}))', '* 3 FETCH (FLAGS ())', seen)).toBe(false)
})

test('an island that has captured several words is those in any order, and no others', () => {
  const seen = new Map([['flags', '\\Seen \\Draft']])
  expect(fits('* 3 FETCH (FLAGS ({{flags}}))', '* 3 FETCH (FLAGS (\\Draft \\Seen))', seen)).toBe(true)
  expect(fits('* 3 FETCH (FLAGS ({{flags}}))', '* 3 FETCH (FLAGS (\\Seen))', seen)).toBe(false)
  expect(fits('* 3 FETCH (FLAGS ({{flags}}))', '* 3 FETCH (FLAGS (\\Seen \\Draft \\Deleted))', seen)).toBe(false)
})
