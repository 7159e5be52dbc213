/** Looks at every octet of a message once, and notes for each of its sections what a transport must be able to take. Sans-I/O. */
import { mimeLimits } from '../core/limits.js'
import { HeaderBuffer } from './header-buffer.js'
import { type HeaderFacts, headerFacts } from './header-facts.js'
import type { Section } from './sections.js'

/** Octets ≥ 0x80. */
export const EIGHT_BIT = 1
/** CR or LF alone, or NUL: neither 7bit nor 8bit data (RFC 2045 §2.7, §2.8). */
export const BINARY = 2
/** A line of more octets than RFC 5322 §2.1.1 allows. */
export const LONG_LINE = 4

/** RFC 5322 §2.1.1, without CRLF. */
const LONGEST_LINE = 998
const LF = 10
const CR = 13
const NOTHING = Buffer.alloc(0)

/** What an octet is to the scan. */
const PLAIN = 0
const ESCAPED = 1
const EIGHT = 2
const ZERO = 3
const LINE_END = 4
const RETURN = 5
const CLASSES = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet >= 0x80) return EIGHT
  if (octet === 0) return ZERO
  if (octet === LF) return LINE_END
  if (octet === CR) return RETURN
  const isLiteral = octet === 9 || (octet >= 32 && octet < 127 && octet !== 61)
  return isLiteral ? PLAIN : ESCAPED
})

export interface Scan {
  /** Of each section: EIGHT_BIT, BINARY and LONG_LINE together. */
  readonly traits: Uint8Array
  /** Of each section: octets that quoted-printable cannot have as they are. */
  readonly escaped: Float64Array
  /** Of each section: LFs. */
  readonly lines: Float64Array
  /** Of each section that is a header; null: of no header, or of one that is longer than what is looked at. */
  readonly headers: readonly (HeaderFacts | null)[]
}

export class SectionScanner {
  readonly #sections: readonly Section[]
  readonly #headers: (HeaderFacts | null)[]
  readonly #scan: Scan
  readonly #header = new HeaderBuffer(mimeLimits.headerOctets)
  #section = 0
  /** Of the octet to come, and of the line it is in. */
  #at: number
  #lineStart: number
  /** The octet before it. */
  #last = LF

  /** All octets of `sections` are to be pushed, and no others. */
  constructor(sections: readonly Section[]) {
    this.#sections = sections
    const { length } = sections
    this.#headers = new Array<HeaderFacts | null>(length).fill(null)
    this.#scan = {
      traits: new Uint8Array(length),
      escaped: new Float64Array(length),
      lines: new Float64Array(length),
      headers: this.#headers,
    }
    this.#at = sections[0]?.range.start ?? 0
    this.#lineStart = this.#at
  }

  push(chunk: Uint8Array): void {
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (octets.length > 0 && this.#last === CR && octets[0] !== LF) this.#mark(BINARY)
    for (let from = 0; from < octets.length; ) {
      this.#closeSections()
      const section = this.#sections[this.#section]
      if (section === undefined) throw new Error('more octets than the sections have')
      const to = Math.min(octets.length, from + section.range.end - this.#at)
      if (section.kind === 'header') this.#header.add(octets.subarray(from, to))
      this.#look(octets, from, to)
      from = to
    }
  }

  end(): Scan {
    if (this.#last === CR) this.#mark(BINARY)
    this.#closeSections()
    if (this.#section < this.#sections.length) throw new Error('fewer octets than the sections have')
    return this.#scan
  }

  /** Ends those that have no more octets. */
  #closeSections(): void {
    for (;;) {
      const section = this.#sections[this.#section]
      if (section === undefined || section.range.end > this.#at) return
      if (this.#at - this.#lineStart > LONGEST_LINE) this.#mark(LONG_LINE)
      if (section.kind === 'header') this.#closeHeader(section)
      // The CRLF that follows belongs to a boundary, and the line does not.
      if (section.kind === 'body') this.#lineStart = this.#at
      this.#section++
    }
  }

  #closeHeader({ range: { start, end } }: Section): void {
    const octets = this.#header.take(NOTHING, end - start)
    this.#headers[this.#section] = octets.length < end - start ? null : headerFacts(octets, start)
  }

  #mark(trait: number): void {
    const { traits } = this.#scan
    traits[this.#section] = (traits[this.#section] ?? 0) | trait
  }

  /** Octets [from, to), all of one section. */
  #look(octets: Buffer, from: number, to: number): void {
    const base = this.#at - from
    let traits = 0
    let escaped = 0
    let lines = 0
    for (let at = from; at < to; at++) {
      const is = CLASSES[octets[at] ?? 0]
      if (is === PLAIN) continue
      if (is === LINE_END) {
        lines++
        if ((at === 0 ? this.#last : octets[at - 1]) !== CR) traits |= BINARY
        if (base + at - 1 - this.#lineStart > LONGEST_LINE) traits |= LONG_LINE
        this.#lineStart = base + at + 1
      } else if (is === RETURN) {
        if (at + 1 < octets.length && octets[at + 1] !== LF) traits |= BINARY
      } else {
        escaped++
        if (is === EIGHT) traits |= EIGHT_BIT
        if (is === ZERO) traits |= BINARY
      }
    }
    this.#mark(traits)
    this.#scan.escaped[this.#section] = (this.#scan.escaped[this.#section] ?? 0) + escaped
    this.#scan.lines[this.#section] = (this.#scan.lines[this.#section] ?? 0) + lines
    this.#at = base + to
    this.#last = octets[to - 1] ?? LF
  }
}

/** What of `sections` any of those from `from` up to `to` has. */
export function traitsOf({ traits }: Scan, from: number, to: number): number {
  let all = 0
  for (let i = from; i < to; i++) all |= traits[i] ?? 0
  return all
}
