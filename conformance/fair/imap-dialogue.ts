/** What the tables of the fair IMAP judge share: a dialogue as it is written held against one as it came, and what a client knows before. For tests. */
import type { OctetString, Piece } from '../transcript.js'
import { type GroupContext, judgeGroup } from './imap-group.js'
import { blankView } from './imap-view.js'
import { readWritten, type Written } from './imap-written.js'

const known = new Map<string, OctetString>([
  ['uid1', '4'],
  ['uid2', '9'],
  ['uidvalidity', '1700000000'],
])
const offered = new Set(['IMAP4REV1', 'UIDPLUS'])
export const context: GroupContext = {
  known,
  view: { ...blankView, exists: 3, uids: new Map([[1, '4']]), offered },
  needs: [],
  command: 'FETCH',
  pipelined: false,
}
export const select: GroupContext = { ...context, command: 'SELECT', view: { ...blankView, offered } }
export const noop: GroupContext = { ...context, command: 'NOOP' }
export const capability: GroupContext = { ...context, command: 'CAPABILITY', needs: ['IDLE'] }
export const plain: GroupContext = { ...context, view: { ...context.view, offered: new Set(['IMAP4REV1']) } }

/** Responses with a CRLF in them have literals: `{#}`, the octets up to the next CRLF, and the line behind them. */
function piecesOf(response: OctetString): readonly Piece[] {
  return response
    .split('\r\n')
    .map((text, i) => (i % 2 === 0 ? { kind: 'line', text } : { kind: 'literal', octets: text }))
}

const readAll = (lines: readonly OctetString[], { known }: GroupContext): readonly Written[] =>
  lines.map((line, i) => {
    const optional = line.startsWith('? ')
    const about = { must: !optional, words: line, at: i + 1 }
    return readWritten(piecesOf(optional ? line.slice(2) : line), about, (name) => known.get(name))
  })

/** All that is written has come, and nothing that must not. */
export function judged(written: readonly Written[], came: readonly OctetString[], within: GroupContext): boolean {
  const verdict = judgeGroup(written, came, within)
  return verdict.kind === 'fits' && verdict.missing === null
}

export const isAccepted = (
  written: readonly OctetString[],
  came: readonly OctetString[],
  within: GroupContext,
): boolean => judged(readAll(written, within), came, within)

/** Name, written, came, context. */
export type Case = readonly [string, readonly OctetString[], readonly OctetString[], GroupContext]

export const ok = 'a OK done'
export const size = '* 1 FETCH (FLAGS (\\Seen \\Draft) UID {{uid1}} RFC822.SIZE 20)'
export const two = ['* 1 FETCH (UID 4 RFC822.SIZE 20)', '* 2 FETCH (UID 9 RFC822.SIZE 30)', ok]
export const text = '* 1 FETCH (BODY[TEXT] {#}\r\nhello\r\n UID 4)'
export const envelope = '* 1 FETCH (ENVELOPE (NIL "Hi" NIL NIL NIL NIL NIL NIL NIL "<a@b>"))'
export const structure =
  '* 1 FETCH (BODYSTRUCTURE ("text" "plain" ("charset" "utf-8" "format" "flowed") NIL NIL "7bit" 5 1))'
export const search = ['* SEARCH 1 2 3', ok]
export const list = ['* LIST (\\HasNoChildren) "/" Work', ok]
export const appended = ['a OK [APPENDUID {{uidvalidity}} {{uid1}}] done']
export const namespace = [
  '* NAMESPACE {{one:(?:NIL|\\(.*\\))}} {{two:(?:NIL|\\(.*\\))}} {{three:(?:NIL|\\(.*\\))}}',
  ok,
]
export const captured: GroupContext = {
  ...noop,
  known: new Map([
    ['one', '(( /))'],
    ['none', ''],
  ]),
}
export const expunged = ['* 1 EXPUNGE', '* 2 EXPUNGE', ok]
