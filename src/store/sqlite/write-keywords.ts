/** Adds keywords to a mailbox, inside the writer's transactions. */
import type { MailboxId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import { foldKeyword } from '../keywords.js'
import { readKeywords } from './keyword-list.js'
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
