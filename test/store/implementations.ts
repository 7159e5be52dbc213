/** Each implementation of the store, as the contracts make one for each rule. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/ids.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { ModelStore } from '../model-store.js'
import { type NewStore, START } from './fixtures.js'

export const newModelStore: NewStore = async (limits) => {
  const clock = new FakeClock(START)
  return { store: new ModelStore(clock, limits), clock, close: async () => {} }
}

export const newSqliteStore: NewStore = async (limits) => {
  const dir = mkdtempSync(join(tmpdir(), 'posthorn-store-'))
  const clock = new FakeClock(START)
  const store = await openSqliteStore({ dir, clock, random: systemRandom, ...(limits && { limits }) })
  return {
    store,
    clock,
    close: async () => {
      await store.close()
      rmSync(dir, { recursive: true })
    },
  }
}
