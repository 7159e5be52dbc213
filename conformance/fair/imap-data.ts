/** Untagged data but FETCH: each kind compared as its RFC means it. Pure. */
import { sameCapabilities } from './imap-codes.js'
import { inOrder, type Match, sameSet, sameValue, sameWord, textOf, tried } from './imap-match.js'
import { sameNumbers } from './imap-numbers.js'
import type { Value } from './imap-values.js'

type Values = readonly Value[]
type SameData = (match: Match, written: Values, came: Values, needs: readonly string[]) => boolean

/** INBOX in any case (RFC 3501 §5.1), all other names as they are. */
export function sameMailbox(match: Match, written: Value | undefined, came: Value | undefined): boolean {
  if (written === undefined || came === undefined) return written === came
  if (written.kind === 'rest') return true
  const [expected, said] = [textOf(written), textOf(came)]
  if (expected === null || said === null) return false
  return match.text(expected, said, { caseless: /^inbox$/i.test(match.filled(expected) ?? '') })
}

const listOf = (value: Value | undefined): Values =>
  value?.kind === 'list' ? value.items : value === undefined ? [] : [value]

/** What a mailbox is like beyond what was asked for: RFC 3501 §7.2.2, RFC 3348 §3, RFC 6154 §2. */
const MAY_BE_ADDED =
  /^\\(?:(?:UN)?MARKED|NOINFERIORS|HAS(?:NO)?CHILDREN|NOSELECT|SUBSCRIBED|ALL|ARCHIVE|DRAFTS|FLAGGED|JUNK|SENT|TRASH|IMPORTANT)$/
const MAY_BE_LEFT_OUT = /^\\(?:(?:UN)?MARKED|NOINFERIORS|HAS(?:NO)?CHILDREN)$/
/** Who says the one must not say the other. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['\\HASCHILDREN', '\\HASNOCHILDREN'],
  ['\\HASNOCHILDREN', '\\HASCHILDREN'],
  ['\\HASCHILDREN', '\\NOINFERIORS'],
  ['\\MARKED', '\\UNMARKED'],
]

function sameAttributes(match: Match, written: Values, came: Values): boolean {
  const [expected, said] = [new Set(written.map(capitals)), new Set(came.map(capitals))]
  if (OPPOSITES.some(([one, other]) => expected.has(one) && said.has(other))) return false
  // \NonExistent says \NoSelect too (RFC 5258 §3), and who may not be selected is not said to be so by chance.
  const extra = (flag: string): boolean =>
    MAY_BE_ADDED.test(flag) && (flag !== '\\NOSELECT' || expected.has('\\NONEXISTENT'))
  const missing = (flag: string): boolean => MAY_BE_LEFT_OUT.test(flag)
  return sameSet(match, written, came, { extra, missing })
}

const capitals = (value: Value): string => (textOf(value) ?? '').toUpperCase()

const sameListed: SameData = (match, written, came) => {
  const [attributes, delimiter, mailbox, ...extended] = written
  // `* LIST ({{*}}` leaves all of it open.
  const last = attributes?.kind === 'list' ? attributes.items.at(-1) : attributes
  if (last?.kind === 'rest' && delimiter === undefined) return true
  if (came[0]?.kind !== 'list' || !sameAttributes(match, listOf(attributes), came[0].items)) return false
  if (delimiter === undefined || came[1] === undefined || !sameValue(match, delimiter, came[1], null)) return false
  return sameMailbox(match, mailbox, came[2]) && sameExtended(match, extended, came.slice(3))
}

/** `("CHILDINFO" ("SUBSCRIBED"))`: what is written must be there; OLDNAME may be. */
function sameExtended(match: Match, [written]: Values, [came]: Values): boolean {
  if (written?.kind === 'rest') return true
  return samePairs(match, listOf(written), listOf(came), (name) => name === 'OLDNAME')
}

/** Names in any case and any order, with their values. */
function samePairs(match: Match, written: Values, came: Values, extra: (name: string) => boolean): boolean {
  const open = written.some(({ kind }) => kind === 'rest')
  const [expected, said] = [pairsOf(written.filter(({ kind }) => kind !== 'rest')), pairsOf(came)]
  if (expected === null || said === null) return false
  for (const [name, value] of expected) {
    const other = said.get(name)
    if (other === undefined || !sameAny(match, value, other)) return false
  }
  return [...said.keys()].every((name) => expected.has(name) || open || extra(name))
}

/** Lists of words in any order; numbers and sets of numbers by what they mean. */
function sameAny(match: Match, written: Value, came: Value): boolean {
  if (written.kind === 'list' && came.kind === 'list') return sameSet(match, written.items, came.items)
  const [expected, said] = [textOf(written), textOf(came)]
  if (expected === null || said === null) return false
  return tried(match, (attempt) => sameNumbers(attempt, expected, said)) || match.text(expected, said)
}

function pairsOf(values: Values): ReadonlyMap<string, Value> | null {
  const pairs = new Map<string, Value>()
  for (let i = 0; i < values.length; i += 2) {
    const [name, value] = [values[i], values[i + 1]]
    if (name === undefined || value === undefined || pairs.has(capitals(name))) return null
    pairs.set(capitals(name), value)
  }
  return pairs
}

const sameStatus: SameData = (match, [mailbox, ...written], [name, ...came]) =>
  sameMailbox(match, mailbox, name) &&
  (written[0]?.kind === 'rest' || samePairs(match, listOf(written[0]), listOf(came[0]), () => false))

/** `(STORAGE 10 512 MESSAGE 20 100)`: a root may have more resources than are written. */
const sameQuota: SameData = (match, [root, written], [name, came]) => {
  if (root === undefined || name === undefined || !sameValue(match, root, name, null)) return false
  if (written?.kind === 'rest') return true
  const said = triples(listOf(came))
  return triples(listOf(written)).every((one) =>
    said.some((other) => tried(match, (attempt) => inOrder(attempt, one, other, sameWord))),
  )
}

const triples = (values: Values): Values[] =>
  Array.from({ length: Math.ceil(values.length / 3) }, (_, i) => values.slice(3 * i, 3 * i + 3))

/** RFC 4731 §3: which command it answers, and its items in any order. */
const sameExtendedSearch: SameData = (match, written, came) => {
  const [expected, said] = [searchParts(written), searchParts(came)]
  if (expected.uid !== said.uid || (expected.tag !== null && said.tag === null)) return false
  if (expected.tag !== null && said.tag !== null && !sameValue(match, expected.tag, said.tag, null)) return false
  return samePairs(match, expected.items, said.items, () => false)
}

function searchParts(values: Values): { tag: Value | null; uid: boolean; items: Values } {
  const tag = values[0]?.kind === 'list' ? values[0] : null
  const behind = tag === null ? values : values.slice(1)
  const uid = behind[0] !== undefined && capitals(behind[0]) === 'UID'
  return { tag, uid, items: uid ? behind.slice(1) : behind }
}

/** FLAGS: there may be more than are written. */
const sameFlags: SameData = (match, [written], [came]) =>
  written?.kind === 'rest' ||
  (came?.kind === 'list' && sameSet(match, listOf(written), came.items, { extra: () => true }))

/** Numbers in any order; `(MODSEQ 7)` behind them. */
const sameSearch: SameData = (match, written, came) => sameSet(match, written, came, {}, sameNumberOrList)

const sameNumberOrList = (match: Match, written: Value, came: Value): boolean =>
  written.kind === 'list' || came.kind === 'list'
    ? sameValue(match, written, came, null)
    : sameWord(match, written, came, null)

const sameRoots: SameData = (match, [mailbox, ...written], [name, ...came]) =>
  mailbox?.kind === 'rest'
    ? sameSet(match, [mailbox, ...written], name === undefined ? came : [name, ...came], {}, sameValue)
    : sameMailbox(match, mailbox, name) && sameSet(match, written, came, {}, sameValue)

/** By name; what is not here is compared in order. SORT and THREAD are: their order is what they are for. */
const KINDS: { readonly [name: string]: SameData } = {
  CAPABILITY: sameCapabilities,
  ENABLED: (match, written, came) => sameSet(match, written, came),
  FLAGS: sameFlags,
  LIST: sameListed,
  LSUB: sameListed,
  XLIST: sameListed,
  STATUS: sameStatus,
  SEARCH: sameSearch,
  ESEARCH: sameExtendedSearch,
  QUOTA: sameQuota,
  QUOTAROOT: sameRoots,
  // RFC 2971 §3.2: what a server says of itself is its own affair.
  ID: () => true,
}

/** @param needs what the transcript needs, in capitals */
export function sameData(match: Match, name: string, written: Values, came: Values, needs: readonly string[]): boolean {
  const same = KINDS[name]
  return same === undefined ? inOrder(match, written, came) : same(match, written, came, needs)
}
