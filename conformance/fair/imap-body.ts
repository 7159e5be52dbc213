/** BODY and BODYSTRUCTURE (RFC 3501 §7.4.2): media types in any case, parameters as a map, extension data as far as it is written. Pure. */
import { type Compare, inOrder, type Match, sameValue, sameWord, textOf } from './imap-match.js'
import type { Value } from './imap-values.js'

type List = Extract<Value, { readonly kind: 'list' }>

/** Of a body that is one part: type, subtype, encoding. */
const WORDS: ReadonlySet<number | null> = new Set([0, 1, 5, null])
const ENVELOPE_PLACE = 7

/** @param extensible BODYSTRUCTURE: there may be more than is written, and NIL may be left out at the end */
export function sameBody(match: Match, written: Value, came: Value, extensible: boolean): boolean {
  if (written.kind !== 'list' || came.kind !== 'list') return written.kind === 'rest'
  const [expected, said] = extensible ? fitted(written.items, came.items) : [written.items, came.items]
  const multipart = came.items[0]?.kind === 'list'
  const compare: Compare = (attempt, value, other, place) =>
    sameField(attempt, value, other, multipart ? null : place, extensible)
  return inOrder(match, expected, said, compare)
}

/** Both without the extension data that only one of them has. */
function fitted(written: readonly Value[], came: readonly Value[]): [readonly Value[], readonly Value[]] {
  if (written.some(({ kind }) => kind === 'rest')) return [written, came]
  const behind = written.slice(came.length)
  if (behind.every(({ kind }) => kind === 'nil')) return [written.slice(0, came.length), came.slice(0, written.length)]
  return [written, came]
}

function sameField(match: Match, written: Value, came: Value, place: number | null, extensible: boolean): boolean {
  if (place === ENVELOPE_PLACE && written.kind === 'list') return sameValue(match, written, came, place)
  if (isParameters(written) || isParameters(came)) return sameParameters(match, written, came)
  if (written.kind === 'list' && isBody(written)) return sameBody(match, written, came, extensible)
  if (written.kind === 'list' && came.kind === 'list') return inOrder(match, written.items, came.items, sameDisposition)
  return WORDS.has(place) && written.kind !== 'nil' && came.kind !== 'nil'
    ? sameWord(match, written, came, place)
    : sameValue(match, written, came, place)
}

/** `("attachment" ("filename" "a"))`. */
const sameDisposition: Compare = (match, written, came, place) => {
  if (isParameters(written) || isParameters(came)) return sameParameters(match, written, came)
  return place === 0 ? sameWord(match, written, came, place) : sameValue(match, written, came, place)
}

const isBody = ({ items }: List): boolean => items[0]?.kind === 'list' || items.length >= 6

const isParameters = (value: Value): boolean =>
  value.kind === 'list' &&
  value.items.length % 2 === 0 &&
  value.items.length > 0 &&
  value.items.every(({ kind }) => kind === 'string')

type Parameters = ReadonlyMap<string, Value>

function parametersOf(value: Value): Parameters | null {
  if (value.kind === 'nil') return new Map()
  if (value.kind !== 'list' || !isParameters(value)) return null
  const pairs = value.items.filter((_, i) => i % 2 === 0).map((name, i) => [name, value.items[2 * i + 1]] as const)
  return new Map(pairs.flatMap(([name, one]) => (one === undefined ? [] : [[(textOf(name) ?? '').toLowerCase(), one]])))
}

/** Who says nothing of the charset says US-ASCII (RFC 2046 §4.1.2). */
const isDefault = (name: string, value: Value): boolean =>
  name === 'charset' && (textOf(value) ?? '').toLowerCase() === 'us-ascii'

function sameParameters(match: Match, written: Value, came: Value): boolean {
  if (written.kind === 'list' && written.items.some(({ kind }) => kind === 'rest')) return true
  const [expected, said] = [parametersOf(written), parametersOf(came)]
  if (expected === null || said === null) return false
  for (const [name, value] of expected) {
    const other = said.get(name)
    const compare = name === 'charset' ? sameWord : sameValue
    if (other === undefined ? !isDefault(name, value) : !compare(match, value, other, null)) return false
  }
  return [...said].every(([name, value]) => expected.has(name) || isDefault(name, value))
}
