/** The scan against a naive reading of the same octets, however they are cut. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut, everyOctet } from '../../test/arbitraries.js'
import { build, mimeTree } from '../../test/mime-tree.js'
import { mimeLimits } from '../core/limits.js'
import { BINARY, EIGHT_BIT, LONG_LINE, type Scan, SectionScanner } from './section-scan.js'
import { sectionsOf } from './sections.js'
import { MessageIndexer } from './structure.js'

function sectionsIn(message: Buffer) {
  const indexer = new MessageIndexer()
  indexer.push(message)
  return sectionsOf(indexer.end().root, 0)
}

function scanOf(message: Buffer, pieces: Iterable<Buffer> = [message]): Scan {
  const scanner = new SectionScanner(sectionsIn(message).sections)
  for (const piece of pieces) scanner.push(piece)
  return scanner.end()
}

/** Without long lines. */
function naive(message: Buffer): number[] {
  const text = message.toString('latin1')
  return sectionsIn(message).sections.map(({ range: { start, end } }) => {
    let traits = 0
    for (let at = start; at < end; at++) {
      const [before, octet = '', after] = [text[at - 1], text[at], text[at + 1]]
      if (octet >= '\x80') traits |= EIGHT_BIT
      if (octet === '\0' || (octet === '\r' && after !== '\n') || (octet === '\n' && before !== '\r')) traits |= BINARY
    }
    return traits
  })
}

const message = fc.oneof(
  mimeTree.map((tree) => build(tree).bytes),
  fc
    .array(fc.constantFrom('\r', '\n', '\r\n', '\0', '\xe9', '--a', '\r\n\r\n', 'x', '--a--\r\n'))
    .map((lines) => Buffer.from(`Content-Type: multipart/x; boundary=a\r\n\r\n${lines.join('')}`, 'latin1')),
)

test('every octet is in one section, and each section has what is in it', () => {
  fc.assert(
    fc.property(message, (octets) => {
      const { sections, root } = sectionsIn(octets)
      let at = 0
      for (const { range } of sections) {
        expect(range.start).toBe(at)
        at = range.end
      }
      expect(at).toBe(octets.length)
      expect(root.end).toBe(sections.length)
      expect(Array.from(scanOf(octets).traits, (traits) => traits & ~LONG_LINE)).toEqual(naive(octets))
    }),
    { numRuns: 500 },
  )
})

test('how the octets are cut makes no difference', () => {
  fc.assert(
    fc.property(
      message.chain((octets) => fc.tuple(fc.constant(octets), cut(octets))),
      ([octets, pieces]) => {
        const whole = scanOf(octets)
        expect(scanOf(octets, pieces)).toEqual(whole)
        expect(scanOf(octets, everyOctet(octets))).toEqual(whole)
      },
    ),
  )
})

test.each([
  [998, 0],
  [999, LONG_LINE],
])('a line of %i octets', (length, traits) => {
  const line = 'x'.repeat(length)
  const part = `\r\n--a\r\n\r\n`
  for (const [text, body] of [
    [`\r\n${line}\r\n`, 1],
    [`\r\n${line}`, 1],
    [`Content-Type: multipart/x; boundary=a\r\n${part}${line}${part}short\r\n--a--\r\n`, 3],
  ] as const) {
    const scan = scanOf(Buffer.from(text))
    expect(Array.from(scan.traits)).toEqual(Array.from(scan.traits, (_, i) => (i === body ? traits : 0)))
  }
})

test('of a header that is too long, or has too many fields, nothing is said', () => {
  const long = `X: ${'x'.repeat(mimeLimits.headerOctets)}\r\n\r\n`
  expect(scanOf(Buffer.from(long)).headers[0]).toBeNull()
  expect(scanOf(Buffer.from(`${'A: 1\r\n'.repeat(mimeLimits.headerFields)}\r\n`)).headers[0]).toBeNull()
  expect(scanOf(Buffer.from('A: 1\r\n\r\n')).headers[0]).toMatchObject({ type: null, encoding: '7bit', end: 6 })
})
