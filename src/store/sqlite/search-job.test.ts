/** The index may be asked: what a message holds for SEARCH, its folded text holds too. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collated, foldCase } from '../../message/case-fold.js'
import { queryFor } from './search-job.js'

const letters = fc.constantFrom(...'aAαΙι\u0345\u0301\u0308\u0323ßﬁᾳ각ǆΐş ')
const texts = fc.array(letters, { maxLength: 16 })

test('every group that the index is asked for is in a text that matches', () => {
  const found = { some: false }
  const part = fc.tuple(texts, fc.nat(), fc.nat()).map(([text, from, length]) => {
    const whole = collated(text.join(''))
    const start = from % (whole.length + 1)
    return [text.join(''), whole.slice(start, start + (length % 9))] as const
  })
  fc.assert(
    fc.property(
      fc.oneof(
        part,
        fc.tuple(
          texts.map((t) => t.join('')),
          texts.map((t) => t.join('')),
        ),
      ),
      ([text, value]) => {
        if (!collated(text).includes(collated(value))) return
        const groups = (queryFor(value) ?? '').split(' AND ').map((group) => group.slice(1, -1))
        found.some ||= groups.length > 1
        for (const group of groups) expect(foldCase(text)).toContain(group)
      },
    ),
    { numRuns: 5000 },
  )
  expect(found.some).toBe(true)
})
