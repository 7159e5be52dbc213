import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { mimeLimits } from '../core/limits.js'
import { HeaderEditor, type HeaderEdits } from './header-edit.js'

const DATE = 'Date: today\r\n'
const ID = 'Message-ID: <1@x>\r\n'
const EDITS: HeaderEdits = {
  remove: new Set(['bcc', 'resent-bcc']),
  add: new Map([
    ['date', DATE],
    ['message-id', ID],
  ]),
  note: new Set(['from', 'sender']),
  noteLimit: 100,
}

function edit(pieces: readonly Buffer[], edits = EDITS) {
  const editor = new HeaderEditor(edits)
  const out = pieces.map((piece) => Buffer.from(editor.push(piece)))
  return { text: Buffer.concat([...out, editor.end()]).toString('latin1'), noted: editor.noted }
}
const editText = (text: string, edits = EDITS) => edit([Buffer.from(text, 'latin1')], edits)

describe('HeaderEditor', () => {
  test.each([
    ['nothing is missing', `${DATE}${ID}\r\nbody\r\n`, `${DATE}${ID}\r\nbody\r\n`],
    ['both are added at the end of the header', 'A: b\r\n\r\nbody', `A: b\r\n${DATE}${ID}\r\nbody`],
    ['only what is missing', 'DATE: x\r\n\r\nbody', `DATE: x\r\n${ID}\r\nbody`],
    ['white space before the colon', 'Date \t: x\r\n\r\n', `Date \t: x\r\n${ID}\r\n`],
    ['a Date in the body is none', 'A: b\r\n\r\nDate: x\r\n', `A: b\r\n${DATE}${ID}\r\nDate: x\r\n`],
    ['a Date within a folded line is none', 'A: b\r\n Date: x\r\n\r\n', `A: b\r\n Date: x\r\n${DATE}${ID}\r\n`],
    ['Bcc, all of them, with their folded lines', `Bcc: a,\r\n b\r\n${DATE}bCC :\r\n${ID}\r\n`, `${DATE}${ID}\r\n`],
    ['Resent-Bcc', `Resent-Bcc: a\r\n${DATE}${ID}\r\nBcc: b\r\n`, `${DATE}${ID}\r\nBcc: b\r\n`],
    ['Bccc is another field', `Bccc: a\r\n${DATE}${ID}\r\n`, `Bccc: a\r\n${DATE}${ID}\r\n`],
    ['a header without an empty line', 'A: b\r\n', `A: b\r\n${DATE}${ID}`],
    ['a header without a line end', 'A: b', `A: b\r\n${DATE}${ID}`],
    ['a name without a colon at the end', 'A: b\r\nAbc', `A: b\r\nAbc\r\n${DATE}${ID}`],
    ['Bcc without a line end', 'A: b\r\nBcc: c', `A: b\r\n${DATE}${ID}`],
    ['no line end, and nothing is missing', `${DATE}Message-ID: <1>`, `${DATE}Message-ID: <1>`],
    ['nothing at all', '', `${DATE}${ID}`],
    ['an empty header', '\r\nbody', `${DATE}${ID}\r\nbody`],
    ['no header', 'hello\r\nBcc: a\r\n', `${DATE}${ID}\r\nhello\r\nBcc: a\r\n`],
    ['no header and no line end', 'hello', `${DATE}${ID}\r\nhello`],
    ['a first line that is folded', ' x\r\nBcc: a\r\n', `${DATE}${ID}\r\n x\r\nBcc: a\r\n`],
    ['a colon without a name', ': x\r\n', `${DATE}${ID}\r\n: x\r\n`],
    [
      'the line of an mbox file',
      'From a@b Mon Jan 1 01:02:03\r\nBcc: c\r\n\r\n',
      `From a@b Mon Jan 1 01:02:03\r\n${DATE}${ID}\r\n`,
    ],
    [
      'a line in the header that is no field',
      'A: b\r\nwhat is this\r\nBcc: c\r\n\r\n',
      `A: b\r\nwhat is this\r\n${DATE}${ID}\r\n`,
    ],
    ['a bare LF ends a line, as the index has it', 'A: b\nBcc: c\n\nBcc: d\n', `A: b\n${DATE}${ID}\nBcc: d\n`],
  ])('%s', (_, sent, kept) => {
    expect(editText(sent).text).toBe(kept)
  })

  test('a name that is too long is none', () => {
    const long = 'x'.repeat(mimeLimits.fieldName)
    expect(editText(`${long}: a\r\n\r\n`).text).toBe(`${long}: a\r\n${DATE}${ID}\r\n`)
    expect(editText(`${long}x: a\r\n\r\n`).text).toBe(`${DATE}${ID}\r\n${long}x: a\r\n\r\n`)
  })

  test('notes what fields say, folds and all, in their order', () => {
    const { noted } = editText('From : a\r\n b\r\nX: y\r\nSENDER:c\r\nFrom: d\r\n\r\nFrom: e\r\n')
    expect(noted).toEqual([
      { name: 'from', value: ' a\r\n b\r\n' },
      { name: 'sender', value: 'c\r\n' },
      { name: 'from', value: ' d\r\n' },
    ])
  })

  test('notes no more than it may, and says so', () => {
    expect(editText(`From:${'x'.repeat(93)}\r\n\r\n`).noted).toEqual([{ name: 'from', value: `${'x'.repeat(93)}\r\n` }])
    expect(editText(`From:${'x'.repeat(94)}\r\n\r\n`).noted).toBeNull()
    expect(editText(`${'From:\r\n'.repeat(15)}\r\n`).noted).toBeNull()
  })

  const LINES = [
    '', 'From: a', 'From', ' folded', '\tx', 'Bcc: b', 'bcc :', 'Resent-BCC: c', 'Date: d', 'Message-Id: e', 'Sender:',
    'no field', 'From x: y', ':', 'X: y', 'B', '\u00e9: x', '\0: x',
  ] // biome-ignore format: a table
  const message = fc
    .array(fc.tuple(fc.constantFrom(...LINES), fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', '')), {
      maxLength: 12,
    })
    .map((lines) => lines.map(([line, end]) => line + end).join(''))
  const octets = fc.oneof(message, fc.string({ unit: 'binary-ascii' }))

  test('every cut gives the same', () => {
    const cuts = octets.chain((text) => fc.tuple(fc.constant(text), cut(Buffer.from(text, 'latin1'))))
    fc.assert(
      fc.property(cuts, ([text, pieces]) => {
        expect(edit(pieces)).toEqual(editText(text))
      }),
    )
  })

  test('with nothing to change nothing is changed', () => {
    const none: HeaderEdits = { remove: new Set(), add: new Map(), note: new Set(), noteLimit: 0 }
    const fields = message.map((text) => `X: y\r\n${text}`)
    fc.assert(
      fc.property(fields, (text) => {
        expect(editText(text, none).text).toBe(text)
      }),
    )
  })

  test('what was edited once is edited no more', () => {
    fc.assert(
      fc.property(octets, (text) => {
        const once = editText(`X: y\r\n${text}`).text
        expect(editText(once).text).toBe(once)
      }),
    )
  })
})
