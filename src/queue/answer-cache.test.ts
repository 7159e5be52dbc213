/** The bound of what is remembered. */
import { expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { AnswerCache } from './answer-cache.js'

test('the one that was asked for longest ago goes first', async () => {
  const cache = new AnswerCache<string>(new FakeClock(), 2)
  const asked: string[] = []
  const get = (key: string) =>
    cache.get(key, async () => {
      asked.push(key)
      return { value: key, ttl: 1000 }
    })
  for (const key of ['a', 'b', 'a', 'c', 'b', 'c', 'a']) expect(await get(key)).toBe(key)
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
  expect(cache.size).toBe(2)
})

test('one that is asked for again counts as new', async () => {
  const clock = new FakeClock()
  const cache = new AnswerCache<number>(clock, 2)
  let asked = 0
  const get = (key: string, ttl: number) => cache.get(key, async () => ({ value: ++asked, ttl }))
  await get('a', 10)
  await get('b', 100)
  await clock.advance(10)
  expect(await get('a', 100)).toBe(3)
  await get('c', 100)
  expect(await get('a', 100)).toBe(3)
})

test('what is good for no time is not kept', async () => {
  const cache = new AnswerCache<number>(new FakeClock(), 2)
  await cache.get('a', async () => ({ value: 1, ttl: 0 }))
  await expect(cache.get('b', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(cache.size).toBe(0)
})
