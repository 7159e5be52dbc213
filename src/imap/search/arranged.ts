/** What SORT and THREAD give to the store: columns of the messages that a search found. */
import type { Uid } from '../../core/ids.js'
import { storeLimits } from '../../core/limits.js'
import type { Arranged } from '../../store/store.js'
import { turn } from '../pace.js'
import type { View } from '../view.js'

/** `uids` as `searchView` found them; one that was expunged meanwhile is as it last was, until the client is told. */
export async function arrangedOf(view: View, uids: readonly Uid[]): Promise<Arranged> {
  const blobs = new Float64Array(uids.length)
  const arrivals = new Float64Array(uids.length)
  const sizes = new Uint32Array(uids.length)
  for (const [at, uid] of uids.entries()) {
    if (at > 0 && at % storeLimits.rowsPerSlice === 0) await turn()
    const entry = view.entry(uid)
    blobs[at] = entry?.blob ?? 0
    arrivals[at] = entry?.internalDate ?? 0
    sizes[at] = entry?.size ?? 0
  }
  return { blobs, arrivals, sizes }
}
