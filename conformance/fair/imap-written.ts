/** A response as a transcript writes it, read for the fair judge. Pure. */
import type { OctetString, Piece } from '../transcript.js'
import { type Response, readResponse } from './imap-response.js'
import { type Known, writtenAs, writtenRow } from './imap-units.js'
import { Unreadable } from './imap-values.js'

export interface Written {
  /** Null for what has islands across parentheses: its text alone is compared. */
  readonly response: Response | null
  readonly raw: OctetString | null
  /** False for `S?:`, and for what is written behind this group. */
  readonly must: boolean
  /** As people are told of it. */
  readonly words: string
  /** The line of the transcript. */
  readonly at: number
}

/**
 * News of flags and of \Recent that only SELECT and EXAMINE owe a client (RFC 3501 §6.3.1); RFC 9051 has no \Recent.
 * @param command that is being answered
 */
export function isOwed({ response }: Pick<Written, 'response'>, command: string | null): boolean {
  if (command === 'SELECT' || command === 'EXAMINE' || response === null) return true
  if (response.kind === 'status') return response.tag !== '*' || response.code?.name !== 'PERMANENTFLAGS'
  return response.kind !== 'data' || (response.name !== 'RECENT' && response.name !== 'FLAGS')
}

/** @param pieces files must have become literals */
export function readWritten(
  pieces: readonly Piece[],
  about: Pick<Written, 'must' | 'words' | 'at'>,
  known: Known,
): Written {
  const row = writtenRow(pieces)
  try {
    return { ...about, response: readResponse(row, known), raw: null }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { ...about, response: null, raw: writtenAs(row, row.signs) }
  }
}
