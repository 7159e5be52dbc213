/** The structure of messages: ranges, cuts, hostile input. */
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

/** Kind, header and body of a part; children inside. */
type Shown = [kind: string, header: string, body: string, parts?: Shown[]]

function show(part: PartIndex, text: string): Shown {
  const header = text.slice(part.header.start, part.header.end)
  const body = text.slice(part.body.start, part.body.end)
  return part.parts.length === 0
    ? [part.kind, header, body]
    : [part.kind, header, body, part.parts.map((inner) => show(inner, text))]
}

const crlf = (text: string): string => text.replaceAll('\n', '\r\n')
const partsOf = (text: string, limits?: MimeLimits): Shown[] =>
  show(indexOf([octets(text)], limits).root, text)[3] ?? []
/** Bodies of the parts of a multipart/mixed with boundary `b`. */
const bodies = (body: string): string[] => partsOf(`${MIXED}\r\n${crlf(body)}`).map(([, , text]) => text)

const MIXED = 'Content-Type: multipart/mixed; boundary=b\r\n'

describe('a message without parts', () => {
  test.each<[string, string, string]>([
    ['', '', ''],
    ['A: 1\r\n\r\nbody\r\n', 'A: 1\r\n\r\n', 'body\r\n'],
    ['A: 1\n\nbody\n', 'A: 1\n\n', 'body\n'],
    ['A: 1\r\n', 'A: 1\r\n', ''],
    ['A: 1', 'A: 1', ''],
    ['A: 1\r\n\r\n', 'A: 1\r\n\r\n', ''],
    ['\r\nbody', '\r\n', 'body'],
    ['\nbody', '\n', 'body'],
    ['\r\n', '\r\n', ''],
    ['body', '', 'body'],
    ['two words: no field', '', 'two words: no field'],
    ['body\r\nA: 1\r\n\r\n', '', 'body\r\nA: 1\r\n\r\n'],
    [': no name\r\n\r\n', '', ': no name\r\n\r\n'],
    [' folded: nothing\r\n\r\n', '', ' folded: nothing\r\n\r\n'],
    ['\xe9: x\r\n\r\n', '', '\xe9: x\r\n\r\n'],
    ['\rA: x\r\n\r\n', '', '\rA: x\r\n\r\n'],
    ['--b\r\nA: 1\r\n\r\n', '', '--b\r\nA: 1\r\n\r\n'],
    ['-: 1\r\n\r\n', '-: 1\r\n\r\n', ''],
    ['A : 1\r\n\r\nx', 'A : 1\r\n\r\n', 'x'],
    ['A: 1\r\nno field\r\n\r\nx', 'A: 1\r\nno field\r\n\r\n', 'x'],
    ['A: 1\r\n\0\r\n\r\n\0', 'A: 1\r\n\0\r\n\r\n', '\0'],
    ['A: 1\r\n \r\n\r\nx', 'A: 1\r\n \r\n\r\n', 'x'],
    ['A: 1\r\r\n\r\nx', 'A: 1\r\r\n\r\n', 'x'],
    ['A: 1\r\n\rx\r\n\r\nx', 'A: 1\r\n\rx\r\n\r\n', 'x'],
    ['From a@b Mon Jan 1\r\nA: 1\r\n\r\nx', 'From a@b Mon Jan 1\r\nA: 1\r\n\r\n', 'x'],
    ['>From a@b\r\nA: 1\r\n\r\nx', '>From a@b\r\nA: 1\r\n\r\n', 'x'],
  ])('%j', (text, header, body) => {
    expect(show(indexOf([octets(text)]).root, text)).toEqual(['leaf', header, body])
  })

  test('a first line that might be a field name for ever is body', () => {
    const text = 'x'.repeat(mimeLimits.fieldName + 1)
    expect(show(indexOf([octets(`${text}: y`)]).root, `${text}: y`)).toEqual(['leaf', '', `${text}: y`])
    expect(indexOf([octets(`${text.slice(1)}: y`)]).root.header.end).toBe(mimeLimits.fieldName + 3)
  })
})

describe('boundaries', () => {
  test.each<[string, string[]]>([
    ['--b\n\none\n--b\n\ntwo\n--b--\n', ['one', 'two']],
    ['preamble\n--b\n\none\n--b--\nepilogue\n--b\n\nnot a part\n', ['one']],
    ['--b\n\none\n\n--b--', ['one\r\n']],
    ['--b\n\none', ['one']],
    ['--b\n\none\n', ['one\r\n']],
    ['--b\n\none\n--b', ['one']],
    ['--b\n\none\n--b\n', ['one', '']],
    ['--b  \t\n\none\n--b-- \n', ['one']],
    ['--b\n\none\n --b\n\ntwo\n--b--', ['one\r\n --b\r\n\r\ntwo']],
    ['--b\n\none--b\n--b--', ['one--b']],
    ['--b\n\none\n--\n---b\n-b\n--c\n--b--', ['one\r\n--\r\n---b\r\n-b\r\n--c']],
    ['--b\n--b\n\n--b\n\n\n--b--', ['', '', '']],
    ['--b\n\n--b--', ['']],
    ['--bb\n\none\n--b--', ['one']], // RFC 2046 §5.1.1: it need only begin with it
  ])('%j', (body, expected) => {
    expect(bodies(body)).toEqual(expected)
  })

  test('bare LF before a boundary belongs to it too', () => {
    expect(partsOf(`${MIXED}\n--b\n\none\n--b\r\n\r\ntwo\r\n--b--`).map((part) => part[2])).toEqual(['one', 'two'])
    expect(partsOf(`${MIXED}\n--b\n\none\r\r\n--b--`).map((part) => part[2])).toEqual(['one\r'])
  })

  test.each<[string, string, string]>([
    ['--b\nA: 1\n\none\n--b--', 'A: 1\r\n\r\n', 'one'],
    ['--b\nA: 1\n--b--', 'A: 1\r\n', ''],
    ['--b\nA: 1', 'A: 1', ''],
    ['--b\nno header\n\nmore\n--b--', '', 'no header\r\n\r\nmore'],
    ['--b\n--x\nA: 1\n\n--b--', '', '--x\r\nA: 1\r\n'],
    ['--b\n-x\n--b--', '', '-x'],
    ['--b\n-X: 1\n\n--b--', '-X: 1\r\n\r\n', ''],
    ['--b\nA: 1\n--x\nB: 2\n\nx\n--b--', 'A: 1\r\n--x\r\nB: 2\r\n\r\n', 'x'],
  ])('the header of a part: %j', (body, header, text) => {
    expect(partsOf(`${MIXED}\r\n${crlf(body)}`)[0]).toEqual(['leaf', header, text])
  })

  test.each<[string, string]>([
    ['no boundary parameter', 'Content-Type: multipart/mixed\r\n'],
    ['an empty one', 'Content-Type: multipart/mixed; boundary=""\r\n'],
    ['one that never comes', MIXED],
  ])('%s: the multipart is plain text', (_, header) => {
    const text = `${header}\r\n--\r\n\r\nx\r\n----\r\n`
    const index = indexOf([octets(text)])
    expect(show(index.root, text)).toEqual(['leaf', `${header}\r\n`, '--\r\n\r\nx\r\n----\r\n'])
    expect(index.body).toBe('("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 15 4)')
  })
})

describe('nesting', () => {
  const nested = (outer: string, inner: string, body: string): Shown[] =>
    partsOf(
      `Content-Type: multipart/mixed; boundary="${outer}"\r\n\r\n--${outer}\r\n` +
        `Content-Type: multipart/alternative; boundary="${inner}"\r\n\r\n${crlf(body)}`,
    )
  const texts = ([kind, , body, parts]: Shown): unknown => (kind === 'leaf' ? body : (parts ?? []).map(texts))

  test.each<[string, string, string, unknown[]]>([
    ['o', 'i', '--i\n\none\n--i\n\ntwo\n--i--\n--o\n\nthree\n--o--', [['one', 'two'], 'three']],
    ['o', 'i', '--i\n\none\n--o\n\nthree\n--o--', [['one'], 'three']],
    ['o', 'i', '--i\n\none\n--o--\n--i\n\nnot a part', [['one']]],
    ['o', 'i', '--i\n\none\n--i--\nepilogue\n--i\n--o--', [['one']]],
    ['o', 'oo', '--oo\n\none\n--oo--\n--o\n\ntwo\n--o--', [['one'], 'two']],
    ['oo', 'o', '--o\n\none\n--oo\n\ntwo\n--oo--', [['one'], 'two']],
    ['o', 'o', '--o\n\none\n--o--\n--o\n\ntwo\n--o--', [['one'], 'two']],
    ['o', 'o--', '--o--\n\none\n--o----\n--o\n\ntwo\n--o--', [['one'], 'two']],
    ['o', 'i', '--o\n\ntwo\n--o--', ['', 'two']],
  ])('%j around %j: %j', (outer, inner, body, expected) => {
    expect(nested(outer, inner, body).map(texts)).toEqual(expected)
  })

  test('the CRLF before an outer boundary is in no part, the inner close delimiter is in the inner body', () => {
    expect(nested('o', 'i', '--i\n\none\n--i--\n\n--o--')[0]?.[2]).toBe('--i\r\n\r\none\r\n--i--\r\n')
  })

  test('a message in a message', () => {
    const text = crlf('Content-Type: message/rfc822\n\nSubject: in\n\nbody\n')
    expect(partsOf(text)).toEqual([['leaf', 'Subject: in\r\n\r\n', 'body\r\n']])
  })

  test.each(['7bit', '8bit', 'BINARY', '8bit (comment)'])('a message in %s is looked into', (encoding) => {
    const header = `Content-Type: Message/Global\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
    expect(partsOf(`${header}\r\nx`)).toEqual([['leaf', '\r\n', 'x']])
  })

  test.each(['base64', 'quoted-printable', 'x-uuencode'])('one in %s is not', (encoding) => {
    const header = `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
    expect(partsOf(`${header}A: 1\r\n\r\nx`)).toEqual([])
  })

  test('in a digest a part without a type is a message, one with a type is not', () => {
    const text = crlf(
      'Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: 1\n\none\n--b\nContent-Type: text/plain\n\ntwo\n--b\nx y\n--b--',
    )
    expect(partsOf(text).map(([kind, , body, parts]) => [kind, body, parts])).toEqual([
      ['message', 'A: 1\r\n\r\none', [['leaf', 'A: 1\r\n\r\n', 'one']]],
      ['leaf', 'two', undefined],
      ['message', 'x y', [['leaf', '', 'x y']]],
    ])
  })

  test('a message of which only the header is there', () => {
    expect(partsOf('Content-Type: message/rfc822\r\n')).toEqual([['leaf', '', '']])
    expect(partsOf(`${MIXED}\r\n--b\r\nContent-Type: message/rfc822\r\n--b--`)).toEqual([
      ['message', 'Content-Type: message/rfc822\r\n', '', [['leaf', '', '']]],
    ])
  })

  test('a multipart in a message ends with the boundary around it', () => {
    const text = crlf(
      'Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n' +
        'Content-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--o\n\ntwo\n--o--',
    )
    expect(partsOf(text).map(texts)).toEqual([[['one']], 'two'])
  })
})

describe('limits', () => {
  const body = '\r\n--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b\r\n\r\n3\r\n--b--\r\n'

  test('past the last part the rest is its body', () => {
    const parts = partsOf(`${MIXED}${body}`, { ...mimeLimits, parts: 3 })
    expect(parts.map((part) => part[2])).toEqual(['1', '2\r\n--b\r\n\r\n3\r\n--b--\r\n'])
    expect(partsOf(`${MIXED}${body}`, { ...mimeLimits, parts: 1 })).toEqual([])
  })

  test('what is too deep is a leaf', () => {
    const message = 'Content-Type: message/rfc822\r\n\r\n'
    const depth = (part: PartIndex): number => 1 + Math.max(0, ...part.parts.map(depth))
    expect(depth(indexOf([octets(message.repeat(100))]).root)).toBe(mimeLimits.depth + 1)
    expect(depth(indexOf([octets(`${MIXED}${body}`)], { ...mimeLimits, depth: 0 }).root)).toBe(1)
  })

  test('of a long header only the beginning is looked at, but all of it is in the range', () => {
    const header = `Subject: first\r\nTo: a@b\r\n${'X: y\r\n'.repeat(100)}\r\n`
    const index = indexOf([octets(`${header}body`)], { ...mimeLimits, headerOctets: 20 })
    expect(index.root.header).toEqual({ start: 0, end: header.length })
    expect(index.envelope).toBe('(NIL "first" NIL NIL NIL NIL NIL NIL NIL NIL)')
    expect(indexOf(everyOctet(octets(`${header}body`)), { ...mimeLimits, headerOctets: 20 })).toEqual(index)
  })
})

describe('Message-ID and Received', () => {
  test('those of the message itself', () => {
    const inner = 'Received: x\r\nMessage-ID: <in@x>\r\n\r\n'
    const index = indexOf([octets(`Received: a\r\nRECEIVED: b\r\nContent-Type: message/rfc822\r\n\r\n${inner}`)])
    expect(index.receivedFields).toBe(2)
    expect(index.messageId).toBeNull()
    expect(indexOf([octets(inner)]).messageId).toBe('<in@x>')
  })
})

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
      ...['Content-Type: message/rfc822', 'Content-Type: text/plain', 'Content-Transfer-Encoding: base64'],
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

describe('hostile sizes', () => {
  const CHUNK = 64 * 1024
  function chunked(text: string): Buffer[] {
    const all = octets(text)
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
