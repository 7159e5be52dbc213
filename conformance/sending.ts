/** What a client sends in one go: lines with their islands filled, and literals with their sizes in front. */
import { readFixture } from './files.js'
import { type Captures, substitute } from './pattern.js'
import type { OctetString, Piece, Step } from './transcript.js'

type Sent = Extract<Step, { readonly kind: 'send' }>

/** @param ahead what is written behind `step`: a literal may be sent there, after the server's `+` */
export async function octetsOf(step: Sent, ahead: readonly Step[], known: Captures): Promise<OctetString> {
  const next = ahead.find(({ kind, ...other }) => kind === 'send' && 'conn' in other && other.conn === step.conn)
  const later = next?.kind === 'send' ? next.pieces : []
  let octets = ''
  for (const [i, piece] of step.pieces.entries()) {
    if (piece.kind !== 'line') octets += await literal([piece], known)
    else octets += `${substitute(await sized(piece.text, step.pieces.slice(i + 1), later, known), known)}\r\n`
  }
  return octets
}

/** `{#}` in a line becomes the size of the literal that comes next, in this step or a later one. */
async function sized(
  text: OctetString,
  behind: readonly Piece[],
  later: readonly Piece[],
  known: Captures,
): Promise<OctetString> {
  if (!/\{#\+?\}$/.test(text)) return text
  const pieces = behind.length > 0 ? behind : later
  const end = pieces.findIndex((piece) => piece.kind === 'line')
  const size = (await literal(end === -1 ? pieces : pieces.slice(0, end), known)).length
  if (size === 0) throw new Error('{#} announces a literal that does not follow')
  return text.replace(/\{#(\+?)\}$/, `{${size}$1}`)
}

async function literal(pieces: readonly Piece[], known: Captures): Promise<OctetString> {
  let octets = ''
  for (const piece of pieces) {
    if (piece.kind === 'file') octets += (await readFixture(piece.name)).toString('latin1')
    else if (piece.kind !== 'line') octets += substitute(piece.octets, known)
  }
  return octets
}
