/** Reads the words of a structured header field: white space, comments, quoted strings (RFC 5322 §3.2). */
import type { OctetString } from './index-types.js'

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const QUOTE = 34
const OPEN = 40
const CLOSE = 41
const BACKSLASH = 92

const isSpace = (octet: number): boolean => octet === SPACE || octet === TAB || octet === CR || octet === LF

/** One bit for each octet that ends a word. */
export function octetSet(octets: string): Uint8Array {
  const set = new Uint8Array(256)
  for (const octet of octets) set[octet.charCodeAt(0)] = 1
  return set
}

/** Without white space at either end. `trim` of String would take the octet 0xA0 too. */
export function trimSpace(text: OctetString): OctetString {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** On one line: each fold and the white space around it becomes one space (RFC 5322 §2.2.3). */
export function unfold(text: OctetString): OctetString {
  if (!text.includes('\n') && !text.includes('\r')) return trimSpace(text)
  return text
    .split(/[\r\n]+/)
    .map(trimSpace)
    .filter((line) => line !== '')
    .join(' ')
}

/** Undoes quoted-pair (RFC 5322 §3.2.1) and folding. */
const unquote = (text: OctetString): OctetString => text.replace(/[\r\n]+[ \t]*/g, ' ').replace(/\\(.)/gs, '$1')

export class Lexer {
  readonly text: OctetString
  at = 0
  /** What the last comment said that was skipped. */
  comment: OctetString | null = null

  constructor(text: OctetString) {
    this.text = text
  }

  get done(): boolean {
    return this.at >= this.text.length
  }

  /** The octet to come, or -1 at the end. */
  peek(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1
  }

  /** Takes `octet` if it is the next. */
  eat(octet: number): boolean {
    if (this.peek() !== octet) return false
    this.at++
    return true
  }

  /** Skips white space and comments. @returns whether there was any */
  skipSpace(): boolean {
    const start = this.at
    for (;;) {
      const octet = this.peek()
      if (octet === OPEN) this.#skipComment()
      else if (isSpace(octet)) this.at++
      else return this.at > start
    }
  }

  /** At `(`. A comment that is never closed runs to the end. */
  #skipComment(): void {
    const start = ++this.at
    let depth = 1
    let end = this.text.length
    for (; this.at < this.text.length; this.at++) {
      const octet = this.text.charCodeAt(this.at)
      if (octet === BACKSLASH) this.at++
      else if (octet === OPEN) depth++
      else if (octet === CLOSE && --depth === 0) {
        end = this.at++
        break
      }
    }
    this.at = Math.min(this.at, this.text.length)
    this.comment = unfold(unquote(this.text.slice(start, end)))
  }

  /** At `"`: what is between the quotes. One that is never closed runs to the end. */
  quoted(): OctetString {
    const start = ++this.at
    let plain = true
    for (; this.at < this.text.length; this.at++) {
      const octet = this.text.charCodeAt(this.at)
      if (octet === QUOTE) break
      if (octet === BACKSLASH) this.at++
      if (octet === BACKSLASH || octet === CR || octet === LF) plain = false
    }
    const inside = this.text.slice(start, this.at)
    this.at = Math.min(this.at + 1, this.text.length)
    return plain ? inside : unquote(inside)
  }

  /** Octets up to one of `stop`; may be none. */
  until(stop: Uint8Array): OctetString {
    const start = this.at
    while (this.at < this.text.length && stop[this.text.charCodeAt(this.at)] !== 1) this.at++
    return this.text.slice(start, this.at)
  }
}
