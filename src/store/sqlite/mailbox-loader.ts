/**
 * Keeps mailboxes in memory: one LiveMailbox for all sessions that have the same one open, and those that were open
 * last as long as there is room, for they are opened again. Each is read from one snapshot, whose modseq says which
 * changes of the feed it has in it already: a small one at once, a larger one by a reader thread.
 */
import type { MailboxId } from '../../core/ids.js'
import type { StoreLimits } from '../../core/limits.js'
import type { Change, Published } from '../changes.js'
import { LiveMailbox } from '../mailbox-state.js'
import { ColumnReader } from './column-reader.js'
import { readSnapshot } from './mailbox-snapshot.js'
import type { ReaderPool } from './reader-pool.js'
import { noSuchMailbox } from './refusals.js'
import type { Statements } from './statements.js'

interface Shared {
  users: number
  /** null while it is loading. */
  state: LiveMailbox | null
  loading: Promise<LiveMailbox>
  /** What was published while it was loading. */
  readonly early: Change[]
}

interface LoaderParts {
  /** The read connection of the protocol thread. */
  readonly sql: Statements
  readonly readers: Pick<ReaderPool, 'run'>
  readonly limits: Pick<StoreLimits, 'rowsPerLoad' | 'idleMailboxOctets'>
}

export class MailboxLoader {
  readonly #parts: LoaderParts
  readonly #columns: ColumnReader
  readonly #shared = new Map<MailboxId, Shared>()
  /** Those that nobody has open, the one that was let go first in front. */
  readonly #idle = new Map<MailboxId, LiveMailbox>()
  #idleOctets = 0

  constructor(parts: LoaderParts) {
    this.#parts = parts
    this.#columns = new ColumnReader(parts.sql)
  }

  /** How many mailboxes somebody has open. */
  get size(): number {
    return this.#shared.size
  }

  /** Whoever gets the state calls `release` once. @throws 'no-such-mailbox' | 'unavailable' */
  async acquire(mailbox: MailboxId): Promise<LiveMailbox> {
    const shared = this.#shared.get(mailbox) ?? this.#begin(mailbox)
    shared.users++
    try {
      return shared.state ?? (await shared.loading)
    } catch (error) {
      this.release(mailbox)
      throw error
    }
  }

  release(mailbox: MailboxId): void {
    const shared = this.#shared.get(mailbox)
    if (shared === undefined || --shared.users > 0) return
    this.#shared.delete(mailbox)
    if (shared.state !== null) this.#keep(mailbox, shared.state)
  }

  /** They are read again: what they are was changed in a way that no feed tells. Those that are open stay. */
  forgetIdle(): void {
    for (const mailbox of [...this.#idle.keys()]) this.#takeIdle(mailbox)
  }

  publish(published: readonly Published[]): void {
    for (const { change } of published) {
      if (!('mailbox' in change)) continue
      const shared = this.#shared.get(change.mailbox)
      if (shared?.state) shared.state.apply(change)
      else if (shared !== undefined) shared.early.push(change)
      else this.#followIdle(change.mailbox, change)
    }
  }

  #begin(mailbox: MailboxId): Shared {
    const state = this.#takeIdle(mailbox)
    const loading = state === null ? this.#load(mailbox) : Promise.resolve(state)
    const shared: Shared = { users: 0, state, early: [], loading }
    this.#shared.set(mailbox, shared)
    if (state === null) shared.loading = loading.then((loaded) => catchUp(shared, loaded))
    return shared
  }

  async #load(mailbox: MailboxId): Promise<LiveMailbox> {
    const { sql, limits, readers } = this.#parts
    const small = readSnapshot(sql, this.#columns, mailbox, limits.rowsPerLoad)
    const snapshot = small ?? (await readers.run({ kind: 'load', mailbox }, { urgency: 'first' }))
    if (snapshot === null) throw noSuchMailbox(mailbox)
    return new LiveMailbox(snapshot)
  }

  #keep(mailbox: MailboxId, state: LiveMailbox): void {
    this.#idle.set(mailbox, state)
    this.#idleOctets += state.octets
    this.#makeRoom()
  }

  #followIdle(mailbox: MailboxId, change: Change): void {
    const state = this.#idle.get(mailbox)
    if (state === undefined) return
    if (change.type === 'mailbox-deleted') this.#takeIdle(mailbox)
    else {
      this.#idleOctets -= state.octets
      state.apply(change)
      this.#idleOctets += state.octets
      this.#makeRoom()
    }
  }

  #makeRoom(): void {
    for (const [oldest] of this.#idle) {
      if (this.#idleOctets <= this.#parts.limits.idleMailboxOctets) return
      this.#takeIdle(oldest)
    }
  }

  #takeIdle(mailbox: MailboxId): LiveMailbox | null {
    const state = this.#idle.get(mailbox) ?? null
    if (state !== null) {
      this.#idle.delete(mailbox)
      this.#idleOctets -= state.octets
    }
    return state
  }
}

function catchUp(shared: Shared, state: LiveMailbox): LiveMailbox {
  for (const change of shared.early.splice(0)) state.apply(change)
  shared.state = state
  return state
}
