/** Holds a response against what a transcript expects: lines by pattern, literals octet by octet. */
import { type Captures, match, patternSource } from './pattern.js'
import type { OctetString, Piece } from './transcript.js'

/** What stands between two lines: octets that are known, or a pattern for them. */
interface Literal {
  readonly octets: OctetString
  readonly open: boolean
}

export type Readable = (name: string) => Promise<OctetString>

/** A response as it is compared: lines, and behind each but the last the literal that it announces. */
interface Shape {
  readonly lines: readonly OctetString[]
  readonly literals: readonly Literal[]
}

/** @returns what the response captured, or null when it is another one */
export async function matchResponse(
  pieces: readonly Piece[],
  came: OctetString,
  known: Captures,
  readFile: Readable,
): Promise<Captures | null> {
  const { lines, literals } = await shapeOf(pieces, readFile)
  const captures: Captures = new Map()
  let rest = came
  for (const [i, line] of lines.entries()) {
    const literal = literals[i]
    if (literal === undefined) return take(captures, line, rest, known)
    const end = rest.indexOf('\r\n')
    const text = end === -1 ? rest : rest.slice(0, end)
    const [announced = '', size = ''] = /\{(\d+)\}$/.exec(text) ?? []
    const octets = rest.slice(end + 2, end + 2 + Number(size))
    if (announced === '' || !fits(literal, octets, known, captures)) return null
    const head = line.replace(/\{(?:#|\d+)\}$/, '')
    if (take(captures, head, text.slice(0, -announced.length), known) === null) return null
    rest = rest.slice(end + 2 + Number(size))
  }
  return null
}

function fits({ octets, open }: Literal, came: OctetString, known: Captures, captures: Captures): boolean {
  return open ? take(captures, octets, came, known) !== null : octets === came
}

/** Adds what `text` captures. */
function take(captures: Captures, pattern: OctetString, text: OctetString, known: Captures): Captures | null {
  const found = match(patternSource(pattern, new Map([...known, ...captures])), text)
  if (found === null) return null
  for (const [name, value] of found) captures.set(name, value)
  return captures
}

async function shapeOf(pieces: readonly Piece[], readFile: Readable): Promise<Shape> {
  const lines: OctetString[] = []
  const literals: Literal[] = []
  for (const piece of pieces) {
    if (piece.kind === 'line') {
      lines.push(piece.text)
      continue
    }
    const before = literals.length === lines.length ? literals.pop() : undefined
    const octets = piece.kind === 'file' ? await readFile(piece.name) : piece.octets
    const open = piece.kind === 'literal' && piece.octets.includes('{{')
    literals.push({ octets: (before?.octets ?? '') + octets, open: open || (before?.open ?? false) })
  }
  return { lines, literals }
}
