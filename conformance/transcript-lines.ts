/** The lines of transcripts without what is around them: what clients send, and what servers are expected to say. */
import { firstOfEach } from './pattern.js'
import type { Expected, Piece, Step, Transcript } from './transcript.js'

/** Lines of text; what stands in literals is left out. */
export const textOf = (pieces: readonly Piece[]): string[] =>
  pieces.flatMap((piece) =>
    piece.kind === 'line' ? [piece.text] : piece.kind === 'raw' ? piece.octets.split('\r\n') : [],
  )

/** The responses that a step waits for. */
export function responsesOf(step: Step): readonly Expected[] {
  if (step.kind === 'expect') return [step.response]
  return step.kind === 'any-order' ? step.responses : []
}

export const sentLines = (transcripts: readonly Transcript[]): string[] =>
  transcripts.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'send' ? textOf(step.pieces) : [])))

/** Of a choice, what our own server says. */
export const expectedLines = (transcripts: readonly Transcript[]): string[] =>
  transcripts.flatMap(({ steps }) =>
    steps.flatMap(responsesOf).flatMap(({ pieces }) => textOf(pieces).map(firstOfEach)),
  )
