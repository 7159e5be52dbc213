/** Header fields as octets: where each is, what it says, and which of them a client asked for. */
import { mimeLimits } from '../core/limits.js'
import type { OctetString, Range } from './index-types.js'

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const COLON = 58

export interface Field {
  /** As it is written. */
  readonly name: OctetString
  /** Everything behind the colon, folds and all, without the line end that closes the field. */
  readonly value: OctetString
  /** Within the octets given, line end included. */
  readonly range: Range
}

/** RFC 5322 §2.2: printable US-ASCII except the colon. */
export const isNameOctet = (octet: number): boolean => octet > SPACE && octet < 127 && octet !== COLON

export const isBlank = (octet: number): boolean => octet === SPACE || octet === TAB

/** Behind the last line of the field that starts at `start`. */
function fieldEnd(text: OctetString, start: number): number {
  for (let from = start; ; ) {
    const lf = text.indexOf('\n', from)
    if (lf === -1) return text.length
    if (!isBlank(text.charCodeAt(lf + 1))) return lf + 1
    from = lf + 1
  }
}

/** Where the name that starts at `start` ends and its colon is, or null when the line is no field. */
function nameEnd(text: OctetString, start: number): { name: number; colon: number } | null {
  let name = start
  while (isNameOctet(text.charCodeAt(name))) name++
  let colon = name
  while (isBlank(text.charCodeAt(colon))) colon++
  return name > start && text.charCodeAt(colon) === COLON ? { name, colon } : null
}

function valueEnd(text: OctetString, start: number, end: number): number {
  if (text.charCodeAt(end - 1) !== LF) return end
  return end - 2 >= start && text.charCodeAt(end - 2) === CR ? end - 2 : end - 1
}

/**
 * The fields of a header (RFC 5322 §2.2), bare LF and white space before the colon (§4.5) tolerated.
 * Lines that are no field are passed over; at most `limit` fields are read.
 */
export function parseFields(octets: Uint8Array, limit: number = mimeLimits.headerFields): Field[] {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1')
  const fields: Field[] = []
  for (let start = 0; start < text.length && fields.length < limit; ) {
    const end = fieldEnd(text, start)
    const found = nameEnd(text, start)
    if (found !== null) {
      const from = found.colon + 1
      fields.push({
        name: text.slice(start, found.name),
        value: text.slice(from, valueEnd(text, from, end)),
        range: { start, end },
      })
    }
    start = end
  }
  return fields
}

/**
 * Passes the fields that FETCH BODY[HEADER.FIELDS (…)] names, or with `not` all others, as exact octets
 * with their folded lines, and the empty line behind the header if there is one (RFC 3501 §6.4.5). It
 * works on pieces of the header of any size and holds no more than one field name.
 */
export class FieldFilter {
  readonly #names: ReadonlySet<string>
  readonly #not: boolean
  #state: 'start' | 'name' | 'line' = 'start'
  #name: Buffer[] = []
  #nameOctets = 0
  /** Of the line before; a folded line that follows none is of no field. */
  #keep: boolean

  /** `names` in any case. */
  constructor(names: Iterable<string>, not = false) {
    this.#names = new Set(Array.from(names, (name) => name.toLowerCase()))
    this.#not = not
    this.#keep = not
  }

  /** What of `chunk`, and of a name held back before it, goes to the client. */
  push(chunk: Uint8Array): Buffer {
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const out: Buffer[] = []
    let at = 0
    while (at < octets.length) {
      if (this.#state === 'start') this.#startLine(octets[at] ?? 0)
      at = this.#state === 'name' ? this.#readName(octets, at, out) : this.#readLine(octets, at, out)
    }
    return Buffer.concat(out)
  }

  /** What was held back when the header ends. */
  end(): Buffer {
    const out: Buffer[] = []
    if (this.#state === 'name') this.#decide(this.#not, out)
    this.#state = 'start'
    return Buffer.concat(out)
  }

  #startLine(octet: number): void {
    this.#state = isBlank(octet) ? 'line' : 'name'
  }

  /** Holds back what may be a name, until the octet behind it tells. */
  #readName(octets: Buffer, at: number, out: Buffer[]): number {
    let end = at
    const room = mimeLimits.fieldName - this.#nameOctets
    while (end < octets.length && end - at < room && this.#maybeName(octets[end] ?? 0)) end++
    this.#name.push(Buffer.from(octets.subarray(at, end)))
    this.#nameOctets += end - at
    if (end === octets.length && end - at < room) return end
    this.#decide(this.#wants(octets[end] ?? 0), out)
    return end
  }

  #maybeName(octet: number): boolean {
    return isNameOctet(octet) || isBlank(octet) || octet === CR
  }

  /** `next` is the first octet that cannot be part of the name. An empty line is always wanted. */
  #wants(next: number): boolean {
    const text = Buffer.concat(this.#name).toString('latin1')
    if (next === LF && (text === '' || text === '\r')) return true
    const name = /^([!-9;-~]+)[ \t]*$/.exec(text)?.[1]
    if (next !== COLON || name === undefined) return this.#not
    return this.#names.has(name.toLowerCase()) !== this.#not
  }

  #decide(keep: boolean, out: Buffer[]): void {
    this.#keep = keep
    if (keep) out.push(...this.#name)
    this.#name = []
    this.#nameOctets = 0
    this.#state = 'line'
  }

  #readLine(octets: Buffer, at: number, out: Buffer[]): number {
    const lf = octets.indexOf(LF, at)
    const end = lf === -1 ? octets.length : lf + 1
    if (this.#keep) out.push(octets.subarray(at, end))
    if (lf !== -1) this.#state = 'start'
    return end
  }
}

/** FieldFilter over a header that is there whole. */
export function selectFields(header: Uint8Array, names: Iterable<string>, not = false): Buffer {
  const filter = new FieldFilter(names, not)
  return Buffer.concat([filter.push(header), filter.end()])
}
