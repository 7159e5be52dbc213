/** One rule of the contract: a test with a store of its own, which ends with the invariants. */
import { test } from 'vitest'
import type { FakeClock } from '../../src/core/clock.js'
import type { Store } from '../../src/store/store.js'
import { checkInvariants } from './check-invariants.js'
import type { Limits, NewStore } from './fixtures.js'

export type Rule = (name: string, body: (store: Store, clock: FakeClock) => Promise<void>, limits?: Limits) => void

export const ruleOf =
  (newStore: NewStore): Rule =>
  (name, body, limits) => {
    test(name, async () => {
      const harness = await newStore(limits)
      try {
        await body(harness.store, harness.clock)
        await checkInvariants(harness.store)
      } finally {
        await harness.close()
      }
    })
  }
