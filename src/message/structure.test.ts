/** The structure of messages: what is header, body and part of what. */
import { describe, expect, test } from 'vitest'
import { everyOctet } from '../../test/arbitraries.js'
import { type MimeLimits, mimeLimits } from '../core/limits.js'
import type { MessageIndex, PartIndex } from './index-types.js'
import { MessageIndexer } from './structure.js'

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

  test('what ends with a header ends behind its line end, and so does all around it', () => {
    const [inner, outer] = nested('o', 'i', '--i\nA: 1\n--o\n\n--o--')
    expect(inner?.[2]).toBe('--i\r\nA: 1\r\n')
    expect(inner?.[3]).toEqual([['leaf', 'A: 1\r\n', '']])
    expect(outer).toEqual(['leaf', '\r\n', ''])
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
