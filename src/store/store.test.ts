/** The contract of the store, on each implementation. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ModelStore } from '../../test/model-store.js'
import { START } from '../../test/store/fixtures.js'
import { storeContract } from '../../test/store-contract.js'
import { FakeClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { openSqliteStore } from './sqlite/open.js'

storeContract('model store', async (limits) => {
  const clock = new FakeClock(START)
  return { store: new ModelStore(clock, limits), clock, close: async () => {} }
})

storeContract('SQLite store', async (limits) => {
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
})
