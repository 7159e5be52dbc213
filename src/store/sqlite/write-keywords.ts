/** Keywords of a mailbox, and those of a message as positions in that list. */
import type { MailboxId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import { foldKeyword } from '../keywords.js'
import type { Statements } from './statements.js'
import type { WriteContext } from './write-context.js'

/** The keywords of one mailbox while one operation runs. */
export class Keywords {
  readonly #cx: WriteContext
  readonly #mailbox: MailboxId
  readonly names: string[]
  readonly #positions = new Map<string, number>()

  constructor(cx: WriteContext, mailbox: MailboxId) {
    this.#cx = cx
    this.#mailbox = mailbox
    this.names = readKeywords(cx.sql, mailbox)
    this.names.forEach((name, i) => {
      this.#positions.set(foldKeyword(name), i)
    })
  }

  /** Positions of `names`, ascending; those that are new to the mailbox are added. @throws 'too-many-keywords' */
  add(names: readonly string[]): number[] {
    const positions = names.map((name) => this.#positions.get(foldKeyword(name)) ?? this.#append(name))
    return [...new Set(positions)].sort((a, b) => a - b)
  }

  /** Positions of those that the mailbox has. */
  find(names: readonly string[]): number[] {
    return names.flatMap((name) => this.#positions.get(foldKeyword(name)) ?? [])
  }

  #append(name: string): number {
    const position = this.names.length
    if (position >= this.#cx.limits.keywordsPerMailbox) {
      throw new StoreError('too-many-keywords', `mailbox ${this.#mailbox} has ${position} keywords`)
    }
    this.#cx.sql.run('INSERT INTO keyword (mailbox, position, name) VALUES (?, ?, ?)', this.#mailbox, position, name)
    this.names.push(name)
    this.#positions.set(foldKeyword(name), position)
    return position
  }
}

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
