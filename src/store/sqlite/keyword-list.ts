/** The keywords of a mailbox, and those of a message as positions in that list. */
import type { MailboxId } from '../../core/ids.js'
import type { Statements } from './statements.js'

/** In the order of their first use. */
export const readKeywords = (sql: Statements, mailbox: MailboxId): string[] =>
  sql
    .all<{ name: string }>('SELECT name FROM keyword WHERE mailbox = ? ORDER BY position', mailbox)
    .map((row) => row.name)

export const encodeKeywords = (positions: readonly number[]): Uint8Array | null =>
  positions.length === 0 ? null : Uint8Array.from(positions)

export const NO_KEYWORDS: readonly string[] = []

export const namesOf = (positions: Uint8Array | null, names: readonly string[]): readonly string[] =>
  positions === null ? NO_KEYWORDS : Array.from(positions, (p) => names[p] ?? '')
