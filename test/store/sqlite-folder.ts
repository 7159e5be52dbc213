/** A folder for a SQLite store that a test opens, closes and opens again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/ids.js'
import { openParts, type SqliteOptions, type SqliteParts } from '../../src/store/sqlite/open.js'
import { recordingLog } from '../log-recorder.js'
import { type Limits, START } from './fixtures.js'

export interface SqliteFolder {
  readonly dir: string
  readonly clock: FakeClock
  /** What the store said when its writer died. */
  readonly faults: Error[]
  readonly log: ReturnType<typeof recordingLog>
  open(limits?: Limits, options?: Pick<SqliteOptions, 'background' | 'indexes'>): Promise<SqliteParts>
  /** Closes what is open and removes the folder. */
  remove(): Promise<void>
}

export function sqliteFolder(): SqliteFolder {
  const dir = mkdtempSync(join(tmpdir(), 'posthorn-store-'))
  const clock = new FakeClock(START)
  const faults: Error[] = []
  const opened: SqliteParts[] = []
  const log = recordingLog()
  return {
    dir,
    clock,
    faults,
    log,
    open: async (limits = {}, options = {}) => {
      const onFault = (error: Error): number => faults.push(error)
      const parts = await openParts({ dir, clock, random: systemRandom, limits, onFault, log, ...options })
      opened.push(parts)
      return parts
    },
    remove: async () => {
      for (const { store } of opened) await store.close()
      rmSync(dir, { recursive: true })
    },
  }
}
