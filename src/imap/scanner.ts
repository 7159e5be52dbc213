/** A cursor over the arguments of one command. Every method consumes its production or throws BadSyntax. */
import type { SealedBlob } from '../store/spool.js'
import { decodeSloppyUtf7 } from '../wire/utf7.js'
import { BadSyntax } from './errors.js'
import { parseSet, type SequenceSet } from './sets.js'

/**
 * The arguments as they arrived: text and literals in turn, text first and last. Text is latin1: one char
 * is one octet. A literal that is a message has gone into a spool and is here as a blob (APPEND).
 */
export type Part = { readonly text: string } | { readonly literal: Buffer } | { readonly blob: SealedBlob }

// RFC 3501 §9: ATOM-CHAR leaves out atom-specials; ASTRING-CHAR lets "]" in; list-char the wildcards too.
const ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y
const ASTRING = /[^\x00-\x20\x7f-\xff(){%*"\\]+/y
const LIST_CHARS = /[^\x00-\x20\x7f-\xff(){"\\]+/y
const QUOTED = /"((?:[^"\\\r\n\0]|\\["\\])*)"/y
const NUMBER = /\d{1,16}/y
const SET = /[\d*:,]+/y

export class Scanner {
  readonly #parts: readonly Part[]
  readonly #nesting: number
  #part = 0
  #at = 0
  #before: number
  #depth = 0

  /** `nesting`: levels of parentheses that `list` follows. `before`: octets of the arguments in front of `parts`. */
  constructor(parts: readonly Part[], nesting: number, before = 0) {
    this.#parts = parts
    this.#nesting = nesting
    this.#before = before
  }

  /** Nothing is left, not even a literal. */
  get done(): boolean {
    return this.#at === this.#text.length && this.#part + 1 >= this.#parts.length
  }

  sp(): this {
    return this.lit(' ')
  }

  /** Exactly these octets, letters in any case. */
  lit(wanted: string): this {
    if (!this.skip(wanted)) this.fail(wanted === ' ' ? 'a space' : `"${wanted}"`)
    return this
  }

  /** `lit` if it is there. */
  skip(wanted: string): boolean {
    const hit = this.peek(wanted)
    if (hit) this.#at += wanted.length
    return hit
  }

  peek(wanted: string): boolean {
    return this.#text.slice(this.#at, this.#at + wanted.length).toUpperCase() === wanted.toUpperCase()
  }

  /** Only `text` stands between here and the end of what has come so far. */
  atEnd(text: string): boolean {
    return this.#part + 1 >= this.#parts.length && this.#text.slice(this.#at) === text
  }

  /** What a sticky regular expression matches here, or null. For productions that belong to one command alone. */
  match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#text)
    if (found !== null) this.#at = sticky.lastIndex
    return found
  }

  atom(what = 'an atom'): string {
    return this.match(ATOM)?.[0] ?? this.fail(what)
  }

  /** An atom whose case does not matter, in capitals. */
  keyword(what: string): string {
    return this.atom(what).toUpperCase()
  }

  /** number, and number64 as far as it is exact: RFC 9051 §9. */
  number(what = 'a number'): number {
    const n = Number(this.match(NUMBER)?.[0] ?? this.fail(what))
    return Number.isSafeInteger(n) ? n : this.fail(what)
  }

  nonZero(what = 'a number that is not zero'): number {
    return this.number(what) || this.fail(what)
  }

  sequenceSet(what = 'a set of message numbers'): SequenceSet {
    return parseSet(this.match(SET)?.[0] ?? this.fail(what)) ?? this.fail(what)
  }

  /** astring: its octets. */
  astring(what = 'an atom or a string'): Buffer {
    return this.#string() ?? this.#octets(ASTRING, what)
  }

  /** string: its octets. */
  string(what = 'a string'): Buffer {
    return this.#string() ?? this.fail(what)
  }

  /** nstring: its octets, or null for NIL. */
  nstring(what = 'a string or NIL'): Buffer | null {
    return this.#string() ?? (this.skip('NIL') ? null : this.fail(what))
  }

  /** mailbox: its name in Unicode (RFC 3501 §5.1.3), also where it was spelt carelessly. */
  mailbox(what = 'a mailbox name'): string {
    return this.#name(this.astring(what), what)
  }

  /** list-mailbox: a name in which % and * are wildcards, in Unicode. */
  listMailbox(what = 'a mailbox pattern'): string {
    return this.#name(this.#string() ?? this.#octets(LIST_CHARS, what), what)
  }

  /** "(" [item *(SP item)] ")" */
  list<T>(item: () => T, what = '"("'): readonly T[] {
    if (!this.skip('(')) this.fail(what)
    if (++this.#depth > this.#nesting) this.fail(`no more than ${this.#nesting} parentheses inside each other`)
    const items: T[] = []
    if (!this.peek(')')) {
      do items.push(item())
      while (this.skip(' '))
    }
    this.lit(')')
    this.#depth--
    return items
  }

  /** The message that was streamed into a spool here. */
  blob(what = 'a literal'): SealedBlob {
    const next = this.#parts[this.#part + 1]
    if (this.#at < this.#text.length || next === undefined || !('blob' in next)) return this.fail(what)
    this.#pass(next.blob.size)
    return next.blob
  }

  end(): void {
    if (!this.done) this.fail('the end of the command')
  }

  fail(expected: string): never {
    throw new BadSyntax(expected, this.#before + this.#at)
  }

  get #text(): string {
    const part = this.#parts[this.#part]
    return part !== undefined && 'text' in part ? part.text : ''
  }

  #string(): Buffer | null {
    const quoted = this.match(QUOTED)?.[1]
    if (quoted !== undefined) return Buffer.from(quoted.replace(/\\(.)/g, '$1'), 'latin1')
    const next = this.#parts[this.#part + 1]
    if (this.#at < this.#text.length || next === undefined || !('literal' in next)) return null
    if (next.literal.includes(0)) this.fail('a literal without NUL')
    this.#pass(next.literal.length)
    return next.literal
  }

  #pass(octets: number): void {
    this.#before += this.#at + octets
    this.#part += 2
    this.#at = 0
  }

  #octets(bare: RegExp, what: string): Buffer {
    return Buffer.from(this.match(bare)?.[0] ?? this.fail(what), 'latin1')
  }

  #name(octets: Buffer, what: string): string {
    return decodeSloppyUtf7(octets.toString('latin1')) ?? this.fail(`${what} in modified UTF-7`)
  }
}
