/** BODY and BODYSTRUCTURE on the wire. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileOctets } from '../../test/arbitraries.js'
import { readList } from '../../test/imap-list.js'
import { type MimeLimits, mimeLimits } from '../core/limits.js'
import { MessageIndexer } from './structure.js'

function structureOf(text: string, limits: MimeLimits = mimeLimits): { body: string; bodyStructure: string } {
  const indexer = new MessageIndexer(limits)
  indexer.push(Buffer.from(text, 'latin1'))
  return indexer.end()
}

const crlf = (text: string): string => text.replaceAll('\n', '\r\n')
const NO_ENVELOPE = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'
const NO_ENVELOPE_LIST = Array(10).fill(null)
const PLAIN = '"TEXT" "PLAIN" ("CHARSET" "US-ASCII")'

describe('one part', () => {
  test.each<[string, string]>([
    ['', `(${PLAIN} NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)`],
    ['\na\nb', `(${PLAIN} NIL NIL "7BIT" 4 1 NIL NIL NIL NIL)`],
    ['Content-Type: text/plain\n\na\n', '("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3 1 NIL NIL NIL NIL)'],
    ['Content-Type: text/plain; Format=flowed\n\n', '("TEXT" "PLAIN" ("Format" "flowed" "CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)'], // biome-ignore format: a table
    ['Content-Type: Text/Html; charset="UTF-8" (a)\n\n', '("TEXT" "HTML" ("charset" "UTF-8") NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)'], // biome-ignore format: a table
    ['Content-Type: text/html\n\n', '("TEXT" "HTML" NIL NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)'],
    ['Content-Type: nonsense\n\n', `(${PLAIN} NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)`], // RFC 2045 §5.2
    ['Content-Type: image/png\n\nabc', '("IMAGE" "PNG" NIL NIL NIL "7BIT" 3 NIL NIL NIL NIL)'],
    ['Content-Type: a/b; n="\xe9"\n\n', '("A" "B" ("n" {1}\r\n\xe9) NIL NIL "7BIT" 0 NIL NIL NIL NIL)'],
    ["Content-Type: a/b; n*0*=utf-8''%41; n*1=\"b\"\n\n", '("A" "B" ("n*0*" "utf-8\'\'%41" "n*1" "b") NIL NIL "7BIT" 0 NIL NIL NIL NIL)'], // biome-ignore format: a table
    ['Content-Type: a/b\nContent-ID: <x@y>\nContent-Description: Some\n thing\nContent-Transfer-Encoding: base64 (a)\n\n', '("A" "B" NIL "<x@y>" "Some thing" "BASE64" 0 NIL NIL NIL NIL)'], // biome-ignore format: a table
    ['Content-Type: a/b\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\nContent-Disposition: attachment; filename="a b"\nContent-Language: en, (French) fr\nContent-Location: http://x/\n y\n\n', '("A" "B" NIL NIL NIL "7BIT" 0 "Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("filename" "a b")) ("en" "fr") "http://x/y")'], // biome-ignore format: a table
    ['Content-Type: a/b\nContent-Disposition:\nContent-Language:\nContent-Transfer-Encoding:\n\n', '("A" "B" NIL NIL NIL "7BIT" 0 NIL NIL NIL NIL)'], // biome-ignore format: a table
    ['Content-Type: message/rfc822\n\nSubject: x\n\na\n', `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 17 (NIL "x" NIL NIL NIL NIL NIL NIL NIL NIL) (${PLAIN} NIL NIL "7BIT" 3 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)`], // biome-ignore format: a table
    ['Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nAAAA\n', `("MESSAGE" "RFC822" NIL NIL NIL "BASE64" 6 ${NO_ENVELOPE} (${PLAIN} NIL NIL "7BIT" 0 0 NIL NIL NIL NIL) 1 NIL NIL NIL NIL)`], // biome-ignore format: a table
    ['Content-Type: message/partial; id=x\n\nabc\n', '("MESSAGE" "PARTIAL" ("id" "x") NIL NIL "7BIT" 5 NIL NIL NIL NIL)'], // biome-ignore format: a table
  ])('%j', (text, expected) => {
    const { body, bodyStructure } = structureOf(crlf(text))
    expect(bodyStructure).toBe(expected)
    if (!text.includes('message/rfc822')) expect(expected.startsWith(body.slice(0, -1)), body).toBe(true)
  })
})

test('a multipart, with and without extension data', () => {
  const text = crlf(`Content-Type: multipart/mixed; boundary="b b"
Content-Disposition: inline
Content-Language: de

preamble
--b b

one
two

--b b
Content-Type: application/pdf; name=x.pdf
Content-Disposition: attachment
Content-Transfer-Encoding: base64

AAAA
--b b--
`)
  const { body, bodyStructure } = structureOf(text)
  expect(body).toBe(`((${PLAIN} NIL NIL "7BIT" 10 2)("APPLICATION" "PDF" ("name" "x.pdf") NIL NIL "BASE64" 4) "MIXED")`)
  expect(bodyStructure).toBe(
    `((${PLAIN} NIL NIL "7BIT" 10 2 NIL NIL NIL NIL)` +
      '("APPLICATION" "PDF" ("name" "x.pdf") NIL NIL "BASE64" 4 NIL ("attachment" NIL) NIL NIL) ' +
      '"MIXED" ("boundary" "b b") ("inline" NIL) ("de") NIL)',
  )
})

test('lines are counted in text and messages, whatever stands between them', () => {
  const text = crlf(`Content-Type: multipart/mixed; boundary=o

--o
Content-Type: image/png

1
2
3
--o

a
b
--o
Content-Type: message/rfc822

Content-Type: multipart/x; boundary=i

preamble
--i
Content-Type: image/png

1
2
--i--
epilogue

--o
Content-Type: text/html

c

--o--
`)
  const lines = [...structureOf(text).body.matchAll(/\("TEXT" .*?"7BIT" \d+ (\d+)\)|"X"\) (\d+)/g)]
  expect(lines.map(([, text, message]) => text ?? message)).toEqual(['1', '10', '1'])
})

test('the embedded message is described with its own envelope', () => {
  const inner = 'From: a@b\r\nSubject: in\r\nContent-Type: message/rfc822\r\n\r\nSubject: inmost\r\n\r\nx'
  const { body } = structureOf(`Subject: out\r\nContent-Type: message/rfc822\r\n\r\n${inner}`)
  expect(body).not.toContain('"out"')
  expect(body).toContain('(NIL "in" ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL)')
  expect(body).toContain('(NIL "inmost" NIL NIL NIL NIL NIL NIL NIL NIL)')
})

describe('whatever the header says, the text is a list', () => {
  const names = fc.constantFrom(
    ...['Content-Type: ', 'Content-Type: multipart/x; boundary=', 'Content-Type: text/', 'Content-Disposition: '],
    ...['Content-Language: ', 'Content-Location: ', 'Content-ID: ', 'Content-Transfer-Encoding: ', 'Content-MD5: '],
    ...['From: ', 'To: g:', 'Subject: ', 'Content-Type: message/rfc822; x='],
  )
  const field = fc
    .tuple(names, hostileOctets('"\\()<>@,;:=/ \t\0\xffa'))
    .map(([name, value]) => name + value.toString('latin1'))

  test('of the grammar', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
        const text = `${fields.join('\r\n')}\r\n\r\n${fields.join('\r\n')}\r\n\r\nx`
        const indexer = new MessageIndexer()
        indexer.push(Buffer.from(text, 'latin1'))
        const index = indexer.end()
        expect(readList(index.envelope)).toHaveLength(10)
        readList(index.body)
        readList(index.bodyStructure)
        expect(index.envelope + index.bodyStructure).not.toContain('\0')
      }),
      { numRuns: 1000 },
    )
  })

  test('also when it gets too long and less is said', () => {
    const part =
      '--b\r\nContent-Type: message/rfc822; name=long-enough\r\n\r\nSubject: x\r\nContent-Type: a/b\r\n\r\n\r\n'
    const text = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(20)}--b\r\nContent-Type: multipart/y; boundary=c\r\n\r\n--c\r\n`
    const { bodyStructure } = structureOf(text, { ...mimeLimits, responseOctets: 700 })
    const list = readList(bodyStructure)
    expect(list.slice(21)).toEqual(['MIXED', ['boundary', 'b'], null, null, null])
    expect(bodyStructure.match(/long-enough/g)?.length).toBeLessThan(10)
    expect(list.slice(19, 21)).toEqual([
      ['MESSAGE', 'RFC822', null, null, null, '7BIT', 33, NO_ENVELOPE_LIST, ['APPLICATION', 'OCTET-STREAM', null, null, null, '7BIT', 0, null, null, null, null], 3, null, null, null, null], // biome-ignore format: a list
      [['TEXT', 'PLAIN', null, null, null, '7BIT', 0, 0, null, null, null, null], 'MIXED', null, null, null, null], // biome-ignore format: a list
    ])
  })
})
