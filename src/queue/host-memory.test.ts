import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import { HostMemory } from './host-memory.js'

const REPLY = '450 4.4.1 Connection refused'
const at = (name: string, port = 25) => ({ name, port, addresses: [] })

let clock: FakeClock
let memory: HostMemory

beforeEach(() => {
  clock = new FakeClock(1_000)
  memory = new HostMemory(clock, 3)
})

test('a host is left alone for longer each time, and not for ever', async () => {
  const rests: number[] = []
  for (let i = 0; i < 7; i++) {
    const until = memory.failed(at('mx.far.test'), REPLY)
    rests.push((until - clock.now()) / queueLimits.hostRest)
    await clock.advance(until - clock.now() - 1)
    expect(memory.rest(at('mx.far.test'))).toMatchObject({ until, reply: REPLY })
    await clock.advance(1)
    expect(memory.rest(at('mx.far.test'))).toBeNull()
  }
  expect(rests).toEqual([1, 2, 4, 8, 15, 15, 15])
})

test('several connections that fail together are one failure', () => {
  const first = memory.failed(at('mx.far.test'), REPLY)
  expect(memory.failed(at('mx.far.test'), REPLY)).toBe(first)
})

test('one that works again begins anew, and ports are told apart', () => {
  memory.failed(at('mx.far.test'), REPLY)
  expect(memory.rest(at('mx.far.test', 587))).toBeNull()
  memory.worked(at('mx.far.test'))
  expect(memory.rest(at('mx.far.test'))).toBeNull()
})

test('the one that failed the longest ago is forgotten', () => {
  for (const name of ['a', 'b', 'a', 'c', 'd']) memory.failed(at(name), REPLY)
  expect(['a', 'b', 'c', 'd'].filter((name) => memory.rest(at(name)) !== null)).toEqual(['a', 'c', 'd'])
})
