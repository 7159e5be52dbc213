/** LiveMailbox against a plain list of entries. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BlobId, MailboxId, ModSeq, Uid } from '../core/ids.js'
import type { Change, MessageEntry } from './changes.js'
import { type LoadedMessages, NO_KEYWORD_SETS, newColumns } from './mailbox-columns.js'
import { LiveMailbox } from './mailbox-state.js'
import { UidRanges } from './uid-ranges.js'

const MAILBOX = 7 as MailboxId

const entryOf = (uid: number, modseq: number, system = 0, keywords: readonly string[] = []): MessageEntry => ({
  uid: uid as Uid,
  modseq: modseq as ModSeq,
  system,
  keywords,
  size: 4_000_000_000 - uid,
  internalDate: 1_700_000_000_123 + uid,
  internalZone: -720 + uid,
  blob: (2 ** 40 + uid) as BlobId,
})

const NOTHING = {
  columns: newColumns(0),
  count: 0,
  keywordSets: NO_KEYWORD_SETS,
  uids: UidRanges.of([]).pack(),
  mailbox: MAILBOX,
  uidNext: 1,
  highestModSeq: 1 as ModSeq,
  keywords: [] as readonly string[],
}
const empty = (): LiveMailbox => new LiveMailbox(NOTHING)

const KEYWORDS = ['c', 'a', 'b']

/** As a reader makes it, with a set of keywords for each message. */
function loaded(entries: readonly MessageEntry[]): LoadedMessages {
  const columns = newColumns(entries.length)
  const sets = entries.map((entry) => entry.keywords.map((name) => KEYWORDS.indexOf(name)))
  entries.forEach((entry, at) => {
    columns.uid[at] = entry.uid
    columns.system[at] = entry.system
    columns.modseq[at] = entry.modseq
    columns.size[at] = entry.size
    columns.date[at] = entry.internalDate
    columns.zone[at] = entry.internalZone
    columns.blob[at] = entry.blob
    columns.keywords[at] = at + 1
  })
  let end = 0
  const keywordSets = {
    octets: Uint8Array.from(sets.flat()),
    ends: Uint32Array.from([[], ...sets], (set) => {
      end += set.length
      return end
    }),
  }
  return { columns, count: entries.length, keywordSets, uids: UidRanges.of(columns.uid).pack() }
}

type Step =
  | { readonly add: number }
  | { readonly flag: readonly number[]; readonly system: number; readonly keywords: readonly string[] }
  | { readonly expunge: readonly number[] }

const picks = fc.array(fc.nat(40), { minLength: 1, maxLength: 10 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ add: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ flag: picks, system: fc.nat(31), keywords: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')) }),
  fc.record({ expunge: picks }),
)

/** What a naive mailbox does, and the changes it would publish. */
function play(steps: readonly Step[]): {
  readonly changes: Change[]
  readonly truth: MessageEntry[]
  readonly uidNext: number
} {
  let truth: MessageEntry[] = []
  let uidNext = 1
  const changes = steps.flatMap((s, i): Change[] => {
    const modseq = (i + 2) as ModSeq
    const common = { mailbox: MAILBOX, origin: null }
    const chosen = (of: readonly number[]): MessageEntry[] => truth.filter((_, at) => of.includes(at))
    if ('add' in s) {
      const entries = Array.from({ length: s.add }, () => entryOf(uidNext++, modseq))
      truth = [...truth, ...entries]
      return [{ type: 'added', ...common, entries }]
    }
    const entries = chosen('flag' in s ? s.flag : s.expunge)
    if (entries.length === 0) return []
    if ('expunge' in s) {
      truth = truth.filter((e) => !entries.includes(e))
      return [{ type: 'expunged', ...common, modseq, entries }]
    }
    const after = entries.map((e) => entryOf(e.uid, modseq, s.system, s.keywords))
    truth = truth.map((e) => after.find((a) => a.uid === e.uid) ?? e)
    return [{ type: 'flags', ...common, entries: after, silent: false }]
  })
  return { changes, truth, uidNext }
}

test('follows any changes, and hearing them twice does no harm', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      const { changes, truth, uidNext } = play(steps)
      const state = empty()
      for (const change of changes) {
        state.apply(change)
        state.apply(change)
        // What is remembered of the last answer must not mislead the next.
        state.firstWithout(1)
        state.firstWithout(3)
      }
      for (const change of changes) state.apply(change)
      expect(state.count).toBe(truth.length)
      expect(state.uidNext).toBe(uidNext)
      expect([...state.uids]).toEqual(truth.map((e) => e.uid))
      expect([...state.copyUids()]).toEqual([...state.uids])
      expect(truth.map((e) => state.entry(e.uid))).toEqual(truth)
      for (const bits of [1, 3, 31])
        expect(state.firstWithout(bits)).toBe(truth.find((e) => (e.system & bits) === 0)?.uid ?? null)
      for (const uid of [0, uidNext, 2 ** 32 - 1]) expect(state.entry(uid as Uid)).toBeNull()
    }),
  )
})

test('a snapshot and the changes behind it make the same as all changes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), fc.nat(15), (steps, at) => {
      const whole = play(steps)
      const early = play(steps.slice(0, at))
      const highestModSeq = (Math.min(at, steps.length) + 1) as ModSeq
      const { uidNext, truth } = early
      const state = new LiveMailbox({ ...NOTHING, ...loaded(truth), uidNext, highestModSeq, keywords: KEYWORDS })
      for (const change of whole.changes) state.apply(change)
      expect(Array.from(state.uids, (uid) => state.entry(uid as Uid))).toEqual(whole.truth)
      expect([...state.copyUids()]).toEqual([...state.uids])
    }),
  )
})

test('keywords are listed in the order of their first use, once', () => {
  const state = new LiveMailbox({ ...NOTHING, keywords: ['x'] })
  state.apply({ type: 'added', mailbox: MAILBOX, entries: [entryOf(1, 2, 0, ['x', 'y'])], origin: null })
  state.apply({
    type: 'flags',
    mailbox: MAILBOX,
    entries: [entryOf(1, 3, 0, ['x', 'y', 'z'])],
    origin: null,
    silent: true,
  })
  expect(state.keywords).toEqual(['x', 'y', 'z'])
})

test('changes of other mailboxes are none of its business', () => {
  const state = empty()
  state.apply({ type: 'added', mailbox: 8 as MailboxId, entries: [entryOf(1, 2)], origin: null })
  state.apply({ type: 'account-removed' })
  expect(state.count).toBe(0)
})
