import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { type Sending, SendingMeter } from './sending.js'

const MINUTE = 60_000
const who = (name: string, messages: number, recipients = 0): Sending => ({
  who: name,
  allowance: { messages, recipients },
})
const start = Date.UTC(2024, 1, 29, 12, 0, 30)

describe('SendingMeter', () => {
  test('so many messages, and so many recipients, whichever comes first', () => {
    const meter = new SendingMeter({ clock: new FakeClock(start) })
    const alice = [who('alice', 3, 5)]
    expect(meter.room(alice)).toEqual({ messages: 3, recipients: 5 })
    expect(meter.take(alice, 4)).not.toBeNull()
    expect(meter.room(alice)).toEqual({ messages: 2, recipients: 1 })
    expect(meter.take(alice, 2)).toBeNull()
    expect(meter.room(alice)).toEqual({ messages: 2, recipients: 1 })
    expect(meter.take(alice, 1)).not.toBeNull()
    expect(meter.room(alice)).toEqual({ messages: 1, recipients: 0 })
    expect(meter.room([who('bob', 3, 5)])).toEqual({ messages: 3, recipients: 5 })
  })

  test('0 is no limit, and nothing is kept for it', () => {
    const meter = new SendingMeter({ clock: new FakeClock(start) })
    expect(meter.room([who('a', 0)])).toEqual({ messages: Infinity, recipients: Infinity })
    expect(meter.take([who('a', 0)], 1000)).not.toBeNull()
    expect(meter.room([])).toEqual({ messages: Infinity, recipients: Infinity })
    expect(meter.size).toBe(0)
  })

  test('a message counts for an hour and hardly longer', async () => {
    const clock = new FakeClock(start)
    const meter = new SendingMeter({ clock })
    const alice = [who('alice', 1)]
    expect(meter.take(alice, 1)).not.toBeNull()
    await clock.advance(60 * MINUTE - 1)
    expect(meter.take(alice, 1)).toBeNull()
    await clock.advance(MINUTE + 1)
    expect(meter.take(alice, 1)).not.toBeNull()
  })

  test('what is taken back does not count', () => {
    const meter = new SendingMeter({ clock: new FakeClock(start) })
    const alice = [who('alice', 1, 10)]
    meter.take(alice, 7)?.()
    expect(meter.room(alice)).toEqual({ messages: 1, recipients: 10 })
  })

  test('a message is counted for user and client, or for neither', () => {
    const meter = new SendingMeter({ clock: new FakeClock(start) })
    const [alice, bob, host] = [who('alice', 2), who('bob', 2), who('host', 2)]
    expect(meter.take([alice, host], 1)).not.toBeNull()
    expect(meter.take([bob, host], 1)).not.toBeNull()
    expect(meter.take([bob, host], 1)).toBeNull()
    expect(meter.room([bob]).messages).toBe(1)
    expect(meter.room([alice, host]).messages).toBe(0)
  })

  test('the table is bounded: who has been silent longest is forgotten', () => {
    const meter = new SendingMeter({ clock: new FakeClock(start), size: 2 })
    for (const name of ['a', 'b', 'a', 'c']) meter.take([who(name, 9)], 1)
    expect(meter.size).toBe(2)
    expect(['a', 'b', 'c'].map((name) => meter.room([who(name, 9)]).messages)).toEqual([7, 9, 8])
  })

  test('no hour has more than the limit, and what is older than 61 minutes never counts', async () => {
    const waits = fc.array(fc.integer({ min: 0, max: 25 * MINUTE }), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(waits, fc.integer({ min: 1, max: 5 }), async (gaps, limit) => {
        const clock = new FakeClock(start)
        const meter = new SendingMeter({ clock })
        const sent: number[] = []
        for (const gap of gaps) {
          await clock.advance(gap)
          const now = clock.now()
          const within = (minutes: number): number => sent.filter((at) => now - at < minutes * MINUTE).length
          if (meter.take([who('a', limit)], 1) !== null) {
            expect(within(60)).toBeLessThan(limit)
            sent.push(now)
          } else expect(within(61)).toBeGreaterThanOrEqual(limit)
        }
      }),
    )
  })
})
