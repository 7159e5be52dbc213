import { expect, test } from 'vitest'
import { Window } from './window.js'

test('it grows by one for each that went well, up to the most, and trouble halves it, down to one', () => {
  const window = new Window()
  const sizes = [window.size]
  const note = () => sizes.push(window.size)
  for (let i = 0; i < 4; i++) {
    window.succeeded(5)
    note()
  }
  for (let i = 0; i < 4; i++) {
    window.troubled()
    note()
  }
  expect(sizes).toEqual([2, 3, 4, 5, 5, 2, 1, 1, 1])
})

test('a limit that was lowered counts at once', () => {
  const window = new Window()
  window.succeeded(9)
  window.succeeded(1)
  expect(window.size).toBe(1)
})
