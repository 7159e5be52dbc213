/**
 * The selected mailbox as one client has been told it is. Sequence numbers are positions in what was told,
 * so that changes only in the same breath as the untagged responses that announce it.
 *
 * \Recent (RFC 3501 §2.3.2): messages from `firstRecent` on, which is where SELECT took over, and so all that
 * arrive while the mailbox is selected. Two sessions that have it selected at once both see a new message as
 * recent, as the RFC allows where nobody can tell who heard first; `heardBefore` tells the session what to claim
 * when it leaves, so that no later session sees it so.
 */
import type { SeqNo, Uid } from '../core/ids.js'
import { storeLimits } from '../core/limits.js'
import { type Change, FLAG, type MessageEntry } from '../store/changes.js'
import type { Mailbox, MailboxState, OpenMailbox } from '../store/store.js'
import type { UidRanges } from '../store/uid-ranges.js'
import { BadArgument, Farewell } from './errors.js'
import { formatFlags, systemFlags } from './flags.js'
import { normalise, type SequenceSet } from './sets.js'

/** How the numbers of a set are meant. */
export type NumberKind = 'sequence' | 'uid'

export interface Addressed {
  readonly seq: SeqNo
  readonly uid: Uid
}

export class View {
  readonly mailbox: Mailbox
  readonly readOnly: boolean
  readonly #open: OpenMailbox
  readonly #origin: string
  readonly #known: UidRanges
  /** Expunged and not announced, as far as `pending` has been looked through. */
  #ghosts = new Map<number, MessageEntry>()
  #searched = 0
  #keywords: number
  #heardBefore: number | null = null

  /** `origin`: what this session's own writes carry. */
  constructor(open: OpenMailbox, { readOnly, origin }: { readonly readOnly: boolean; readonly origin: string }) {
    this.mailbox = open.mailbox
    this.readOnly = readOnly
    this.#open = open
    this.#origin = origin
    this.#known = open.uids
    this.#keywords = open.state.keywords.length
  }

  /** Messages that the client knows of. */
  get count(): number {
    return this.#known.count
  }

  get state(): MailboxState {
    return this.#open.state
  }

  /** All messages with a lower UID were announced, some of which arrived after SELECT; null while none has. */
  get heardBefore(): number | null {
    return this.#heardBefore
  }

  /** Messages that are \Recent here (RFC 3501 §7.3.2). */
  get recent(): number {
    return this.#known.countFrom(this.#open.firstRecent)
  }

  /** Calls back when there is something to announce; null to stop. It must not throw. */
  onChange(listener: (() => void) | null): void {
    this.#open.changes.onChange(listener)
  }

  close(): void {
    this.#open.close()
  }

  /** The number of the first message without \Seen, or null: UNSEEN of SELECT (RFC 3501 §7.1). */
  firstUnseen(): SeqNo | null {
    const uid = this.#open.state.firstWithout(FLAG.seen)
    return uid === null ? null : this.#known.position(uid)
  }

  isRecent(uid: Uid): boolean {
    return uid >= this.#open.firstRecent
  }

  /** The flags of a message as the FETCH item FLAGS gives them here. */
  flags(entry: MessageEntry): string {
    return formatFlags(entry, this.isRecent(entry.uid))
  }

  /**
   * The message now; or, if it was expunged and the client has not been told, as it last was. null only for
   * UIDs that the client does not know.
   */
  entry(uid: Uid): MessageEntry | null {
    return this.#open.state.entry(uid) ?? this.#ghost(uid)
  }

  /**
   * The messages that a set addresses, ascending, each once. UIDs that the client does not know are passed
   * over (RFC 3501 §6.4.8). @throws BadArgument for a sequence number that does not exist (RFC 3501 §9)
   */
  addressed(set: SequenceSet, kind: NumberKind): Iterable<Addressed> {
    if (kind === 'uid') return this.#known.within(normalise(set, this.#known.last))
    const numbers = normalise(set, this.count)
    const last = numbers.at(-1)
    if (last === undefined || last.last > this.count || (numbers[0]?.first ?? 0) < 1)
      throw new BadArgument(`There are ${this.count} messages`)
    return this.#bySequence(numbers)
  }

  /** As `addressed`, but sequence numbers that do not exist are passed over as well: they are no message that a search could find. */
  present(set: SequenceSet, kind: NumberKind): Iterable<Addressed> {
    const ranges = this.ranges(set, kind)
    if (kind === 'uid') return this.#known.within(ranges)
    const { count } = this
    const there = ranges.filter(({ first, last }) => first <= count && last >= 1)
    return this.#bySequence(
      there.map(({ first, last }) => ({ first: Math.max(1, first), last: Math.min(last, count) })),
    )
  }

  /** All messages that the client knows of, ascending. */
  all(): Iterable<Addressed> {
    return this.#known.within([{ first: 1, last: this.#known.last }])
  }

  /** The numbers of a set as the client means them, ascending and joined: `*` is the largest that it knows. */
  ranges(set: SequenceSet, kind: NumberKind): SequenceSet {
    return normalise(set, kind === 'uid' ? this.#known.last : this.count)
  }

  /** The number by which the client knows a message, or null. */
  position(uid: Uid): SeqNo | null {
    return this.#known.position(uid)
  }

  /**
   * The responses that bring the client up to date, without `* ` and CRLF, and takes what they announce.
   * While a command runs that uses sequence numbers (`mayExpunge` false) expunges wait, and so does all
   * behind them, or numbers would stop matching (RFC 3501 §7.4.1). Flags are told as they are now, so that it
   * does not matter in which order sessions changed them. One slice at most: see `behind`.
   * @throws Farewell when the client cannot be brought up to date any more
   */
  announce(mayExpunge: boolean): readonly string[] {
    const { changes } = this.#open
    if (changes.overflowed) throw new Farewell('Too many changes were waiting, please reconnect', 'UNAVAILABLE')
    const lines = this.keywordLines()
    const ready = this.#ready(mayExpunge)
    if (ready.length === 0) return lines
    const { added, expunged, dirty } = this.#digest(ready)
    changes.take(ready.length)
    this.#ghosts = new Map()
    this.#searched = 0
    return [...lines, ...this.#expunge(expunged), ...this.#grow(added), ...this.#flagLines(dirty)]
  }

  /** What UIDNEXT is for a client that has been told so much and no more. */
  get uidNext(): number {
    const unheard = this.#open.changes.pending.find((c) => c.type === 'added' && c.mailbox === this.mailbox.id)
    return unheard?.type === 'added' ? (unheard.entries[0]?.uid ?? this.state.uidNext) : this.state.uidNext
  }

  /** The FLAGS response, once keywords are in use that the client has not heard of (RFC 3501 §7.2.6). */
  keywordLines(): string[] {
    const { keywords } = this.#open.state
    if (keywords.length === this.#keywords) return []
    this.#keywords = keywords.length
    return this.flagsLines()
  }

  /** FLAGS and PERMANENTFLAGS: RFC 3501 §7.2.6, §7.1. `\*` while the mailbox can take another keyword. */
  flagsLines(): string[] {
    const { keywords } = this.#open.state
    const all = [...systemFlags, ...keywords].join(' ')
    const more = keywords.length < storeLimits.keywordsPerMailbox ? ' \\*' : ''
    const permanent = this.readOnly
      ? 'OK [PERMANENTFLAGS ()] No flag can be changed'
      : `OK [PERMANENTFLAGS (${all}${more})] Flags that are kept`
    return [`FLAGS (${all})`, permanent]
  }

  /** True while `announce` would say more. */
  behind(mayExpunge: boolean): boolean {
    const next = this.#open.changes.pending[0]
    return next !== undefined && (mayExpunge || !this.#expunges(next))
  }

  #expunges(change: Change): boolean {
    return change.type === 'expunged' && change.mailbox === this.mailbox.id
  }

  /** The pending changes that may be announced now, as many as make a slice. */
  #ready(mayExpunge: boolean): readonly Change[] {
    const ready: Change[] = []
    let entries = 0
    for (const change of this.#open.changes.pending) {
      if ((!mayExpunge && this.#expunges(change)) || entries >= storeLimits.rowsPerSlice) break
      ready.push(change)
      entries += 'entries' in change ? change.entries.length : 0
    }
    return ready
  }

  /** What some changes come to for this client. What was added and expunged between two announcements never was. */
  #digest(ready: readonly Change[]): { added: Set<number>; expunged: Set<number>; dirty: Set<number> } {
    const added = new Set<number>()
    const expunged = new Set<number>()
    const dirty = new Set<number>()
    const sort = {
      added: (uid: number) => added.add(uid),
      expunged: (uid: number) => added.delete(uid) || expunged.add(uid),
      flags: (uid: number) => dirty.add(uid),
    }
    for (const change of ready) {
      if (change.type === 'account-removed') throw new Farewell('The account is gone')
      if (change.mailbox !== this.mailbox.id) continue
      if (change.type === 'mailbox-deleted') throw new Farewell('The selected mailbox is gone')
      // Its name is no matter of who has it open (RFC 2180 §3.4).
      if (!('entries' in change)) continue
      // A session answers its own STORE itself, or keeps silent about it.
      if (change.type === 'flags' && change.origin === this.#origin) continue
      for (const { uid } of change.entries) sort[change.type](uid)
    }
    return { added, expunged, dirty }
  }

  #expunge(uids: ReadonlySet<number>): string[] {
    const gone = [...uids].filter((uid) => this.#known.position(uid) !== null).sort((a, b) => a - b)
    // Each one moves all that follow one down.
    const lines = gone.map((uid, i) => `${(this.#known.position(uid) as number) - i} EXPUNGE`)
    if (gone.length > 0) this.#known.remove(gone)
    return lines
  }

  #grow(uids: ReadonlySet<number>): string[] {
    const before = this.count
    for (const uid of [...uids].sort((a, b) => a - b)) if (uid > this.#known.last) this.#known.push(uid)
    if (this.count === before) return []
    this.#heardBefore = this.#known.last + 1
    return [`${this.count} EXISTS`, `${this.recent} RECENT`]
  }

  #flagLines(uids: ReadonlySet<number>): string[] {
    return [...uids]
      .sort((a, b) => a - b)
      .flatMap((uid) => {
        const seq = this.#known.position(uid)
        const entry = seq === null ? null : this.entry(uid as Uid)
        return entry === null ? [] : [`${seq} FETCH (FLAGS ${this.flags(entry)})`]
      })
  }

  *#bySequence(numbers: SequenceSet): Generator<Addressed> {
    for (const { first, last } of numbers)
      yield* this.#known.within([{ first: this.#known.at(first) ?? 0, last: this.#known.at(last) ?? 0 }])
  }

  #ghost(uid: Uid): MessageEntry | null {
    const { pending } = this.#open.changes
    for (; this.#searched < pending.length; this.#searched++) {
      const change = pending[this.#searched]
      if (change?.type === 'expunged' && this.#expunges(change))
        for (const entry of change.entries) this.#ghosts.set(entry.uid, entry)
    }
    return this.#ghosts.get(uid) ?? null
  }
}
