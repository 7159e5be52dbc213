/** STORE and UID STORE: the flags of messages. */
import type { Uid } from '../../core/ids.js'
import { storeLimits } from '../../core/limits.js'
import type { Flags } from '../../store/changes.js'
import type { FlagMode } from '../../store/store.js'
import { announce } from '../announce.js'
import { type Completion, no, ok } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { parseStoreFlags } from '../flags.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import type { SequenceSet } from '../sets.js'
import type { Addressed } from '../view.js'

export interface Store {
  readonly name: 'STORE' | 'UID STORE'
  readonly set: SequenceSet
  readonly mode: FlagMode
  readonly silent: boolean
  readonly flags: Flags
}

const MODES: Readonly<Record<string, FlagMode>> = { '': 'set', '+': 'add', '-': 'remove' }
const ITEM = /([+-]?)FLAGS(\.SILENT)?(?= )/iy

/** store = "STORE" SP sequence-set SP store-att-flags: RFC 3501 §9 */
export const parseStore =
  (name: Store['name']) =>
  (s: Scanner): Store => {
    const set = s.sp().sequenceSet()
    const [, sign = '', silent] = s.sp().match(ITEM) ?? s.fail('FLAGS, +FLAGS or -FLAGS')
    const flags = parseStoreFlags(s.sp())
    return { name, set, mode: MODES[sign] ?? 'set', silent: silent !== undefined, flags }
  }

/** A slice of messages after the other, so that any number of them costs the memory of one slice. */
async function store(cx: SelectedContext, command: Store): Promise<Completion> {
  const { view } = cx
  const addressed = view.addressed(command.set, command.name === 'UID STORE' ? 'uid' : 'sequence')
  if (view.readOnly) return no('READ-ONLY', 'The mailbox is selected read-only')
  let gone = 0
  let done = 0
  for (const slice of slices(addressed)) {
    gone += await storeSlice(cx, command, slice)
    done += slice.length
    cx.progress.report(done, null)
    // Its own changes wait as well, until they are passed over.
    if (slice.length === storeLimits.rowsPerSlice) await announce(view, cx.out, false)
  }
  return gone > 0 && command.name === 'STORE'
    ? no('EXPUNGEISSUED', 'Some of these messages are gone')
    : ok(`${command.name} completed`)
}

function* slices(addressed: Iterable<Addressed>): Generator<readonly Addressed[]> {
  let slice: Addressed[] = []
  for (const message of addressed) {
    slice.push(message)
    if (slice.length < storeLimits.rowsPerSlice) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}

/** @returns how many of them are there no more */
async function storeSlice(cx: SelectedContext, command: Store, slice: readonly Addressed[]): Promise<number> {
  const { name, mode, flags, silent } = command
  const uids = slice.map(({ uid }) => uid)
  const there = await cx.store.setFlags(cx.view.mailbox.id, uids, mode, flags, { origin: cx.origin, silent })
  if (!silent) await tell(cx, name, slice, new Set(there.map(({ uid }) => uid)))
  return slice.length - there.length
}

/** All that were addressed, also those that had the flags before (RFC 3501 §6.4.6), as they are now. */
async function tell(
  { view, out }: SelectedContext,
  name: Store['name'],
  addressed: readonly Addressed[],
  there: ReadonlySet<Uid>,
): Promise<void> {
  for (const line of view.keywordLines()) out.untagged(line)
  for (const { seq, uid } of addressed) {
    const entry = there.has(uid) ? view.entry(uid) : null
    if (entry === null) continue
    const also = name === 'UID STORE' ? ` UID ${uid}` : ''
    out.untagged(`${seq} FETCH (FLAGS ${view.flags(entry)}${also})`)
    if (out.full) await out.room()
  }
}

export const storeCommands = {
  STORE: selectedRow({ rfc: 'RFC 3501 §6.4.6', numbers: 'uses', parse: parseStore('STORE'), run: store }),
  'UID STORE': selectedRow({ rfc: 'RFC 3501 §6.4.8', numbers: 'renews', parse: parseStore('UID STORE'), run: store }),
}
