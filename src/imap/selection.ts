/** The UIDs that a set addresses, for commands whose announcements change the numbers on the way. */
import type { Uid } from '../core/ids.js'
import { turn } from './pace.js'
import type { SequenceSet } from './sets.js'
import type { NumberKind, View } from './view.js'

/** UIDs that are looked up in one go: about a millisecond. */
const SLICE = 20_000

/** Ascending. @throws BadArgument for a sequence number that does not exist */
export async function selectedUids(view: View, set: SequenceSet, kind: NumberKind): Promise<Uid[]> {
  const uids: Uid[] = []
  for (const { uid } of view.addressed(set, kind)) {
    uids.push(uid)
    if (uids.length % SLICE === 0) await turn()
  }
  return uids
}
