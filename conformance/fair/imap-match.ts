/** Compares what is written with what came: texts, sequences and sets of values. Pure; captures are collected as it goes. */
import { computed } from '../computed.js'
import { type Captures, patternSource } from '../pattern.js'
import type { OctetString } from '../transcript.js'
import { isSeveral } from './imap-units.js'
import type { Value } from './imap-values.js'

/** What was captured before, and what this comparison adds. A comparison that fails may leave some: work on a copy. */
export class Match {
  readonly known: ReadonlyMap<string, OctetString>
  readonly captures: Captures

  constructor(known: ReadonlyMap<string, OctetString>, captures: Captures = new Map()) {
    this.known = known
    this.captures = captures
  }

  copy(): Match {
    return new Match(this.known, new Map(this.captures))
  }

  take(other: Match): void {
    for (const [name, value] of other.captures) this.captures.set(name, value)
  }

  /** Islands that have captured several words meanwhile are rests. */
  opened(written: readonly Value[]): readonly Value[] {
    return written.map((value) => {
      const island = value.kind === 'atom' ? /^\{\{([A-Za-z]\w*)\}\}$/.exec(value.text)?.[1] : undefined
      const several = island !== undefined && isSeveral(this.#all.get(island) ?? '')
      return several ? { kind: 'rest', island, glued: false } : value
    })
  }

  /** An island alone that has captured nothing stands for no value at all, as in `FLAGS ({{flags}})`. */
  isNothing(written: Value): boolean {
    const island = written.kind === 'atom' ? /^\{\{([A-Za-z]\w*)\}\}$/.exec(written.text)?.[1] : undefined
    return island !== undefined && this.#all.get(island) === ''
  }

  /** What the name of an island has captured; null when it has no name, or nothing yet. */
  captured(island: string): OctetString | null {
    return this.#all.get(nameOf(island) ?? '') ?? null
  }

  get #all(): ReadonlyMap<string, OctetString> {
    return new Map([...this.known, ...this.captures])
  }

  text(written: OctetString, came: OctetString, { caseless = false } = {}): boolean {
    if (!written.includes('{{')) return written === came || (caseless && written.toLowerCase() === came.toLowerCase())
    const source = patternSource(written, this.#all)
    const found = new RegExp(`^(?:${source})$`, caseless ? 'i' : '').exec(came)
    for (const [name, value] of Object.entries(found?.groups ?? {})) this.captures.set(name, value)
    return found !== null
  }

  /** `written` with its islands filled; null when one of them is not known. */
  filled(written: OctetString): OctetString | null {
    let whole = true
    const text = written.replace(/\{\{(.+?)\}\}(?!\})/g, (_, island: string) => {
      const name = /^[A-Za-z]\w*(?=:|$)/.exec(island)?.[0]
      const value = name === undefined ? null : (this.#all.get(name) ?? null)
      const meant = value ?? (/^[a-z][a-z0-9-]* /.test(island) ? computed(island, this.#all) : null)
      if (meant === null) whole = false
      return meant ?? ''
    })
    return whole ? text : null
  }
}

/** How a value is held against its place. */
export type Compare = (match: Match, written: Value, came: Value, place: number | null) => boolean

export const textOf = (value: Value): OctetString | null =>
  value.kind === 'atom' || value.kind === 'string' ? value.text : value.kind === 'nil' ? 'NIL' : null

/** Atom = quoted = literal, NIL is NIL, lists in order. */
export const sameValue: Compare = (match, written, came) => {
  if (written.kind === 'rest') return true
  if (written.kind === 'list') return came.kind === 'list' && inOrder(match, written.items, came.items)
  if (written.kind === 'nil' || came.kind === 'nil')
    return written.kind === came.kind || isAnyText(match, written, came)
  if (came.kind === 'list' || came.kind === 'rest') return false
  return (
    match.text(written.text, came.text) || (isSpelling(written, came) && match.text(written.text, `"${came.text}"`))
  )
}

/** An island alone may say how a string is quoted: `{{*:""|\{0\}}}`. */
const isSpelling = (written: Value, came: Value): boolean =>
  written.kind === 'atom' && written.text.startsWith('{{*:') && came.kind === 'string'

/** An island alone also stands for NIL, where its pattern says so or that is what it has captured. */
const isAnyText = (match: Match, written: Value, came: Value): boolean =>
  written.kind === 'atom' &&
  came.kind === 'nil' &&
  (/^\{\{\*:.*NIL.*\}\}$/.test(written.text) || match.filled(written.text) === 'NIL')

export const sameWord: Compare = (match, written, came) => {
  const [expected, said] = [textOf(written), textOf(came)]
  return expected !== null && said !== null && match.text(expected, said, { caseless: true })
}

type Rest = Extract<Value, { readonly kind: 'rest' }>

/** One after the other; a rest takes any number, `place` is null behind it. */
export function inOrder(
  match: Match,
  written: readonly Value[],
  came: readonly Value[],
  compare: Compare = sameValue,
  place: number | null = 0,
): boolean {
  const [first, ...others] = written
  if (first === undefined) return came.length === 0
  if (first.kind === 'rest') return restTakes(match, first, others, came, compare)
  const [said, ...behind] = came
  if (said === undefined || !compare(match, glued(first, others[0]), said, place))
    return match.isNothing(first) && inOrder(match, others, came, compare, place)
  return inOrder(match, others, behind, compare, place === null ? null : place + 1)
}

/** `APPENDLIMIT={{*}}`: the word goes on. */
export const glued = (value: Value, next: Value | undefined): Value =>
  next?.kind === 'rest' && next.glued && value.kind === 'atom' ? { ...value, text: `${value.text}{{*}}` } : value

function restTakes(
  match: Match,
  { island, glued }: Rest,
  others: readonly Value[],
  came: readonly Value[],
  compare: Compare,
): boolean {
  const before = match.known.get(nameOf(island) ?? '')
  const counts = before === undefined ? shares(others, came.length) : sharesOf(before, came)
  const least = before === undefined && !glued && !mayBeNothing(island) ? 1 : 0
  for (const taken of counts) {
    const attempt = match.copy()
    if (taken < least || !inOrder(attempt, others, came.slice(taken), compare, null)) continue
    match.take(attempt)
    captureRest(match, island, came.slice(0, taken))
    return true
  }
  return false
}

/** Its pattern, if it has one, also matches no octets. */
function mayBeNothing(island: string): boolean {
  const regex = /^(?:[A-Za-z]\w*|\*):(.*)$/.exec(island)?.[1]
  return regex === undefined || new RegExp(`^(?:${regex})$`).test('')
}

/** How many of `came`, from the first, are what was captured `before`. */
function sharesOf(before: OctetString, came: readonly Value[]): readonly number[] {
  const counts = before === '' ? [0] : []
  let said = ''
  for (const [i, value] of came.entries()) {
    said += `${i === 0 ? '' : ' '}${spelled([value])}`
    if (said.length > before.length) break
    if (said === before) counts.push(i + 1)
  }
  return counts
}

/** How many of `count` a rest may take: at best as many as leave one for each that stands alone behind it. */
function shares(others: readonly Value[], count: number): readonly number[] {
  const alone = others.filter((value) => value.kind !== 'rest' || !value.glued).length
  const best = Math.max(0, count - alone)
  const fewer = Array.from({ length: best + 1 }, (_, i) => best - i)
  return [...fewer, ...Array.from({ length: count - best }, (_, i) => best + 1 + i)]
}

const nameOf = (island: string): string | undefined => /^([A-Za-z]\w*)(?::|$)/.exec(island)?.[1]

/** Values as a capture holds them: words with spaces between them, lists in parentheses. */
const spelled = (values: readonly Value[]): OctetString =>
  values.map((value) => (value.kind === 'list' ? `(${spelled(value.items)})` : (textOf(value) ?? ''))).join(' ')

/** A rest with a name captures what it has taken. */
export function captureRest({ captures, known }: Match, island: string, values: readonly Value[]): void {
  const name = nameOf(island)
  if (name !== undefined && !known.has(name)) captures.set(name, spelled(values))
}

/** What may be in a set beyond what is written, and what of it may be left out; none of either without it. */
export interface Slack {
  readonly extra?: (came: string) => boolean
  readonly missing?: (written: string) => boolean
}

/** In any order; a rest takes what is left over. */
export function sameSet(
  match: Match,
  asWritten: readonly Value[],
  came: readonly Value[],
  { extra = () => false, missing = () => false }: Slack = {},
  compare: Compare = sameWord,
): boolean {
  const written = match.opened(asWritten)
  const left = [...came]
  for (const [i, value] of written.entries()) {
    if (value.kind === 'rest') continue
    const found = left.findIndex((said) => tried(match, (attempt) => compare(attempt, value, said, null)))
    const other = found === -1 ? left.findIndex((said) => goesOn(match, value, written[i + 1], said)) : found
    if (other !== -1) left.splice(other, 1)
    else if (!match.isNothing(value) && !missing((textOf(value) ?? '').toUpperCase())) return false
  }
  const rest = written.find(({ kind }) => kind === 'rest')
  if (rest?.kind !== 'rest') return left.every((value) => extra((textOf(value) ?? '').toUpperCase()))
  const before = match.captured(rest.island)
  if (before !== null) return asBefore(before, left, { extra, missing })
  captureRest(match, rest.island, left)
  return restFits(rest.island, left)
}

/** The words that a rest has captured, in any order. */
function asBefore(before: OctetString, left: readonly Value[], { extra, missing }: Required<Slack>): boolean {
  const [had, has] = [wordsIn(before), wordsIn(spelled(left))]
  return (
    has.every((word) => had.includes(word) || extra(word)) && had.every((word) => has.includes(word) || missing(word))
  )
}

const wordsIn = (text: OctetString): string[] =>
  text
    .toUpperCase()
    .split(' ')
    .filter((word) => word !== '')

/** Where a pattern says more of the rest, it must hold for its words in some order. */
function restFits(island: string, left: readonly Value[]): boolean {
  const regex = /^(?:[A-Za-z]\w*|\*):(.*)$/.exec(island)?.[1]
  if (regex === undefined) return true
  const pattern = new RegExp(`^ ?(?:${regex}) ?$`)
  const words = left.map((value) => textOf(value) ?? '')
  const orders = words.flatMap((word, i) => {
    const others = words.filter((_, at) => at !== i)
    return [
      [word, ...others],
      [...others, word],
    ]
  })
  return [words, ...orders].some((order) => pattern.test(order.join(' ')) || pattern.test(` ${order.join(' ')} `))
}

const goesOn = (match: Match, value: Value, next: Value | undefined, said: Value): boolean =>
  next?.kind === 'rest' && next.glued && tried(match, (attempt) => sameWord(attempt, glued(value, next), said, null))

/** Keeps the captures of a comparison that succeeds, and none of one that does not. */
export function tried(match: Match, compare: (attempt: Match) => boolean): boolean {
  const attempt = match.copy()
  const same = compare(attempt)
  if (same) match.take(attempt)
  return same
}
