/**
 * Keeps the mailboxes that sessions have open in memory: one LiveMailbox for all that have the same one
 * open. It is read from one snapshot, whose modseq says which changes of the feed it has in it already.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MailboxId } from '../../core/ids.js'
import type { Change, Published } from '../changes.js'
import { LiveMailbox } from '../mailbox-state.js'
import { openReader } from './connection.js'
import { readEntries } from './entries.js'
import { readKeywords } from './keyword-list.js'
import { readStatus } from './read-accounts.js'
import { noSuchMailbox } from './refusals.js'
import { Statements } from './statements.js'

interface Shared {
  users: number
  /** null while it is loading. */
  state: LiveMailbox | null
  loading: Promise<LiveMailbox>
  /** What was published while it was loading. */
  readonly early: Change[]
}

export class MailboxLoader {
  readonly #dir: string
  readonly #sql: Statements
  readonly #rowsPerLoad: number
  readonly #shared = new Map<MailboxId, Shared>()

  /** `sql`: the read connection of the protocol thread, for mailboxes of one slice. */
  constructor(dir: string, sql: Statements, rowsPerLoad: number) {
    this.#dir = dir
    this.#sql = sql
    this.#rowsPerLoad = rowsPerLoad
  }

  /** How many mailboxes are in memory. */
  get size(): number {
    return this.#shared.size
  }

  /** Whoever gets the state calls `release` once. @throws 'no-such-mailbox' */
  async acquire(mailbox: MailboxId): Promise<LiveMailbox> {
    const shared = this.#shared.get(mailbox) ?? this.#begin(mailbox)
    shared.users++
    try {
      return await shared.loading
    } catch (error) {
      this.release(mailbox)
      throw error
    }
  }

  release(mailbox: MailboxId): void {
    const shared = this.#shared.get(mailbox)
    if (shared !== undefined && --shared.users === 0) this.#shared.delete(mailbox)
  }

  publish(published: readonly Published[]): void {
    for (const { change } of published) {
      const shared = 'mailbox' in change ? this.#shared.get(change.mailbox) : undefined
      if (shared?.state) shared.state.apply(change)
      else shared?.early.push(change)
    }
  }

  #begin(mailbox: MailboxId): Shared {
    const early: Change[] = []
    const shared: Shared = { users: 0, state: null, early, loading: this.#load(mailbox) }
    this.#shared.set(mailbox, shared)
    shared.loading = shared.loading.then((state) => {
      for (const change of early.splice(0)) state.apply(change)
      shared.state = state
      return state
    })
    return shared
  }

  async #load(mailbox: MailboxId): Promise<LiveMailbox> {
    const small = this.#sql.db.transaction(() => this.#loadSmall(mailbox))()
    if (small !== null) return small
    const sql = new Statements(openReader(this.#dir), this.#sql.observer)
    try {
      sql.run('BEGIN')
      const state = snapshot(sql, mailbox)
      for (let after = 0; ; await nextTurn()) {
        const entries = readEntries(sql, mailbox, after, this.#rowsPerLoad, state.keywords)
        state.load(entries)
        const last = entries.at(-1)
        if (last === undefined || entries.length < this.#rowsPerLoad) return state
        after = last.uid
      }
    } finally {
      sql.db.close()
    }
  }

  /** null when it takes more than one slice. Runs inside a transaction. */
  #loadSmall(mailbox: MailboxId): LiveMailbox | null {
    const status = readStatus(this.#sql, mailbox)
    if (status === null) throw noSuchMailbox(mailbox)
    if (status.messages > this.#rowsPerLoad) return null
    const state = snapshot(this.#sql, mailbox)
    state.load(readEntries(this.#sql, mailbox, 0, this.#rowsPerLoad, state.keywords))
    return state
  }
}

/** The mailbox as it is in the transaction that `sql` has open, still without its messages. */
function snapshot(sql: Statements, mailbox: MailboxId): LiveMailbox {
  const status = readStatus(sql, mailbox)
  if (status === null) throw noSuchMailbox(mailbox)
  return new LiveMailbox({ ...status, mailbox, keywords: readKeywords(sql, mailbox) })
}
