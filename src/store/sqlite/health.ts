/** What reads and checks of the database tell the watch over the storage. */
import type { StorageWatch } from '../storage-watch.js'
import type { Problem } from '../store.js'
import { faultOf } from './disk-refusal.js'
import type { Observer } from './statements.js'

/** For the statements of the protocol thread. */
export const readsOf = (watch: StorageWatch, dir: string): Observer => ({
  failed: (error) => {
    const fault = faultOf(error, 'read', dir)
    if (fault !== null) watch.failed(fault)
  },
  worked: () => watch.worked('read', 'database'),
})

/** What `check` calls damage to that which was written; the rest is what we make of it. */
const DAMAGES: readonly string[] = ['database', 'search-index-damaged', 'blob-missing', 'blob-content']

/** Passes on what a check or a repair gives. Where it left no damage, there is none. */
export async function soundness<T>(
  watch: StorageWatch,
  work: Promise<T>,
  left: (report: T) => readonly Problem[],
): Promise<T> {
  const report = await work
  if (!left(report).some(({ kind }) => DAMAGES.includes(kind))) watch.sound()
  return report
}
