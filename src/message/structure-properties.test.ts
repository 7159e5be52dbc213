/** What holds of the structure of any message, however its octets arrive. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, everyOctet, hostileOctets } from '../../test/arbitraries.js'
import { type MimeLimits, mimeLimits } from '../core/limits.js'
import type { MessageIndex, PartIndex } from './index-types.js'
import { MessageIndexer } from './structure.js'

const CORPUS = new URL('../../test/fixtures/corpus/', import.meta.url)
const corpus = readdirSync(CORPUS)
  .filter((name) => name.endsWith('.eml'))
  .map((name): [string, Buffer] => [name, readFileSync(new URL(name, CORPUS))])

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')

function indexOf(chunks: Iterable<Uint8Array>, limits: MimeLimits = mimeLimits): MessageIndex {
  const indexer = new MessageIndexer(limits)
  for (const chunk of chunks) indexer.push(chunk)
  return indexer.end()
}

/** Children lie inside their parents in order; a body follows its header. */
function checkRanges(part: PartIndex, size: number): void {
  expect(part.header.start).toBeLessThanOrEqual(part.header.end)
  expect(part.header.end).toBe(part.body.start)
  expect(part.body.start).toBeLessThanOrEqual(part.body.end)
  expect(part.body.end).toBeLessThanOrEqual(size)
  expect(part.parts.length > 0).toBe(part.kind !== 'leaf')
  let from = part.body.start
  for (const inner of part.parts) {
    expect(inner.header.start).toBeGreaterThanOrEqual(from)
    expect(inner.body.end).toBeLessThanOrEqual(part.body.end)
    from = inner.body.end
    checkRanges(inner, size)
  }
  const [only] = part.parts
  if (part.kind !== 'message' || only === undefined) return
  expect(part.parts).toHaveLength(1)
  expect({ start: only.header.start, end: only.body.end }).toEqual(part.body)
}

function checkAll(message: Buffer): void {
  const index = indexOf([message])
  expect(index.size).toBe(message.length)
  expect(index.root.header.start).toBe(0)
  expect(index.root.body.end).toBe(message.length)
  checkRanges(index.root, message.length)
}

/** Lines that MIME is made of, in any order, most often in a multipart. */
const nasty = fc
  .array(
    fc.constantFrom(
      ...['--a', '--b', '--a--', '--b--', '--ab', '--', '-', '', '', '', ' ', 'x', 'A: 1', '\r', '\0', 'From '],
      ...['Content-Type: multipart/mixed; boundary=a', 'Content-Type: multipart/digest;\r\n boundary="b"'],
      ...[
        'Content-Type: message/rfc822',
        'Content-Type: text/plain',
        'Content-Type: image/png',
        'Content-Transfer-Encoding: base64',
      ],
    ),
    { maxLength: 60 },
  )
  .chain((lines) => fc.tuple(fc.constant(lines), fc.array(fc.constantFrom('\n', '\r\n', '\r\n', ''), { minLength: 1 })))
  .map(([lines, ends]) => {
    const all = lines.length % 4 === 0 ? lines : ['Content-Type: multipart/mixed; boundary=a', '', ...lines]
    return octets(all.map((line, i) => `${line}${ends[i % ends.length]}`).join(''))
  })

describe('properties', () => {
  test.each(corpus)('%s: any cut gives the same index, and its ranges fit', (_, message) => {
    const whole = indexOf([message])
    checkAll(message)
    expect(indexOf(everyOctet(message))).toEqual(whole)
    fc.assert(
      fc.property(cut(message), (chunks) => {
        expect(indexOf(chunks)).toEqual(whole)
      }),
      { numRuns: 10 },
    )
  })

  test('nasty MIME: ranges fit', () => {
    fc.assert(fc.property(nasty, checkAll), { numRuns: 3000 })
  })

  test('nasty MIME: any cut gives the same index', () => {
    const limits = fc.constantFrom(mimeLimits, { ...mimeLimits, parts: 4, depth: 2, headerOctets: 30 })
    const cutMessage = nasty.chain((message) => fc.tuple(fc.constant(message), cut(message), limits))
    fc.assert(
      fc.property(cutMessage, ([message, chunks, limits]) => {
        const whole = indexOf([message], limits)
        expect(indexOf(chunks, limits)).toEqual(whole)
        expect(indexOf(everyOctet(message), limits)).toEqual(whole)
      }),
      { numRuns: 2000 },
    )
  })

  test('a message cut in two at every octet', () => {
    const image = 'Content-Type: image/png\r\n\r\n-\n-\r\n--\r\n--b\r\n\r\n--ab\r\n'
    const message = octets(
      `A: 1\r\nContent-Type: multipart/mixed; boundary=aa\r\n\r\n\r\n--aa\r\n${image}--aa\r\n${image}--aa--\r\n`,
    )
    const whole = indexOf([message])
    expect(whole.root.parts).toHaveLength(2)
    for (let at = 0; at <= message.length; at++) {
      expect(indexOf([message.subarray(0, at), message.subarray(at)])).toEqual(whole)
    }
  })

  test('the caller may reuse its chunk', () => {
    for (const [, message] of corpus) {
      const indexer = new MessageIndexer()
      for (const octet of everyOctet(message)) {
        const chunk = Buffer.from(octet)
        indexer.push(chunk)
        chunk.fill(0)
      }
      expect(indexer.end()).toEqual(indexOf([message]))
    }
  })

  test('no octets make it fail', () => {
    fc.assert(fc.property(hostileOctets('\r\n-:;="/ab \0'), checkAll), { numRuns: 1000 })
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => checkAll(Buffer.from(bytes))))
  })
})
