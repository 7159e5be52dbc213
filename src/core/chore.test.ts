/** Work that is looked for: nobody who calls is overheard, and what failed is tried again. */
import { expect, test } from 'vitest'
import { Chore } from './chore.js'
import { FakeClock } from './clock.js'

const settle = () => new Promise((turn) => setImmediate(turn))

test.each(Array.from({ length: 8 }, (_, i) => i))(
  'a call %i steps behind the last round is not lost',
  async (steps) => {
    let rounds = 0
    const round = async (): Promise<boolean> => {
      if (++rounds === 1)
        void (async () => {
          for (let i = 0; i < steps; i++) await null
          chore.wake()
        })()
      return true
    }
    const chore = new Chore({ clock: new FakeClock(0), retry: 1, round })
    chore.wake()
    await settle()
    expect(rounds).toBe(2)
    await chore.stop()
  },
)

test('what failed is tried again after a while, until it is done or stopped', async () => {
  const clock = new FakeClock(0)
  let rounds = 0
  const chore = new Chore({ clock, retry: 1000, round: async () => ++rounds === 3 })
  chore.wake()
  await settle()
  await clock.advance(999)
  await settle()
  expect(rounds).toBe(1)
  await clock.advance(1)
  await settle()
  await clock.advance(1000)
  await settle()
  expect(rounds).toBe(3)
  expect(clock.pending).toBe(0)
  await chore.stop()
  chore.wake()
  await settle()
  expect(rounds).toBe(3)
})
