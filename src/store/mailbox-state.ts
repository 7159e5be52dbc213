/**
 * The messages of one mailbox in memory, shared by all sessions that have it open: columns instead of an
 * object for each message, so that flags and numbers never need SQL.
 */
import type { BlobId, MailboxId, ModSeq, Uid } from '../core/ids.js'
import type { Change, MessageEntry } from './changes.js'
import { modSeqOf } from './feed.js'
import { foldKeyword } from './keywords.js'
import { COLUMN_OCTETS, type Columns, grownColumns, type KeywordSets, type LoadedMessages } from './mailbox-columns.js'
import type { MailboxState } from './store.js'
import { UidRanges } from './uid-ranges.js'

/** What a mailbox was at one moment. */
export interface MailboxSnapshot extends LoadedMessages {
  readonly mailbox: MailboxId
  readonly uidNext: number
  readonly highestModSeq: ModSeq
  /** By position. */
  readonly keywords: readonly string[]
}

/** What there is in each mailbox beside its messages, about: keywords, ranges, the object. */
const OCTETS_BESIDE = 1024

export class LiveMailbox implements MailboxState {
  readonly #mailbox: MailboxId
  #columns: Columns
  #count = 0
  #uidNext: number
  #highestModSeq: ModSeq
  readonly keywords: string[]
  readonly #known: Set<string>
  readonly #ranges: UidRanges
  /** Those of the snapshot, of which nothing is made before somebody asks. */
  readonly #packedSets: KeywordSets
  /** Messages with the same keywords share one list; most have none, which is list 0. */
  readonly #keywordSets: (readonly string[] | undefined)[]
  /** Of lists that came with changes. */
  readonly #keywordSetIds = new Map<string, number>()
  /** By flags that were asked for: all messages in front of this place have one of them. */
  readonly #flaggedUpTo = new Map<number, number>()

  /** Takes the memory of the snapshot over. */
  constructor(snapshot: MailboxSnapshot) {
    this.#mailbox = snapshot.mailbox
    this.#columns = snapshot.columns
    this.#count = snapshot.count
    this.#ranges = UidRanges.unpack(snapshot.uids)
    this.#packedSets = snapshot.keywordSets
    this.#keywordSets = new Array(snapshot.keywordSets.ends.length)
    this.#uidNext = snapshot.uidNext
    this.#highestModSeq = snapshot.highestModSeq
    this.keywords = [...snapshot.keywords]
    this.#known = new Set(snapshot.keywords.map(foldKeyword))
  }

  /** Of memory, about. */
  get octets(): number {
    return this.#columns.uid.length * COLUMN_OCTETS + OCTETS_BESIDE
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

  /** The UIDs now, in memory of their own. */
  copyUids(): UidRanges {
    return this.#ranges.copy()
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
      keywords: this.#keywordsOf(c.keywords[at] ?? 0),
    }
  }

  /** Looks on from where it was left the last time: there may be a million. */
  firstWithout(system: number): Uid | null {
    const { system: flags, uid } = this.#columns
    let at = this.#flaggedUpTo.get(system) ?? 0
    while (at < this.#count && ((flags[at] ?? 0) & system) !== 0) at++
    this.#flaggedUpTo.set(system, at)
    return at === this.#count ? null : ((uid[at] ?? 0) as Uid)
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
    if (this.#count === this.#columns.uid.length) this.#columns = grownColumns(this.#columns)
    this.#put(this.#count, entry)
    this.#count++
    this.#ranges.push(entry.uid)
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
    for (const [system, upTo] of this.#flaggedUpTo)
      if (at < upTo && (entry.system & system) === 0) this.#flaggedUpTo.set(system, at)
  }

  #keywordsOf(set: number): readonly string[] {
    let names = this.#keywordSets[set]
    if (names === undefined) {
      const { octets, ends } = this.#packedSets
      names = Array.from(octets.subarray(ends[set - 1] ?? 0, ends[set]), (position) => this.keywords[position] ?? '')
      this.#keywordSets[set] = names
    }
    return names
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

  /** One pass, however many go. */
  #remove(entries: readonly MessageEntry[]): void {
    const gone = entries.map(({ uid }) => this.#find(uid)).filter((at) => at !== -1)
    this.#ranges.remove(gone.map((at) => this.#columns.uid[at] ?? 0))
    const all = Object.values(this.#columns) as Columns[keyof Columns][]
    let to = gone[0] ?? 0
    gone.forEach((at, i) => {
      const next = gone[i + 1] ?? this.#count
      for (const column of all) column.copyWithin(to, at + 1, next)
      to += next - at - 1
    })
    this.#count -= gone.length
    for (const [system, upTo] of this.#flaggedUpTo)
      this.#flaggedUpTo.set(system, upTo - gone.filter((place) => place < upTo).length)
  }
}
