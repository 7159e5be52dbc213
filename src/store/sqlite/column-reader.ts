/**
 * Reads all messages of a mailbox into columns, without an object for any of them: SQLite hands each row to an
 * aggregate function, which is five times as fast as giving it back. message and message_flags are gone through one
 * after the other, for looking up one in the other costs more than both.
 */
import type { MailboxId } from '../../core/ids.js'
import {
  type Columns,
  grownColumns,
  type KeywordSets,
  type LoadedMessages,
  newColumns,
  roomyColumns,
} from '../mailbox-columns.js'
import { UidRanges } from '../uid-ranges.js'
import { unavailable } from './disk-refusal.js'
import type { Statements } from './statements.js'

const MESSAGES = `SELECT take_message(uid, blob, size, internal_date, internal_zone)
  FROM (SELECT * FROM message WHERE mailbox = ? ORDER BY uid)`
const FLAGS = `SELECT take_flags(uid, modseq, system, keywords)
  FROM (SELECT * FROM message_flags WHERE mailbox = ? ORDER BY uid)`

const NO_COLUMNS = newColumns(0)

export class ColumnReader {
  readonly #sql: Statements
  #columns: Columns = NO_COLUMNS
  /** Messages that were taken. */
  #taken = 0
  /** Of these, those whose flags were looked for, and those that have some. */
  #looked = 0
  #kept = 0
  #sets = new KeywordSetList()

  /** Gives the connection of `sql` two functions; one reader for each connection. */
  constructor(sql: Statements) {
    this.#sql = sql
    aggregate(sql, 'take_message', (_, uid: number, blob: number, size: number, date: number, zone: number) =>
      this.#takeMessage(uid, blob, size, date, zone),
    )
    aggregate(sql, 'take_flags', (_, uid: number, modseq: number, system: number, keywords: Uint8Array | null) =>
      this.#takeFlags(uid, modseq, system, keywords),
    )
  }

  /** Call in a transaction. `messages`: how many are expected. A row of one table without one of the other is passed over. */
  read(mailbox: MailboxId, messages: number): LoadedMessages {
    this.#columns = roomyColumns(messages)
    this.#sets = new KeywordSetList()
    this.#taken = this.#looked = this.#kept = 0
    try {
      this.#sql.get(MESSAGES, mailbox)
      this.#sql.get(FLAGS, mailbox)
      const uids = UidRanges.of(this.#columns.uid.subarray(0, this.#kept)).pack()
      return { columns: this.#columns, count: this.#kept, keywordSets: this.#sets.pack(), uids }
    } finally {
      this.#columns = NO_COLUMNS
    }
  }

  #takeMessage(uid: number, blob: number, size: number, date: number, zone: number): void {
    const at = this.#taken++
    if (at === this.#columns.uid.length) this.#columns = grownColumns(this.#columns)
    const c = this.#columns
    if (at > 0 && uid <= (c.uid[at - 1] ?? 0)) throw unavailable('messages are not in the order of their UIDs')
    c.uid[at] = uid
    c.blob[at] = blob
    c.size[at] = size
    c.date[at] = date
    c.zone[at] = zone
  }

  #takeFlags(uid: number, modseq: number, system: number, keywords: Uint8Array | null): void {
    const c = this.#columns
    while (this.#looked < this.#taken && (c.uid[this.#looked] ?? 0) < uid) this.#looked++
    if (this.#looked === this.#taken || c.uid[this.#looked] !== uid) return
    const at = this.#kept++
    this.#bringDown(this.#looked++, at)
    c.modseq[at] = modseq
    c.system[at] = system
    c.keywords[at] = keywords === null ? 0 : this.#sets.idOf(keywords)
  }

  /** Over messages that have no flags. */
  #bringDown(from: number, to: number): void {
    if (from === to) return
    const { uid, blob, size, date, zone } = this.#columns
    for (const column of [uid, blob, size, date, zone]) column.copyWithin(to, from, from + 1)
  }
}

/** `step` gets null, and a row. */
function aggregate(sql: Statements, name: string, step: (_: null, ...row: never[]) => void): void {
  // The declaration knows rows of one column alone.
  sql.db.aggregate(name, { start: null, step: step as (_: null) => void })
}

/** The different sets of keywords of some messages. */
class KeywordSetList {
  readonly #ids = new Map<string, number>()
  readonly #sets: Uint8Array[] = [new Uint8Array(0)]

  idOf(positions: Uint8Array): number {
    const key = Buffer.from(positions.buffer, positions.byteOffset, positions.length).toString('latin1')
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.#sets.push(Uint8Array.from(positions)) - 1
    this.#ids.set(key, id)
    return id
  }

  pack(): KeywordSets {
    const ends = new Uint32Array(this.#sets.length)
    let octets = 0
    this.#sets.forEach((set, i) => {
      octets += set.length
      ends[i] = octets
    })
    const all = new Uint8Array(octets)
    this.#sets.forEach((set, i) => {
      all.set(set, (ends[i] ?? 0) - set.length)
    })
    return { octets: all, ends }
  }
}
