/**
 * What must be changed in a message so that a server gets it that takes 7 bits (RFC 6152 §3): bodies with other octets
 * become quoted-printable or base64, and labels follow. What every part decodes to stays the same, octet for octet.
 *
 * It cannot be done where octets ≥ 0x80 are in header fields (that takes SMTPUTF8, RFC 6531), in what is signed (RFC 1847
 * §2.1: "must not be altered"), or in what may not be encoded: multipart and message (RFC 2045 §6.4) in which no parts
 * are known. A message/global may be, and is encoded as one thing (RFC 6532 §3.7).
 */
import type { HeaderFacts } from './header-facts.js'
import type { Edit } from './octet-patch.js'
import { BINARY, EIGHT_BIT, LONG_LINE, type Scan, traitsOf } from './section-scan.js'
import type { Sectioned, SectionedPart } from './sections.js'
import { encodedOctets, type SafeEncoding } from './transfer-encoder.js'

/** What 7bit data cannot have (RFC 2045 §2.7); long lines are not refused by themselves, as so much mail has them. */
const UNSENDABLE = EIGHT_BIT | BINARY
const NOT_7BIT = UNSENDABLE | LONG_LINE
/** RFC 2045 §6.4 */
const COMPOSITE = /^(?:multipart\/|message\/(?:rfc822|partial|external-body)$)/
/** Longest of the fields that are written. */
const FIELD_OCTETS = 256

export interface SevenBit {
  /** Ascending, for an OctetPatch. */
  readonly edits: readonly Edit[]
  /** At least as many octets as the message then has. */
  readonly size: number
}

/** null: it cannot be done. */
export function sevenBit({ sections, root }: Sectioned, scan: Scan): SevenBit | null {
  const start = sections[0]?.range.start ?? 0
  const end = sections.at(-1)?.range.end ?? start
  if ((traitsOf(scan, 0, sections.length) & UNSENDABLE) === 0) return { edits: [], size: end - start }
  const planner = new Planner({ sections, root }, scan, end)
  return planner.part(root, false) ? { edits: planner.edits, size: end - start + planner.growth } : null
}

class Planner {
  readonly edits: Edit[] = []
  /** At most so many octets more. */
  growth = 0
  readonly #message: Sectioned
  readonly #scan: Scan
  /** Of the message. */
  readonly #end: number

  constructor(message: Sectioned, scan: Scan, end: number) {
    this.#message = message
    this.#scan = scan
    this.#end = end
  }

  /** Plans what becomes of a part and all in it. @returns whether it can be done */
  part(it: SectionedPart, isInDigest: boolean): boolean {
    const facts = this.#scan.headers[it.header] ?? null
    if (facts === null || this.#has(it.header, it.header + 1, UNSENDABLE)) return false
    if (it.part.kind === 'multipart') return this.#multipart(it, facts)
    if (it.part.kind === 'message') return this.#message822(it, facts)
    return this.#leaf(it, facts, isInDigest)
  }

  #has(from: number, to: number, traits: number): boolean {
    return (traitsOf(this.#scan, from, to) & traits) !== 0
  }

  #multipart(it: SectionedPart, facts: HeaderFacts): boolean {
    const inside = this.#has(it.header + 1, it.end, UNSENDABLE)
    if (facts.type === 'multipart/signed') return !inside
    // Its lines would be those of a boundary.
    if (!/^[\0-\x7f]*$/.test(facts.boundary)) return false
    this.#relabel(facts, it.isMessage && inside ? mimeVersion(facts) : '')
    return it.parts.every((inner, i) => {
      const isFirst = i === 0
      const glue = inner.header - 1
      if (isFirst) this.#strip(glue, `--${facts.boundary}\r\n`)
      else if (this.#has(glue, glue + 1, UNSENDABLE)) return false
      const done = this.part(inner, facts.type === 'multipart/digest')
      if (i === it.parts.length - 1) this.#strip(it.end - 1, `\r\n--${facts.boundary}--\r\n`)
      return done
    })
  }

  /** What is before the first and behind the last part says nothing (RFC 2046 §5.1.1): only the boundary line stays. */
  #strip(section: number, line: string): void {
    const range = this.#message.sections[section]?.range
    if (range !== undefined && this.#has(section, section + 1, NOT_7BIT)) this.#replace(range, line)
  }

  #message822(it: SectionedPart, facts: HeaderFacts): boolean {
    const isGlobal = facts.type === 'message/global'
    if (isGlobal && this.#has(it.header + 1, it.end, UNSENDABLE)) return this.#encode(it, facts, 'base64')
    this.#relabel(facts, '')
    return it.parts.every((inner) => this.part(inner, false))
  }

  #leaf(it: SectionedPart, facts: HeaderFacts, isInDigest: boolean): boolean {
    const traits = traitsOf(this.#scan, it.header + 1, it.end)
    if ((traits & NOT_7BIT) === 0) {
      this.#relabel(facts, '')
      return true
    }
    const type = facts.type ?? (isInDigest ? 'message/rfc822' : 'text/plain')
    // RFC 2045 §6.3: what a private encoding is, nobody here knows.
    if (COMPOSITE.test(type) || facts.encoding.startsWith('x-')) return (traits & UNSENDABLE) === 0
    const isText = /^(?:text|message)\//.test(type) && (traits & BINARY) === 0
    return this.#encode(it, facts, isText ? 'quoted-printable' : 'base64')
  }

  #encode(it: SectionedPart, facts: HeaderFacts, to: SafeEncoding): boolean {
    const range = it.part.body
    const eightBit = this.#has(it.header + 1, it.end, EIGHT_BIT)
    const missing = [it.isMessage ? mimeVersion(facts) : '', eightBit && facts.type === null ? UNKNOWN_8BIT : '']
    this.#label(facts, to, missing.join(''))
    this.edits.push({ kind: 'encode', range, from: facts.encoding, to, closesLine: range.end === this.#end })
    this.growth += this.#octetsAs(to, it, isIdentity(facts.encoding)) - (range.end - range.start)
    return true
  }

  #octetsAs(to: SafeEncoding, it: SectionedPart, isKnown: boolean): number {
    const octets = it.part.body.end - it.part.body.start
    if (!isKnown) return encodedOctets(to, { octets, escaped: octets, lines: octets })
    const sum = (counts: Float64Array): number => counts.subarray(it.header + 1, it.end).reduce((a, b) => a + b, 0)
    return encodedOctets(to, { octets, escaped: sum(this.#scan.escaped), lines: sum(this.#scan.lines) })
  }

  /** What says 8bit or binary says 7bit; `missing` is added. */
  #relabel(facts: HeaderFacts, missing: string): void {
    if (/^(?:8bit|binary)$/.test(facts.encoding)) this.#label(facts, '7bit', missing)
    else if (missing !== '') this.#add(facts, missing)
  }

  #label(facts: HeaderFacts, encoding: string, missing: string): void {
    const field = `Content-Transfer-Encoding: ${encoding}\r\n`
    for (const [i, range] of facts.encodingFields.entries()) this.#replace(range, i === 0 ? field : '')
    const added = facts.encodingFields.length === 0 ? missing + field : missing
    if (added !== '') this.#add(facts, added)
  }

  #add(facts: HeaderFacts, fields: string): void {
    this.#replace({ start: facts.end, end: facts.end }, facts.hasEmptyLine ? fields : `${fields}\r\n`)
  }

  #replace(range: Edit['range'], text: string): void {
    this.edits.push({ kind: 'replace', range, text })
    this.growth += FIELD_OCTETS
  }
}

/** RFC 1428 §3 */
const UNKNOWN_8BIT = 'Content-Type: text/plain; charset=unknown-8bit\r\n'

const mimeVersion = ({ hasMimeVersion }: HeaderFacts): string => (hasMimeVersion ? '' : 'MIME-Version: 1.0\r\n')

/** Nothing is decoded. */
const isIdentity = (encoding: string): boolean => encoding !== 'base64' && encoding !== 'quoted-printable'
