/** IMAP responses by kind: a continuation, a status with its code, or data. The same for what comes and for what is written. Pure. */
import type { OctetString } from '../transcript.js'
import { islandAt, type Known, type Row, writtenAs } from './imap-units.js'
import { readValues, Unreadable, type Value } from './imap-values.js'

export interface Code {
  /** In capitals. */
  readonly name: string
  readonly values: readonly Value[]
}

export type Response =
  /** Behind the "+". */
  | { readonly kind: 'continuation'; readonly text: OctetString }
  /** `tag` is "*" for one that has none. */
  | {
      readonly kind: 'status'
      readonly tag: OctetString
      readonly status: OctetString
      readonly code: Code | null
      readonly text: OctetString
    }
  /** `number` as in `* 3 EXISTS`; `name` in capitals. */
  | {
      readonly kind: 'data'
      readonly number: OctetString | null
      readonly name: string
      readonly values: readonly Value[]
    }

const STATUS = /^(?:OK|NO|BAD|BYE|PREAUTH)$/i

/** @throws Unreadable */
export function readResponse(row: Row, known: Known = () => undefined): Response {
  const { signs } = row
  if (signs === '+' || signs.startsWith('+ ')) return { kind: 'continuation', text: writtenAs(row, signs.slice(2)) }
  const [, tag = '', word = '', rest = ''] = /^(\S+) (\S+)(?: (.*))?$/s.exec(signs) ?? []
  if (tag === '') throw new Unreadable('it is neither untagged, nor tagged, nor a "+"')
  if (tag !== '*' || STATUS.test(word) || isChoiceOfStatus(row, word)) return readStatus(row, tag, word, rest, known)
  return readData({ ...row, signs: signs.slice(2) }, known)
}

/** `{{NO|BAD}}`, which has become `{{*:NO|BAD}}`. */
function isChoiceOfStatus(row: Row, word: string): boolean {
  const island = word.length === 1 ? islandAt(row, word) : null
  return island !== null && /\b(?:OK|NO|BAD|BYE)\b/.test(island)
}

function readStatus(row: Row, tag: string, status: string, rest: string, known: Known): Response {
  const head = { kind: 'status', tag: writtenAs(row, tag), status: writtenAs(row, status) } as const
  if (!rest.startsWith('[')) return { ...head, code: null, text: writtenAs(row, rest) }
  const end = endOfCode(rest)
  // An island at the end may have swallowed the bracket: "[UIDNEXT {{*}}".
  if (end === -1 && islandAt(row, rest.slice(-1)) === null) throw new Unreadable('the response code is not closed')
  const inside = end === -1 ? rest.slice(1) : rest.slice(1, end)
  const [, name = '', values = ''] = /^([^ ]+)(?: (.*))?$/s.exec(inside) ?? []
  const code = { name: writtenAs(row, name).toUpperCase(), values: readValues({ ...row, signs: values }, known) }
  return { ...head, code, text: end === -1 ? '{{*}}' : writtenAs(row, rest.slice(end + 1).replace(/^ /, '')) }
}

/** The bracket that is not within a quoted string. */
function endOfCode(rest: string): number {
  const [code = ''] = /^\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\]/s.exec(rest) ?? []
  return code.length - 1
}

function readData(row: Row, known: Known): Response {
  const [first, second, ...others] = readValues(row, known)
  if (first === undefined) throw new Unreadable('there is nothing behind the "*"')
  const numbered = second?.kind === 'atom' && (first.kind === 'rest' || (first.kind === 'atom' && isNumber(first.text)))
  if (numbered) {
    const number = first.kind === 'rest' ? `{{${first.island}}}` : first.text
    return { kind: 'data', number, name: second.text.toUpperCase(), values: others }
  }
  if (first.kind !== 'atom') throw new Unreadable('it has no name')
  return { kind: 'data', number: null, name: first.text.toUpperCase(), values: second ? [second, ...others] : [] }
}

const isNumber = (text: string): boolean =>
  /^\d+$/.test(text) || /^(?:\d|\{\{[^}]*(?:\{[^}]*\})?[^}]*\}\})+$/.test(text)
