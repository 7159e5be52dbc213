/** The parts of a message while they are found: which are open, where each begins and ends, what each is. */
import { type MimeLimits, mimeLimits } from '../core/limits.js'
import { type DescribedPart, type Description, describe, descriptionOctets, terse } from './bodystructure.js'
import { Boundaries, type BoundaryMatch } from './boundaries.js'
import { EMPTY_ENVELOPE, envelope } from './envelope.js'
import { parseFields } from './headers.js'
import type { OctetString, PartIndex, Range } from './index-types.js'
import { NamedFields, NO_FIELDS } from './named-fields.js'

/** Of a part whose header has not ended. */
const UNKNOWN = describe(NO_FIELDS, false, mimeLimits)

/** Places are octets of the whole message; line counts are line ends before a place. */
export class Part implements DescribedPart {
  kind: 'leaf' | 'multipart' | 'message' = 'leaf'
  header: Range
  body: Range
  lines = 0
  readonly parts: Part[] = []
  description: Description
  envelope: OctetString = EMPTY_ENVELOPE
  /** The root, or what is inside a message/rfc822: its header has an envelope. */
  readonly isMessage: boolean

  constructor(start: number, isMessage: boolean, description: Description) {
    this.header = { start, end: start }
    this.body = this.header
    this.isMessage = isMessage
    this.description = description
  }
}

export class PartTree {
  readonly root: Part
  /** The root's fields, once its header has ended. */
  fields = NO_FIELDS
  readonly boundaries = new Boundaries()
  readonly #limits: MimeLimits
  /** From the root to the innermost part that is open. */
  readonly #open: Part[]
  /** Open parts of kind 'message'. */
  #messages = 0
  #count = 1
  /** Octets of BODYSTRUCTURE that are left. */
  #room: number

  constructor(limits: MimeLimits) {
    this.#limits = limits
    this.#room = limits.responseOctets
    this.root = new Part(0, true, UNKNOWN)
    this.#open = [this.root]
  }

  get #innermost(): Part {
    return this.#open.at(-1) ?? this.root
  }

  /** Whether somebody will ask for the number of lines of what comes now. */
  get countsLines(): boolean {
    const { kind, parts, description } = this.#innermost
    if (this.#messages > 0) return true
    if (kind === 'multipart') return parts.length === 0
    return description.form === 'text' || description.form === 'message'
  }

  /** A body part begins in the innermost multipart. */
  beginPart(start: number): void {
    this.#begin(start, false)
  }

  #begin(start: number, isMessage: boolean): void {
    const part = new Part(start, isMessage, UNKNOWN)
    this.#innermost.parts.push(part)
    this.#open.push(part)
    this.#count++
  }

  /**
   * The header of the innermost part is done: `octets` is as much of it as is looked at, `end` its end.
   * @returns true if a message begins there, false if a body does
   */
  endHeader(octets: Buffer, end: number, lines: number): boolean {
    const part = this.#innermost
    part.header = { start: part.header.start, end }
    part.body = { start: end, end }
    part.lines = -lines
    this.#describe(part, octets)
    part.kind = this.#kindOf(part.description)
    if (part.kind === 'multipart') this.boundaries.add(part.description.boundary ?? '', this.#open.length - 1)
    if (part.kind !== 'message') return false
    this.#messages++
    this.#begin(end, true)
    return true
  }

  #describe(part: Part, octets: Buffer): void {
    const fields = new NamedFields(parseFields(octets, this.#limits.headerFields))
    const isInDigest = !part.isMessage && this.#open.at(-2)?.description.isDigest === true
    part.description = describe(fields, isInDigest, this.#limits)
    if (part.isMessage) part.envelope = envelope(fields, this.#limits)
    if (part === this.root) this.fields = fields
    else this.#room -= part.envelope.length
    this.#room -= descriptionOctets(part.description)
    if (this.#room >= 0) return
    part.description = terse(part.description)
    if (part !== this.root) part.envelope = EMPTY_ENVELOPE
  }

  #kindOf(description: Description): Part['kind'] {
    const { form } = description
    if (this.#open.length > this.#limits.depth || this.#count >= this.#limits.parts) return 'leaf'
    if (form === 'multipart') return 'multipart'
    return form === 'message' && !description.isEncoded ? 'message' : 'leaf'
  }

  /** Whether a boundary is heeded: once there are too many parts, the rest is the body of the one that is open. */
  accepts(match: BoundaryMatch): boolean {
    if (match.isLast || this.#count < this.#limits.parts) return true
    this.boundaries.clear()
    return false
  }

  /**
   * A boundary line begins at `at`; the line end before it has `eol` octets and belongs to it, unless it is
   * that of a header with nothing behind it.
   */
  boundary(match: BoundaryMatch, at: number, eol: number, lines: number): void {
    const isEmpty = this.#innermost.body.start === at
    const end = isEmpty ? at : at - eol
    while (this.#open.length - 1 > match.level) this.#close(end, isEmpty ? lines : lines - 1)
    this.boundaries.removeFrom(match.isLast ? match.level : match.level + 1)
  }

  /** Ends the innermost part; its `lines` was minus the lines before its body. */
  #close(end: number, lines: number): void {
    const part = this.#open.pop() ?? this.root
    if (part.kind === 'message') this.#messages--
    if (part.kind === 'multipart' && part.parts.length === 0) part.kind = 'leaf'
    part.body = { start: part.body.start, end }
    part.lines += lines
  }

  /** The message ends. */
  finish(end: number, lines: number): void {
    while (this.#open.length > 0) this.#close(end, lines)
  }
}

/** What the index keeps of a part. */
export const partIndex = (part: Part): PartIndex => ({
  kind: part.kind,
  header: part.header,
  body: part.body,
  parts: part.parts.map(partIndex),
})
