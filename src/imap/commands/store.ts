/** STORE and UID STORE: the flags of messages. */
import type { Uid } from '../../core/ids.js'
import type { Flags } from '../../store/changes.js'
import type { FlagMode } from '../../store/store.js'
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

async function store(cx: SelectedContext, { name, set, mode, silent, flags }: Store): Promise<Completion> {
  const { view, origin } = cx
  const addressed = [...view.addressed(set, name === 'UID STORE' ? 'uid' : 'sequence')]
  if (view.readOnly) return no('READ-ONLY', 'The mailbox is selected read-only')
  const uids = addressed.map(({ uid }) => uid)
  const changed = await cx.store.setFlags(view.mailbox.id, uids, mode, flags, { origin, silent })
  if (!silent) await tell(cx, name, addressed, new Set(changed.map(({ uid }) => uid)))
  return changed.length < uids.length && name === 'STORE'
    ? no('EXPUNGEISSUED', 'Some of these messages are gone')
    : ok(`${name} completed`)
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
