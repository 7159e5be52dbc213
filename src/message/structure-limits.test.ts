/** Messages made to be costly: each must be done in a time that grows with its octets alone. */
import { describe, expect, test } from 'vitest'
import { mimeLimits } from '../core/limits.js'
import type { MessageIndex, PartIndex } from './index-types.js'
import { MessageIndexer } from './structure.js'

const MIXED = 'Content-Type: multipart/mixed; boundary=b\r\n'

function indexOf(chunks: Iterable<Uint8Array>): MessageIndex {
  const indexer = new MessageIndexer()
  for (const chunk of chunks) indexer.push(chunk)
  return indexer.end()
}

describe('hostile sizes', () => {
  const CHUNK = 64 * 1024
  function chunked(text: string): Buffer[] {
    const all = Buffer.from(text, 'latin1')
    return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, i) => all.subarray(i * CHUNK, (i + 1) * CHUNK))
  }
  const deep = Array.from(
    { length: 10_000 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
  )
  const prefixes = Array.from({ length: 49 }, (_, i) => {
    const boundary = 'a'.repeat(i + 1)
    return `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n--${boundary}\r\n`
  })
  const image = `${MIXED}\r\n--b\r\nContent-Type: image/png\r\n\r\n`

  // What would be quadratic here would take hours; the test's own time limit catches it.
  test.each<[string, () => string]>([
    ['100,000 parts', () => `${MIXED}\r\n${'--b\r\n\r\nx\r\n'.repeat(100_000)}`],
    [
      '100,000 parts with long headers',
      () => `${MIXED}\r\n${`--b\r\nA: ${'x'.repeat(400)}\r\n\r\nx\r\n`.repeat(100_000)}`,
    ],
    ['a header of 10 MB', () => `${'X: yyyyyyyyyy\r\n'.repeat(700_000)}\r\nbody`],
    ['a field of 10 MB', () => `Subject: x${'\r\n y'.repeat(2_500_000)}\r\n\r\nbody`],
    ['10,000 multiparts in each other', () => deep.join('')],
    ['10,000 messages in each other', () => 'Content-Type: message/rfc822\r\n\r\n'.repeat(10_000)],
    ['a line of 50 MB', () => `A: b\r\n\r\n${'x'.repeat(50_000_000)}`],
    ['a first line of 50 MB', () => 'x'.repeat(50_000_000)],
    ['a line of 50 MB in an image', () => `${image}${'x'.repeat(50_000_000)}`],
    ['17 million lines of dashes in an image', () => `${image}${'\n--'.repeat(17_000_000)}`],
    ['10 million lines that begin like 49 boundaries', () => `${prefixes.join('')}\r\n${'\n--ac'.repeat(10_000_000)}`],
    ['10,000 multiparts in one', () => `${MIXED}\r\n${`--b\r\nContent-Type: multipart/x; boundary=i\r\n\r\n--i\r\n\r\n--i--\r\n`.repeat(10_000)}`], // biome-ignore format: a table
  ])('%s', (_, make) => {
    const message = chunked(make())
    const index = indexOf(message)
    expect(index.size).toBe(message.reduce((sum, chunk) => sum + chunk.length, 0))
    expect(index.bodyStructure.length).toBeLessThan(2 * mimeLimits.responseOctets)
    checkSize(index.root)
  })

  function checkSize(root: PartIndex): void {
    const count = (part: PartIndex): number => part.parts.reduce((sum, inner) => sum + count(inner), 1)
    expect(count(root)).toBeLessThanOrEqual(mimeLimits.parts)
  }
})
