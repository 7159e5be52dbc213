/** Opens a folder of data, and says in words why it cannot be opened. */
import type { Clock } from '../core/clock.js'
import type { Random } from '../core/ids.js'
import type { StoreLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { StoreHalfRestored, StoreLocked, StoreTooNew } from '../store/errors.js'
import { openSqliteStore } from '../store/sqlite/open.js'
import type { Store } from '../store/store.js'
import { reasonOf, StartupError } from './errors.js'

export interface DataOptions {
  readonly dir: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly limits: Partial<StoreLimits>
  /** store.search_index */
  readonly indexes: boolean
  /** Take messages apart in the background: for a server, not for a command. */
  readonly background: boolean
  readonly onFault: (error: Error) => void
}

/** @throws StartupError naming the folder, and the process that has it */
export async function openData(options: DataOptions): Promise<Store> {
  try {
    return await openSqliteStore(options)
  } catch (error) {
    if ([StoreLocked, StoreTooNew, StoreHalfRestored].some((known) => error instanceof known))
      throw new StartupError((error as Error).message, error)
    throw new StartupError(`cannot open the data folder ${options.dir}: ${reasonOf(error)}`, error)
  }
}
