import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { StoreError } from './errors.js'
import { Remover } from './remover.js'

/** Slices that end as `outcomes` say, in turn; then there is nothing left. */
function world(...outcomes: readonly (boolean | Error)[]) {
  const clock = new FakeClock()
  const failures: unknown[] = []
  const left = [...outcomes]
  let slices = 0
  const slice = async (): Promise<boolean> => {
    slices++
    const outcome = left.shift() ?? false
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  const remover = new Remover({
    slice,
    onFailure: (error) => failures.push(error),
    after: (ms, fire) => clock.after(ms, fire),
  })
  return { clock, failures, remover, slices: () => slices }
}

const FULL = new StoreError('unavailable', 'disk full')

test('works until nothing is left', async () => {
  const { remover, slices } = world(true, true, false)
  remover.wake()
  await turn()
  expect(slices()).toBe(3)
})

test('a disk that refuses is asked again by and by, and told of once', async () => {
  const { clock, remover, failures, slices } = world(true, FULL, FULL, true, false, FULL)
  remover.wake()
  await turn()
  expect([slices(), failures]).toEqual([2, [FULL]])
  await clock.advance(29_999)
  expect(slices()).toBe(2)
  await clock.advance(1)
  await turn()
  expect([slices(), failures]).toEqual([3, [FULL]])
  await clock.advance(30_000)
  await turn()
  expect(slices()).toBe(5)
  remover.wake()
  await turn()
  expect([slices(), failures]).toEqual([6, [FULL, FULL]])
})

test('a fault of ours is not tried again', async () => {
  const { clock, remover, failures, slices } = world(new TypeError('a defect'))
  remover.wake()
  await turn()
  await clock.advance(60_000)
  expect([slices(), failures.length]).toEqual([1, 1])
})

test('once closed it begins nothing', async () => {
  const { clock, remover, slices } = world(FULL)
  remover.wake()
  await turn()
  remover.close()
  await clock.advance(60_000)
  remover.wake()
  await turn()
  expect(slices()).toBe(1)
})
