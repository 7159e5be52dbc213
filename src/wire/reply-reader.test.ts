import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientLimits } from '../core/limits.js'
import { BadReply, ReplyReader, replyText, type SmtpReply } from './reply-reader.js'

/** All that come of `octets`, pushed in pieces that end at `cuts`. */
function repliesOf(octets: Buffer, cuts: readonly number[] = []): (SmtpReply | string)[] {
  const reader = new ReplyReader()
  const found: (SmtpReply | string)[] = []
  let from = 0
  try {
    for (const to of [...cuts, octets.length]) {
      reader.push(octets.subarray(from, to))
      from = to
      for (let reply = reader.next(); reply !== null; reply = reader.next()) found.push(reply)
    }
  } catch (error) {
    if (!(error instanceof BadReply)) throw error
    found.push(error.message)
  }
  return found
}

const read = (text: string) => repliesOf(Buffer.from(text))

test.each([
  ['250 ok\r\n', [{ code: 250, enhanced: null, lines: ['ok'] }]],
  ['250\r\n', [{ code: 250, enhanced: null, lines: [''] }]],
  ['250 \r\n', [{ code: 250, enhanced: null, lines: [''] }]],
  ['250-a\r\n250 b\r\n', [{ code: 250, enhanced: null, lines: ['a', 'b'] }]],
  ['250-a\r\n250\r\n', [{ code: 250, enhanced: null, lines: ['a', ''] }]],
  ['250 2.1.0 ok\r\n', [{ code: 250, enhanced: '2.1.0', lines: ['2.1.0 ok'] }]],
  ['550 5.7.26\r\n', [{ code: 550, enhanced: '5.7.26', lines: ['5.7.26'] }]],
  ['550-5.1.1 no\r\n550 5.1.1 such\r\n', [{ code: 550, enhanced: '5.1.1', lines: ['5.1.1 no', '5.1.1 such'] }]],
  ['220 ok\n354 go\n', [220, 354].map((code, i) => ({ code, enhanced: null, lines: [['ok', 'go'][i]] }))],
])('%j', (text, replies) => {
  expect(read(text)).toEqual(replies)
})

test.each(['450 5.1.1 other class', '250 2.1.0x', '250 2.1.0000 x', '250 2.1 x', '550 x 5.1.1'])(
  '%s has no enhanced code',
  (line) => {
    expect(read(`${line}\r\n`)).toMatchObject([{ enhanced: null }])
  },
)

test.each([
  'hello\r\n',
  '\r\n',
  ' 250 ok\r\n',
  '25 ok\r\n',
  '2500 ok\r\n',
  '150 soon\r\n',
  '650 x\r\n',
  '250_x\r\n',
  'HTTP/1.1 400 Bad Request\r\n',
  '\x16\x03\x01\n',
])('%j is no reply', (text) => {
  expect(read(text)).toEqual(['what it said is no SMTP reply'])
})

test('a reply with two codes is refused', () => {
  expect(read('250-a\r\n550 b\r\n')).toEqual(['a reply of it has two codes, 250 and 550'])
})

describe('bounds', () => {
  const { replyLine, replyLines, reply } = clientLimits
  const lineOf = (length: number): string => `250 ${'x'.repeat(length - 6)}\r\n`

  test('of a line', () => {
    expect(read(lineOf(replyLine))).toMatchObject([{ code: 250 }])
    expect(read(lineOf(replyLine + 1))).toEqual([`a line of its reply is longer than ${replyLine} octets`])
    expect(read(`250 ${'x'.repeat(replyLine)}`)).toEqual([`a line of its reply is longer than ${replyLine} octets`])
  })

  test('of the lines of a reply', () => {
    expect(read(`${'250-x\r\n'.repeat(replyLines - 1)}250 x\r\n`)).toMatchObject([{ code: 250 }])
    expect(read(`${'250-x\r\n'.repeat(replyLines)}250 x\r\n`)).toEqual([expect.stringContaining('more than')])
  })

  test('of all of a reply', () => {
    const long = `250-${'x'.repeat(4000)}\r\n`
    expect(read(long.repeat(Math.ceil(reply / long.length)))).toEqual([expect.stringContaining(`${reply} octets`)])
  })
})

test('control characters and what is not UTF-8 do not get through', () => {
  expect(read('250 a\0b\x1b[2Jc\td\u0085e\u2028f\r\n')).toMatchObject([{ lines: ['a b [2Jc d e f'] }])
  expect(repliesOf(Buffer.from('250 \xff\r\n', 'latin1'))).toMatchObject([{ lines: ['\ufffd'] }])
})

test('what waits is known', () => {
  const reader = new ReplyReader()
  expect(reader.pending).toBe(false)
  reader.push(Buffer.from('220 go\r\n250'))
  reader.next()
  expect(reader.pending).toBe(true)
  reader.push(Buffer.from('-x\r\n'))
  expect(reader.next()).toBe(null)
  expect(reader.pending).toBe(true)
  reader.push(Buffer.from('250 x\r\n'))
  reader.next()
  expect(reader.pending).toBe(false)
})

test.each([
  ['250 ok\r\n', '250 ok'],
  ['250\r\n', '250'],
  ['550-5.1.1 No such\r\n550-5.1.1  user\r\n550 5.1.1\r\n', '550 5.1.1 No such user'],
  ['550-a\r\n550-\r\n550 b\r\n', '550 a b'],
  [`550 ${'é'.repeat(1500)}\r\n`, `550 ${'é'.repeat(1019)}…`],
])('%j as a line', (octets, text) => {
  const [reply] = read(octets)
  expect(typeof reply === 'object' && replyText(reply)).toBe(text)
})

const line = fc.tuple(
  fc.constantFrom('220', '250', '354', '421', '550'),
  fc.constantFrom('-', ' '),
  fc.constantFrom('', 'ok', '2.1.0 fine', '5.1.1 no', 'ü'),
  fc.constantFrom('\r\n', '\n'),
)
const dialogue = fc.oneof(
  fc.array(line).map((lines) => Buffer.from(lines.map((parts) => parts.join('')).join(''))),
  fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets)),
  fc
    .tuple(fc.array(line), fc.uint8Array())
    .map(([lines, rest]) => Buffer.concat([Buffer.from(lines.flat().join('')), rest])),
)

test('any cut of any octets gives the same, and nothing but replies or BadReply', () => {
  fc.assert(
    fc.property(dialogue, fc.array(fc.nat()), (octets, points) => {
      const whole = repliesOf(octets)
      const cuts = points.map((point) => (octets.length === 0 ? 0 : point % octets.length)).sort((a, b) => a - b)
      expect(repliesOf(octets, cuts)).toEqual(whole)
      expect(repliesOf(octets, [...octets.keys()])).toEqual(whole)
    }),
    { numRuns: 300 },
  )
})
