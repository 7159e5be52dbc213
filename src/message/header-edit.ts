/**
 * Changes the header of a message while it passes: leaves fields out, adds fields that are missing, and notes
 * what some fields say. Every other octet is passed on as it came, in the same order, however the message is
 * cut. Holds no more than one field name and what it notes; knows no protocol. Sans-I/O.
 */
import { mimeLimits } from '../core/limits.js'
import { isBlank, isNameOctet } from './headers.js'
import type { OctetString } from './index-types.js'

const LF = 10
const CR = 13
const COLON = 58
const CRLF = Buffer.from('\r\n')
/** RFC 5322 §2.2, with the white space before the colon of §4.5. */
const NAME = /^([!-9;-~]+)[ \t]*$/
/** What mbox files put in front of a message; a header may begin with it. */
const MBOX = /^>?From[ \t]/

/** All names in lower case. */
export interface HeaderEdits {
  /** Fields that are left out, folded lines and all. */
  readonly remove: ReadonlySet<string>
  /** By name: the whole field with its CRLF, for a header that has none of this name. */
  readonly add: ReadonlyMap<string, string>
  /** Fields whose values are noted. */
  readonly note: ReadonlySet<string>
  /** Octets of them all together; past it there is no list of them. */
  readonly noteLimit: number
}

export interface NotedField {
  readonly name: string
  /** Everything behind the colon, folds and line end too. */
  readonly value: OctetString
}

interface Note {
  readonly name: string
  readonly pieces: Buffer[]
}

/**
 * One message. Missing fields are added at the end of the header, where it is known that they are missing. A
 * message whose first line is no field has no header (as structure.ts has it): it is given one, with the empty
 * line that ends it.
 */
export class HeaderEditor {
  readonly #edits: HeaderEdits
  readonly #seen = new Set<string>()
  readonly #notes: Note[] = []
  #noted = 0
  #state: 'start' | 'name' | 'line' | 'body' = 'start'
  #isFirst = true
  #name: Buffer[] = []
  #nameOctets = 0
  /** Of the field whose lines pass. */
  #keep = true
  #note: Note | null = null

  constructor(edits: HeaderEdits) {
    this.#edits = edits
  }

  /** The noted fields so far, in their order; null when they are longer than the limit. */
  get noted(): readonly NotedField[] | null {
    if (this.#noted > this.#edits.noteLimit) return null
    return this.#notes.map(({ name, pieces }) => ({ name, value: Buffer.concat(pieces).toString('latin1').slice(1) }))
  }

  /** What becomes of `chunk`, and of a name held back before it. May share memory with `chunk`. */
  push(chunk: Buffer): Buffer {
    if (this.#state === 'body') return chunk
    const out: Buffer[] = []
    for (let at = 0; at < chunk.length; ) {
      if (this.#state === 'start') this.#startLine(chunk[at] ?? 0, out)
      if (this.#state === 'name') at = this.#readName(chunk, at, out)
      else if (this.#state === 'line') at = this.#readLine(chunk, at, out)
      else {
        out.push(chunk.subarray(at))
        break
      }
    }
    return Buffer.concat(out)
  }

  /** What is still owed when the message ends; where it ends within its header, the missing fields too. */
  end(): Buffer {
    const out: Buffer[] = []
    if (this.#state === 'name') this.#decide(null, out)
    if (this.#state !== 'body') {
      const open = this.#state === 'line' && this.#keep
      const missing = this.#missing()
      if (open && missing.length > 0) out.push(CRLF)
      out.push(missing)
    }
    this.#state = 'body'
    return Buffer.concat(out)
  }

  #startLine(octet: number, out: Buffer[]): void {
    if (!isBlank(octet)) this.#state = 'name'
    else if (this.#isFirst) this.#giveHeader(out)
    else this.#state = 'line'
  }

  /** Holds back what may be a name, until the octet behind it tells. */
  #readName(chunk: Buffer, at: number, out: Buffer[]): number {
    const stop = Math.min(chunk.length, at + mimeLimits.fieldName - this.#nameOctets)
    let end = at
    while (end < stop && maybeName(chunk[end] ?? 0)) end++
    this.#name.push(Buffer.from(chunk.subarray(at, end)))
    this.#nameOctets += end - at
    if (end < chunk.length) this.#decide(chunk[end] ?? 0, out)
    return end
  }

  /** What the line is that begins with the held name; `next` is the octet behind it, or null at the end. */
  #decide(next: number | null, out: Buffer[]): void {
    const text = Buffer.concat(this.#name).toString('latin1')
    const name = next === COLON ? NAME.exec(text)?.[1]?.toLowerCase() : undefined
    const isEmpty = next === LF && (text === '' || text === '\r')
    if (name !== undefined) this.#beginField(name)
    else if (isEmpty) this.#endHeader(out)
    else if (this.#isFirst && !MBOX.test(text)) this.#giveHeader(out)
    else this.#beginOther()
    if (this.#state === 'body' || this.#keep) out.push(...this.#name)
    this.#name = []
    this.#nameOctets = 0
    this.#isFirst = false
  }

  #beginField(name: string): void {
    this.#state = 'line'
    this.#seen.add(name)
    this.#keep = !this.#edits.remove.has(name)
    this.#note = null
    if (!this.#edits.note.has(name)) return
    this.#note = { name, pieces: [] }
    this.#noted += name.length
    if (this.#noted <= this.#edits.noteLimit) this.#notes.push(this.#note)
  }

  /** A line that is no field passes, with the lines that are folded behind it. */
  #beginOther(): void {
    this.#state = 'line'
    this.#keep = true
    this.#note = null
  }

  #endHeader(out: Buffer[]): void {
    out.push(this.#missing())
    this.#state = 'body'
  }

  #giveHeader(out: Buffer[]): void {
    out.push(this.#missing(), CRLF)
    this.#state = 'body'
  }

  #missing(): Buffer {
    const fields = [...this.#edits.add].filter(([name]) => !this.#seen.has(name))
    return Buffer.from(fields.map(([, field]) => field).join(''))
  }

  #readLine(chunk: Buffer, at: number, out: Buffer[]): number {
    const lf = chunk.indexOf(LF, at)
    const end = lf === -1 ? chunk.length : lf + 1
    const piece = chunk.subarray(at, end)
    if (this.#keep) out.push(piece)
    if (this.#note !== null) this.#take(this.#note, piece)
    if (lf !== -1) this.#state = 'start'
    return end
  }

  #take({ pieces }: Note, piece: Buffer): void {
    this.#noted += piece.length
    if (this.#noted <= this.#edits.noteLimit) pieces.push(Buffer.from(piece))
  }
}

const maybeName = (octet: number): boolean => isNameOctet(octet) || isBlank(octet) || octet === CR
