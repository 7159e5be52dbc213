/**
 * The messages of one mailbox in memory, shared by all sessions that have it open: columns instead of an
 * object for each message, some 40 octets a message, so that flags and numbers never need SQL.
 */
import type { BlobId, MailboxId, ModSeq, Uid } from '../core/ids.js'
import type { Change, MessageEntry } from './changes.js'
import { modSeqOf } from './feed.js'
import { foldKeyword } from './keywords.js'
import type { MailboxState } from './store.js'

/** What a mailbox was at one moment; its entries follow by `load`. */
export interface MailboxSnapshot {
  readonly mailbox: MailboxId
  readonly messages: number
  readonly uidNext: number
  readonly highestModSeq: ModSeq
  readonly keywords: readonly string[]
}

interface Columns {
  readonly uid: Uint32Array
  readonly system: Uint8Array
  readonly modseq: Float64Array
  readonly size: Uint32Array
  readonly date: Float64Array
  readonly zone: Int16Array
  readonly blob: Float64Array
  /** Which of #keywordSets a message has. */
  readonly keywords: Uint32Array
}

const columns = (capacity: number): Columns => ({
  uid: new Uint32Array(capacity),
  system: new Uint8Array(capacity),
  modseq: new Float64Array(capacity),
  size: new Uint32Array(capacity),
  date: new Float64Array(capacity),
  zone: new Int16Array(capacity),
  blob: new Float64Array(capacity),
  keywords: new Uint32Array(capacity),
})

const FIRST_CAPACITY = 16

export class LiveMailbox implements MailboxState {
  readonly #mailbox: MailboxId
  #columns: Columns
  #count = 0
  #uidNext: number
  #highestModSeq: ModSeq
  readonly keywords: string[]
  readonly #known: Set<string>
  /** Messages with the same keywords share one list; most have none, which is list 0. */
  readonly #keywordSets: (readonly string[])[] = [[]]
  readonly #keywordSetIds = new Map<string, number>([['', 0]])

  constructor(snapshot: MailboxSnapshot) {
    this.#mailbox = snapshot.mailbox
    this.#columns = columns(Math.max(FIRST_CAPACITY, snapshot.messages))
    this.#uidNext = snapshot.uidNext
    this.#highestModSeq = snapshot.highestModSeq
    this.keywords = [...snapshot.keywords]
    this.#known = new Set(snapshot.keywords.map(foldKeyword))
  }

  get count(): number {
    return this.#count
  }

  get uidNext(): number {
    return this.#uidNext
  }

  get highestModSeq(): ModSeq {
    return this.#highestModSeq
  }

  get uids(): Uint32Array {
    return this.#columns.uid.subarray(0, this.#count)
  }

  entry(uid: Uid): MessageEntry | null {
    const at = this.#find(uid)
    if (at === -1) return null
    const c = this.#columns
    // Every index below #count has been written, so the defaults are only for the compiler.
    return {
      uid,
      system: c.system[at] ?? 0,
      modseq: (c.modseq[at] ?? 0) as ModSeq,
      size: c.size[at] ?? 0,
      internalDate: c.date[at] ?? 0,
      internalZone: c.zone[at] ?? 0,
      blob: (c.blob[at] ?? 0) as BlobId,
      keywords: this.#keywordSets[c.keywords[at] ?? 0] ?? [],
    }
  }

  firstWithout(system: number): Uid | null {
    const at = this.#columns.system.subarray(0, this.#count).findIndex((flags) => (flags & system) === 0)
    return at === -1 ? null : ((this.#columns.uid[at] ?? 0) as Uid)
  }

  /** Takes the next messages of the snapshot, ascending. */
  load(entries: readonly MessageEntry[]): void {
    for (const entry of entries) this.#append(entry)
  }

  /** Follows one change of the feed. One that this state has in it already is passed over. */
  apply(change: Change): void {
    if (!('entries' in change) || change.mailbox !== this.#mailbox) return
    const modseq = modSeqOf(change)
    if (modseq <= this.#highestModSeq) return
    this.#highestModSeq = modseq as ModSeq
    if (change.type === 'expunged') this.#remove(change.entries)
    else if (change.type === 'added') for (const entry of change.entries) this.#append(entry)
    else for (const entry of change.entries) this.#put(this.#find(entry.uid), entry)
  }

  /** Where `uid` is, or -1. */
  #find(uid: number): number {
    const { uid: uids } = this.#columns
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((uids[middle] ?? 0) < uid) low = middle + 1
      else high = middle
    }
    return low < this.#count && uids[low] === uid ? low : -1
  }

  /** New messages have the highest UID so far, so the columns stay in order. */
  #append(entry: MessageEntry): void {
    if (this.#count === this.#columns.uid.length) this.#grow()
    this.#put(this.#count, entry)
    this.#count++
    this.#uidNext = Math.max(this.#uidNext, entry.uid + 1)
  }

  #put(at: number, entry: MessageEntry): void {
    if (at === -1) return
    const c = this.#columns
    c.uid[at] = entry.uid
    c.system[at] = entry.system
    c.modseq[at] = entry.modseq
    c.size[at] = entry.size
    c.date[at] = entry.internalDate
    c.zone[at] = entry.internalZone
    c.blob[at] = entry.blob
    c.keywords[at] = this.#keywordSet(entry.keywords)
  }

  #keywordSet(names: readonly string[]): number {
    if (names.length === 0) return 0
    const key = names.join(' ') // a keyword is an atom and holds no space
    const known = this.#keywordSetIds.get(key)
    if (known !== undefined) return known
    for (const name of names) this.#learn(name)
    const id = this.#keywordSets.push([...names]) - 1
    this.#keywordSetIds.set(key, id)
    return id
  }

  #learn(name: string): void {
    const folded = foldKeyword(name)
    if (this.#known.has(folded)) return
    this.#known.add(folded)
    this.keywords.push(name)
  }

  #grow(): void {
    const larger = columns(this.#columns.uid.length * 2)
    for (const name of Object.keys(larger) as (keyof Columns)[]) larger[name].set(this.#columns[name])
    this.#columns = larger
  }

  /** One pass, however many go. */
  #remove(entries: readonly MessageEntry[]): void {
    const gone = entries.map(({ uid }) => this.#find(uid)).filter((at) => at !== -1)
    const all = Object.values(this.#columns) as Columns[keyof Columns][]
    let to = gone[0] ?? 0
    gone.forEach((at, i) => {
      const next = gone[i + 1] ?? this.#count
      for (const column of all) column.copyWithin(to, at + 1, next)
      to += next - at - 1
    })
    this.#count -= gone.length
  }
}
