import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientContent } from './client-content.js'

async function* source(chunks: readonly Uint8Array[], end: { closed: boolean }): AsyncGenerator<Buffer> {
  try {
    for (const chunk of chunks) yield Buffer.from(chunk)
  } finally {
    end.closed = true
  }
}

test('gives all octets in pieces of the size that is asked for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array()),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      async (chunks, sizes) => {
        const content = new ClientContent(source(chunks, { closed: false }))
        const taken: Buffer[] = []
        for (let i = 0; ; i++) {
          const size = sizes[i % sizes.length] ?? 1
          const over = await content.ended()
          const piece = await content.take(size)
          expect(piece === null).toBe(over)
          if (piece === null) break
          expect(piece.length).toBeGreaterThan(0)
          expect(piece.length).toBeLessThanOrEqual(size)
          taken.push(piece)
        }
        const whole = Buffer.concat(chunks)
        expect(Buffer.concat(taken)).toEqual(whole)
        expect(content.taken).toBe(whole.length)
      },
    ),
    { numRuns: 50 },
  )
})

test('lets its source go, and gives nothing then', async () => {
  const end = { closed: false }
  const content = new ClientContent(source([Buffer.from('abc'), Buffer.from('d')], end))
  expect(String(await content.take(2))).toBe('ab')
  await content.close()
  expect(end.closed).toBe(true)
  expect(await content.take(2)).toBe(null)
  expect(await content.ended()).toBe(true)
  await content.close()
})
