import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Built, build, leaf, message, mimeTree } from '../../../test/mime-tree.js'
import type { BlobReader } from '../../store/store.js'
import type { Section } from '../sections.js'
import { sectionOctets, type Window } from './fetch-octets.js'

/** A blob in a file, as far as a reader can tell; pieces are of `piece` octets. */
function streamed(bytes: Buffer, piece = 64 * 1024): BlobReader {
  async function* read(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; at += piece) yield bytes.subarray(at, Math.min(end, at + piece))
  }
  return { size: bytes.length, bytes: null, read }
}

const inline = (bytes: Buffer): BlobReader => ({ ...streamed(bytes), bytes })

/** The octets as they would be sent, or null for NIL; a stream of another length than it says fails. */
async function octets(blob: BlobReader, { index }: Built, section: Section, window: Window | null = null) {
  const value = await sectionOctets(blob, index, section, window)
  if (value.kind === 'nil') return null
  if (value.kind === 'bytes') return value.bytes.toString('latin1')
  const pieces: Buffer[] = []
  for await (const piece of value.source) pieces.push(piece)
  const sent = Buffer.concat(pieces)
  expect(sent.length).toBe(value.size)
  return sent.toString('latin1')
}

const WHOLE: Section = { part: [], text: { kind: 'whole' } }
const fields = (names: string[], not = false): Section => ({ part: [], text: { kind: 'fields', not, names } })

const sections: fc.Arbitrary<Section> = fc.record({
  part: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
  text: fc.oneof(
    fc.constantFrom({ kind: 'whole' as const }, { kind: 'header' as const }, { kind: 'text' as const }),
    fc.record({
      kind: fc.constant('fields' as const),
      not: fc.boolean(),
      names: fc.uniqueArray(fc.constantFrom('subject', 'DATE', 'From', 'x-absent'), { minLength: 1 }),
    }),
  ),
})

describe('partial ranges of a message of 10 octets (RFC 3501 §6.4.5)', () => {
  const built = build(leaf('01234567'))
  const text = built.bytes.toString('latin1')
  test.each<[number, number, string]>([
    [0, 10, text],
    [0, 2048, text],
    [0, 1, text.slice(0, 1)],
    [9, 1, text.slice(9)],
    [9, 4_294_967_295, text.slice(9)],
    [3, 4, text.slice(3, 7)],
    [10, 1, ''],
    [11, 5, ''],
    [4_294_967_295, 4_294_967_295, ''],
  ])('<%i.%i>', async (origin, count, expected) => {
    expect(text).toHaveLength(10)
    for (const blob of [inline(built.bytes), streamed(built.bytes, 3)])
      expect(await octets(blob, built, WHOLE, { origin, count })).toBe(expected)
  })
})

test('pieces of any size put together are the whole, wherever the octets are kept', async () => {
  await fc.assert(
    fc.asyncProperty(mimeTree, sections, fc.integer({ min: 1, max: 400 }), async (tree, section, count) => {
      const built = build(tree)
      const whole = await octets(inline(built.bytes), built, section)
      for (const blob of [inline(built.bytes), streamed(built.bytes, 7)]) {
        expect(await octets(blob, built, section)).toBe(whole)
        let joined = ''
        for (let origin = 0; whole !== null; origin += count) {
          const piece = await octets(blob, built, section, { origin, count })
          joined += piece
          if (piece === '') break
        }
        if (whole !== null) expect(joined).toBe(whole)
      }
    }),
    { numRuns: 150 },
  )
})

test('HEADER.FIELDS and HEADER.FIELDS.NOT share out the header between them', async () => {
  await fc.assert(
    fc.asyncProperty(mimeTree, fc.subarray(['Subject', 'date', 'FROM', 'To']), async (tree, some) => {
      const built = build(tree)
      const names = [...some, 'X-Absent']
      const blob = inline(built.bytes)
      const chosen = (await octets(blob, built, fields(names))) ?? ''
      const others = (await octets(blob, built, fields(names, true))) ?? ''
      const header = (await octets(blob, built, { part: [], text: { kind: 'header' } })) ?? ''
      // Both end in the empty line.
      expect(chosen.endsWith('\r\n') && others.endsWith('\r\n')).toBe(true)
      expect(chosen.length + others.length).toBe(header.length + 2)
      const lines = (text: string): string[] => text.split('\r\n').sort()
      expect(lines(chosen + others.slice(0, -2))).toEqual(lines(header))
    }),
    { numRuns: 200 },
  )
})

describe('header fields', () => {
  const built = build(
    message(
      leaf('b', 'Subject: inner\r\nDate: d\r\n'),
      'Received: a\r\n\tb\r\nSUBJECT : outer\r\nSubject2: no\r\nsubject: again\r\n',
    ),
  )
  test.each<[string, Section, Window | null, string | null]>([
    [
      'any case, folds, repeats',
      fields(['subject', 'RECEIVED']),
      null,
      'Received: a\r\n\tb\r\nSUBJECT : outer\r\nsubject: again\r\n\r\n',
    ],
    ['none: the empty line alone', fields(['X']), null, '\r\n'],
    ['all but', fields(['received', 'content-type', 'subject'], true), null, 'Subject2: no\r\n\r\n'],
    ['of the message inside', { ...fields(['Date']), part: [1] }, null, 'Date: d\r\n\r\n'],
    ['of no message', { ...fields(['Date']), part: [1, 1] }, null, null],
    ['counted after the choice', fields(['subject2']), { origin: 9, count: 4 }, ' no\r'],
    ['behind the end', fields(['subject2']), { origin: 16, count: 4 }, ''],
  ])('%s', async (_, section, window, expected) => {
    for (const blob of [inline(built.bytes), streamed(built.bytes, 1)])
      expect(await octets(blob, built, section, window)).toBe(expected)
  })

  test('a header of megabytes is streamed', async () => {
    const fill = `X-Fill: ${'x'.repeat(70)}\r\n`.repeat(30_000)
    const large = build(leaf('', `Subject: first\r\n${fill}Subject: last\r\n`))
    const opened: [number, number][] = []
    const source = streamed(large.bytes)
    const blob: BlobReader = {
      ...source,
      read(start, end) {
        opened.push([start, end])
        return source.read(start, end)
      },
    }
    expect(await octets(blob, large, fields(['subject']))).toBe('Subject: first\r\nSubject: last\r\n\r\n')
    expect(await octets(blob, large, fields(['subject'], true), { origin: 0, count: 80 })).toBe(fill.slice(0, 80))
    expect(await octets(blob, large, fields(['subject'], true))).toBe(`${fill}\r\n`)
    expect(opened).toHaveLength(6)
    const middle = { origin: 700_001, count: 100_000 }
    expect(await octets(blob, large, fields(['subject'], true), middle)).toBe(fill.slice(700_001, 800_001))
  })

  test('a message that is all header and has no empty line gets none', async () => {
    const bytes = Buffer.from('Subject: s\r\nDate: d\r\n')
    const all = { start: 0, end: bytes.length }
    const root = { kind: 'leaf' as const, header: all, body: { start: bytes.length, end: bytes.length }, parts: [] }
    const bare: Built = { bytes, index: { ...build(leaf('')).index, size: bytes.length, root } }
    expect(await octets(inline(bytes), bare, fields(['date']))).toBe('Date: d\r\n')
    expect(await octets(inline(bytes), bare, fields(['x']))).toBe('')
    expect(await octets(inline(bytes), bare, { part: [], text: { kind: 'text' } })).toBe('')
  })
})

test('octets of all kinds pass as they are stored', async () => {
  const every = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
  const built = build(leaf(every))
  expect(await octets(inline(built.bytes), built, { part: [], text: { kind: 'text' } })).toBe(every)
})
