/** Values of IMAP responses: atoms, strings however they are spelled, NIL and lists, read from rows of signs. Pure. */
import type { OctetString } from '../transcript.js'
import { islandAt, type Known, literalAt, type Row, spans, writtenAs } from './imap-units.js'

export type Value =
  /** `text` may have islands in it where it is written. */
  | { readonly kind: 'atom'; readonly text: OctetString }
  /** Quoted or a literal. */
  | { readonly kind: 'string'; readonly text: OctetString }
  | { readonly kind: 'nil' }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  /** An island that stands for any number of values; `glued` to the one before, it goes on with that too. */
  | { readonly kind: 'rest'; readonly island: string; readonly glued: boolean }

/** The signs are no values: a parenthesis or a quote is open, or one too many is closed. */
export class Unreadable extends Error {}

/** Deeper lists nobody sends. */
const DEEPEST = 200
/** Nor so many values to a mailbox of some messages; what compares them takes more than twice the time for twice as many. */
const MOST_VALUES = 5_000

/** @throws Unreadable */
export function readValues(row: Row, known: Known = () => undefined): readonly Value[] {
  const reading = new Reading(row, known)
  const values = reading.values(0)
  if (!reading.done) throw new Unreadable('a parenthesis is closed that is not open')
  return values
}

class Reading {
  readonly #row: Row
  readonly #known: Known
  #i = 0
  #count = 0

  constructor(row: Row, known: Known) {
    this.#row = row
    this.#known = known
  }

  get done(): boolean {
    return this.#i >= this.#row.signs.length
  }

  get #sign(): string {
    return this.#row.signs[this.#i] ?? ''
  }

  values(depth: number): Value[] {
    if (depth > DEEPEST) throw new Unreadable('the parentheses are nested too deeply')
    const values: Value[] = []
    while (!this.done && this.#sign !== ')') {
      if (this.#sign === ' ') this.#i++
      else values.push(this.#value(depth))
    }
    return values
  }

  #value(depth: number): Value {
    if (++this.#count > MOST_VALUES) throw new Unreadable('it has too many values')
    const sign = this.#sign
    if (sign === '(') return this.#list(depth)
    if (sign === '"') return this.#quoted()
    const literal = literalAt(this.#row, sign)
    if (literal !== null) {
      this.#i++
      return { kind: 'string', text: literal }
    }
    return this.#rest() ?? this.#atom()
  }

  #list(depth: number): Value {
    this.#i++
    const items = this.values(depth + 1)
    // An island at the end may have swallowed the parenthesis: "(FLAGS ({{*}}".
    if (this.done && !this.#endsOpen()) throw new Unreadable('a parenthesis is not closed')
    this.#i++
    return { kind: 'list', items }
  }

  #endsOpen(): boolean {
    return islandAt(this.#row, this.#row.signs.at(-1) ?? '') === '*'
  }

  #quoted(): Value {
    let text = ''
    for (this.#i++; this.#sign !== '"'; this.#i++) {
      if (this.done) throw new Unreadable('a quote is not closed')
      if (this.#sign === '\\') this.#i++
      text += this.#sign
    }
    this.#i++
    return { kind: 'string', text: writtenAs(this.#row, text) }
  }

  #rest(): Value | null {
    const island = islandAt(this.#row, this.#sign)
    if (island === null || !spans(island, this.#known)) return null
    const glued = this.#i > 0 && !/[ (]/.test(this.#row.signs[this.#i - 1] ?? '')
    this.#i++
    return { kind: 'rest', island, glued }
  }

  #atom(): Value {
    const from = this.#i
    for (; !this.done && !/[ ()"]/.test(this.#sign); this.#i++) {
      if (this.#sign === '[' && /^(?:BODY|BINARY|BINARY\.SIZE)$/i.test(this.#row.signs.slice(from, this.#i)))
        this.#section()
      else if (literalAt(this.#row, this.#sign) !== null) break
      else if (this.#i > from && this.#spans()) break
    }
    const text = writtenAs(this.#row, this.#row.signs.slice(from, this.#i))
    return text.toUpperCase() === 'NIL' ? { kind: 'nil' } : { kind: 'atom', text }
  }

  #spans(): boolean {
    const island = islandAt(this.#row, this.#sign)
    return island !== null && spans(island, this.#known)
  }

  /** `[HEADER.FIELDS ("From" TO)]` belongs to the atom. */
  #section(): void {
    const end = this.#row.signs.indexOf(']', this.#i)
    if (end === -1) throw new Unreadable('a bracket is not closed')
    this.#i = end
  }
}
