/** Charsets: names, wrong octets, and that the cutting makes no difference. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { CharsetDecoder, decodeCharset, prepareCharsets } from './charset.js'

test.each([
  [null, Buffer.from('ä'), 'ä'],
  [null, Buffer.from([0xe4]), 'ä'],
  ['us-ascii', Buffer.from('ä'), 'ä'],
  ['KOI8-R', Buffer.from([0xd0]), 'п'],
  ['utf-8', Buffer.from([0xff]), '\ufffd'],
  ['utf8', Buffer.from('ä'), 'ä'],
  ['win-1252', Buffer.from([0x80]), '€'],
  ['UTF-7', Buffer.from('gr+APw-n +-'), 'grün +'],
  ['iso-2022-jp', Buffer.from('1b2442467c4b5c1b2842', 'hex'), '日本'],
  ['gb2312', Buffer.from('d6d0', 'hex'), '中'],
  ['constructor', Buffer.from('ä'), 'ä'],
  ['x-nonsense', Buffer.from([0xe4]), 'ä'],
  [null, Buffer.from('ä'.repeat(5000)), 'ä'.repeat(5000)],
  [null, Buffer.from(`x${'ä'.repeat(5000)}`), `x${'ä'.repeat(5000)}`],
])('charset %s, case %#', (charset, octets, text) => {
  expect(decodeCharset(charset, octets)).toBe(text)
})

/** Over the edge of the blocks in which text is decoded. */
const LONG = Buffer.alloc(4090, 'x')

test.each([
  ...['utf-8', 'utf-7', 'utf-16', 'utf-16be', 'utf-32le', 'iso-8859-15', 'windows-1251', 'koi8-u', 'macintosh'],
  ...['shift_jis', 'euc-jp', 'iso-2022-jp', 'gbk', 'gb18030', 'big5', 'euc-kr', 'iso-2022-kr', 'x-nonsense'],
])('%s: any octets are a text, and how they are cut makes no difference', (charset) => {
  const octet = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x1b, 0x24, 0x42, 0x2b, 0x2d, 0x81, 0xfe))
  const octets = fc.array(octet, { maxLength: 60 }).map((all) => Buffer.from([...all, ...LONG, ...all]))
  fc.assert(
    fc.property(
      octets.chain((all) => fc.tuple(fc.constant(all), cut(all))),
      ([all, pieces]) => {
        const decoder = new CharsetDecoder(charset)
        const text = pieces.map((piece) => decoder.push(Buffer.from(piece))).join('') + decoder.end()
        expect(text).toBe(decodeCharset(charset, all))
      },
    ),
    { numRuns: 300 },
  )
})

test('all charsets can be prepared', () => {
  prepareCharsets()
  expect(decodeCharset('big5', Buffer.from('a4a4', 'hex'))).toBe('中')
})
