/** The transcript language: a file of C: and S: lines becomes a header and steps. Pure; docs/conformance.md has it in full. */
import { type Header, readHeader } from './header.js'

/** Octets as a string in which one char is one octet; islands such as {{uid1}} are still in it. */
export type OctetString = string

/** A piece of what a side sends: text with the CRLF that ends it, or a literal. */
export type Piece =
  | { readonly kind: 'line'; readonly text: OctetString }
  | { readonly kind: 'raw'; readonly octets: OctetString }
  | { readonly kind: 'literal'; readonly octets: OctetString }
  | { readonly kind: 'file'; readonly name: string }

/** One response: a line, or lines with the literals between them. */
export interface Expected {
  readonly pieces: readonly Piece[]
  readonly at: number
}

export type Step =
  /** What a client sends in one go, before it looks at what comes. */
  | { readonly kind: 'send'; readonly conn: number; readonly pieces: readonly Piece[]; readonly at: number }
  | {
      readonly kind: 'expect'
      readonly conn: number
      readonly optional: boolean
      readonly response: Expected
      readonly at: number
    }
  | { readonly kind: 'any-order'; readonly conn: number; readonly responses: readonly Expected[]; readonly at: number }
  | { readonly kind: 'closed'; readonly conn: number; readonly at: number }
  | { readonly kind: 'time'; readonly by: string; readonly at: number }
  /** What comes next takes so long on a clock that is moved by hand; on any other it is waited for. */
  | { readonly kind: 'wait'; readonly by: string; readonly at: number }
  | { readonly kind: 'act'; readonly words: readonly string[]; readonly at: number }
  | { readonly kind: 'verify'; readonly relation: string; readonly at: number }

export interface Transcript {
  /** As it is named in messages. */
  readonly file: string
  /** What is shown: the comment that the file begins with. */
  readonly title: string
  readonly header: Header
  readonly steps: readonly Step[]
}

/** A file that is no transcript: the message begins with file and line. */
export class TranscriptError extends Error {
  constructor(file: string, line: number, what: string) {
    super(`${file}:${line}: ${what}`)
    this.name = 'TranscriptError'
  }
}

type Mark = '' | '?' | '~'
interface Line {
  readonly side: 'C' | 'S'
  readonly conn: number
  readonly mark: Mark
  readonly piece: Piece
  readonly at: number
}
interface Other {
  readonly side: 'T' | 'T?' | 'X' | 'V'
  readonly text: string
  readonly at: number
}

const DIALOGUE = /^([CS])([1-9]?)([?~]?)(\\?)([:|<]) ?(.*)$/
const OTHER = /^(T\??|[XV]): (.*)$/
const KEY = /^([a-z-]+): *(.*)$/

/** @throws TranscriptError */
export function parseTranscript(file: string, text: string, family: 'smtp' | 'imap'): Transcript {
  const lines = text.split('\n')
  const end = lines.findIndex((line, i) => line.trim() === '' && lines.slice(0, i).some((before) => KEY.test(before)))
  const headerEnd = end === -1 ? lines.length : end
  const header = guarded(file, 1, () => readHeader(readFields(file, lines.slice(0, headerEnd)), family))
  const body = lines.flatMap((line, i): (Line | Other)[] => {
    if (i < headerEnd || line === '' || line.startsWith('#')) return []
    return [guarded(file, i + 1, () => readLine(line, i + 1))]
  })
  const steps = new Assembly(file, body).steps()
  if (steps.length === 0) throw new TranscriptError(file, lines.length, 'nothing happens in this transcript')
  return { file, title: titleOf(lines), header, steps }
}

function titleOf(lines: readonly string[]): string {
  const end = lines.findIndex((line) => !line.startsWith('#'))
  const comment = lines.slice(0, Math.max(0, end)).map((line) => line.slice(1).trim())
  return comment.join(' ').trim()
}

function guarded<T>(file: string, line: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof TranscriptError) throw error
    throw new TranscriptError(file, line, error instanceof Error ? error.message : String(error))
  }
}

function readFields(file: string, lines: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const [i, line] of lines.entries()) {
    if (line.startsWith('#') || line === '') continue
    const [, key, value = ''] = KEY.exec(line) ?? []
    if (key === undefined) throw new TranscriptError(file, i + 1, `not a header line: ${line}`)
    if (fields.has(key)) throw new TranscriptError(file, i + 1, `"${key}" is given twice`)
    fields.set(key, value.trim())
  }
  return fields
}

/** Text of a file, in UTF-8, as octets. */
const octets = (text: string): OctetString => Buffer.from(text, 'utf8').toString('latin1')

function readLine(line: string, at: number): Line | Other {
  const other = OTHER.exec(line)
  if (other !== null) return { side: other[1] as Other['side'], text: (other[2] ?? '').trim(), at }
  const [, side, conn, mark, escaped, kind, text = ''] = DIALOGUE.exec(line) ?? []
  if (side === undefined) throw new Error(`not a transcript line: ${line}`)
  if (mark !== '' && side === 'C') throw new Error('"?" and "~" belong to S lines')
  const piece = readPiece(side as 'C' | 'S', `${escaped}${kind}`, text)
  if (mark !== '' && piece.kind !== 'line') throw new Error('"?" and "~" belong to the first line of a response')
  return { side: side as 'C' | 'S', conn: Number(conn || '1'), mark: mark as Mark, piece, at }
}

function readPiece(side: 'C' | 'S', kind: string, text: string): Piece {
  switch (kind) {
    case ':':
      return { kind: 'line', text: octets(text) }
    case '|':
      return { kind: 'literal', octets: `${octets(text)}\r\n` }
    case '\\|':
      return { kind: 'literal', octets: unescaped(text) }
    case '\\:':
      if (side === 'S') throw new Error('a server sends lines: "S\\:" means nothing')
      return { kind: 'raw', octets: unescaped(text) }
    default:
      return { kind: 'file', name: text.trim() }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\', '0': '\0' }

/** `\r`, `\n`, `\t`, `\0`, `\\`, `\x1f`, and `\{3*abc}` for repetition. */
function unescaped(text: string): OctetString {
  return octets(text).replace(/\\(?:x([0-9a-fA-F]{2})|\{(\d{1,8})\*([^}]*)\}|(.?))/g, (_, hex, times, what, sign) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (times !== undefined) return unescaped(what).repeat(Number(times))
    const known = ESCAPES[sign]
    if (known === undefined) throw new Error(`"\\${sign}" is no escape`)
    return known
  })
}

/** What announces a literal: `{#}`, `{#+}`, or with its size `{42}`; then its octets follow. */
const ANNOUNCES = /\{(#|\d+)(\+?)\}$/

/** Joins lines into steps. */
class Assembly {
  readonly #file: string
  readonly #lines: readonly (Line | Other)[]
  #i = 0

  constructor(file: string, lines: readonly (Line | Other)[]) {
    this.#file = file
    this.#lines = lines
  }

  steps(): Step[] {
    const steps: Step[] = []
    for (let line = this.#lines[this.#i]; line !== undefined; line = this.#lines[this.#i]) {
      if ('text' in line) {
        this.#i++
        steps.push(otherStep(line))
      } else if (line.side === 'C') steps.push(this.#send(line))
      else steps.push(line.mark === '~' ? this.#anyOrder(line) : this.#expect(line))
    }
    return steps
  }

  #send({ conn, at }: Line): Step {
    const pieces: Piece[] = []
    for (let next = this.#next('C', conn); next !== null; next = this.#next('C', conn)) {
      pieces.push(next.piece)
      this.#i++
    }
    return { kind: 'send', conn, pieces, at }
  }

  #expect(line: Line): Step {
    const { conn, at, mark, piece } = line
    if (piece.kind === 'line' && piece.text === '<closed>') {
      this.#i++
      return { kind: 'closed', conn, at }
    }
    return { kind: 'expect', conn, optional: mark === '?', response: this.#response(line), at }
  }

  #anyOrder({ conn, at }: Line): Step {
    const responses: Expected[] = []
    for (let next = this.#next('S', conn); next?.mark === '~'; next = this.#next('S', conn))
      responses.push(this.#response(next))
    return { kind: 'any-order', conn, responses, at }
  }

  /** A line, and while it announces a literal, that and the line behind it. */
  #response(first: Line): Expected {
    const { conn, at } = first
    if (first.piece.kind !== 'line') throw this.#error(at, 'a literal stands here that no line has announced with {#}')
    const pieces: Piece[] = [first.piece]
    this.#i++
    let announced = ANNOUNCES.test(first.piece.text)
    while (announced) {
      const octets = this.#literal('S', conn, at)
      pieces.push(...octets)
      const rest = this.#next('S', conn)
      if (rest === null || rest.piece.kind !== 'line' || rest.mark !== '')
        throw this.#error(at, 'a line must follow the literal, if only "S:"')
      pieces.push(rest.piece)
      this.#i++
      announced = ANNOUNCES.test(rest.piece.text)
    }
    return { pieces, at }
  }

  #literal(side: 'S', conn: number, at: number): Piece[] {
    const pieces: Piece[] = []
    for (let next = this.#next(side, conn); next !== null && isLiteral(next.piece); next = this.#next(side, conn)) {
      pieces.push(next.piece)
      this.#i++
    }
    if (pieces.length === 0) throw this.#error(at, 'the literal that is announced does not follow: use S| lines')
    return pieces
  }

  #next(side: 'C' | 'S', conn: number): Line | null {
    const line = this.#lines[this.#i]
    return line !== undefined && !('text' in line) && line.side === side && line.conn === conn ? line : null
  }

  #error(at: number, what: string): TranscriptError {
    return new TranscriptError(this.#file, at, what)
  }
}

const isLiteral = ({ kind }: Piece): boolean => kind === 'literal' || kind === 'file'

function otherStep({ side, text, at }: Other): Step {
  if (side === 'T') return { kind: 'time', by: text, at }
  if (side === 'T?') return { kind: 'wait', by: text, at }
  if (side === 'X') return { kind: 'act', words: text.split(/\s+/), at }
  return { kind: 'verify', relation: text, at }
}
