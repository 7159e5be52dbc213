/** The Deriver: all slices, rests between them, and no end that is not one. */
import { expect, test } from 'vitest'
import type { Clock } from '../core/clock.js'
import { type Derivation, Deriver } from './deriver.js'
import { StoreError } from './errors.js'

/** Each slice takes `duration` ms. `rests`: how long each rest is to be; `wake` ends the one that is. */
function world(duration: number, ...derivations: Derivation[]) {
  let now = 0
  const rests: number[] = []
  let waiting: (() => void) | null = null
  const clock: Clock = {
    now: () => now,
    after: (ms, fire) => {
      rests.push(ms)
      waiting = fire
      return () => {
        waiting = null
      }
    },
  }
  const faults: unknown[] = []
  const slow = (derivation: Derivation): Derivation =>
    async function* () {
      for await (const count of derivation()) {
        now += duration
        yield count
      }
    }
  const onFault = (error: unknown): void => void faults.push(error)
  const deriver = new Deriver({ derivations: derivations.map(slow), clock, restFactor: 4, longestSlice: 15, onFault })
  const wake = async (): Promise<void> => {
    waiting?.()
    waiting = null
    await turns()
  }
  return { deriver, faults, rests, wake, isResting: () => waiting !== null }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Something that is made one at a time, as long as there is any. */
function stock(n: number, done: string[] = [], name = 'x'): Derivation {
  let left = n
  return async function* () {
    while (left > 0) {
      left--
      done.push(name)
      yield 1
    }
  }
}

test('one after the other, with a rest behind each slice, and then no more', async () => {
  const done: string[] = []
  const { deriver, rests, wake, isResting } = world(10, stock(2, done, 'keys'), stock(1, done, 'threads'))
  deriver.wake()
  await turns()
  expect(done).toEqual(['keys'])
  await wake()
  expect(done).toEqual(['keys', 'keys'])
  await wake()
  expect(done).toEqual(['keys', 'keys', 'threads'])
  await wake()
  deriver.wake()
  await turns()
  expect(isResting()).toBe(false)
  expect(rests).toEqual([40, 40, 40])
  await deriver.close()
})

test('a clock that is set forward or back makes no long rest', async () => {
  const forward = world(1_000_000, stock(1))
  forward.deriver.wake()
  await turns()
  expect(forward.rests).toEqual([60])
  await forward.deriver.close()
  const back = world(-1_000_000, stock(1))
  back.deriver.wake()
  await turns()
  expect(back.rests).toEqual([])
  await back.deriver.close()
})

test('it goes through all again until nothing more can be made', async () => {
  let passes = 0
  const { deriver } = world(0, async function* () {
    passes++
    yield passes < 3 ? 1 : 0
  })
  expect(await deriver.catchUp()).toBe(2)
  expect(passes).toBe(3)
})

test('a refusal of the disk ends the work until it is woken; a fault is told', async () => {
  let error: Error = new StoreError('unavailable', 'disk full')
  let tries = 0
  // biome-ignore lint/correctness/useYield: it throws instead
  const { deriver, faults } = world(0, async function* () {
    tries++
    throw error
  })
  deriver.wake()
  await turns()
  expect([tries, faults]).toEqual([1, []])
  error = new Error('ours')
  deriver.wake()
  await turns()
  expect([tries, faults]).toEqual([2, [error]])
  await expect(deriver.catchUp()).rejects.toBe(error)
})

test('closing ends a rest, and nothing follows it', async () => {
  const done: string[] = []
  const { deriver, isResting } = world(10, stock(5, done))
  deriver.wake()
  await turns()
  await deriver.close()
  deriver.wake()
  await turns()
  expect(done).toEqual(['x'])
  expect(isResting()).toBe(false)
})
