import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wireLimits } from '../core/limits.js'
import { parseProxyHeader } from './proxy-header.js'

const SIGNATURE = '0d0a0d0a000d0a515549540a'
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const v2 = (rest: string): Buffer => hex(SIGNATURE + rest)
const v1 = (line: string): Buffer => Buffer.from(`${line}\r\n`, 'latin1')

const V4 = 'c0000201 cb007109 d903 0019'
const V6 = '20010db8000000000000000000000001 20010db8000000000000000000000002 d903 0019'

test.each([
  ['PROXY TCP4 192.0.2.1 203.0.113.9 55555 25', { address: '192.0.2.1', port: 55555 }],
  ['PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535', { address: '255.255.255.255', port: 65535 }],
  ['PROXY TCP4 192.0.2.1 203.0.113.9 0 0', { address: '192.0.2.1', port: 0 }],
  ['PROXY TCP6 2001:DB8:0:0:0:0:0:1 2001:db8::2 55555 25', { address: '2001:db8::1', port: 55555 }],
  ['PROXY UNKNOWN', null],
  ['PROXY UNKNOWN ffff:f...f:ffff any thing 65535', null],
])('version 1: %s', (line, client) => {
  const header = v1(line)
  expect(parseProxyHeader(Buffer.concat([header, Buffer.from('EHLO')]))).toEqual({
    kind: 'whole',
    client,
    length: header.length,
  })
})

test.each([
  ['PROXY TCP4 192.0.2.1 203.0.113.9 55555', 'wrong address or port'],
  ['PROXY TCP4 192.0.2.1 203.0.113.9 55555 25 1', 'wrong address or port'],
  ['PROXY TCP4 192.0.2.1  203.0.113.9 55555 25', 'wrong address or port'],
  ['PROXY TCP4 192.0.2.1 203.0.113.9 65536 25', 'wrong address or port'],
  ['PROXY TCP4 192.0.2.1 203.0.113.9 055 25', 'wrong address or port'],
  ['PROXY TCP4 192.0.2.1 203.0.113.9 -1 25', 'wrong address or port'],
  ['PROXY TCP4 192.0.2.256 203.0.113.9 1 25', 'wrong address or port'],
  ['PROXY TCP4 2001:db8::1 2001:db8::2 1 25', 'wrong address or port'],
  ['PROXY TCP6 192.0.2.1 203.0.113.9 1 25', 'wrong address or port'],
  ['PROXY TCP6 fe80::1%eth0 fe80::2 1 25', 'wrong address or port'],
  ['PROXY UDP4 192.0.2.1 203.0.113.9 1 25', 'unknown protocol'],
  ['PROXY ', 'unknown protocol'],
  ['PROXY tcp4 192.0.2.1 203.0.113.9 1 25', 'unknown protocol'],
  ['PROXX', 'no PROXY header'],
  ['EHLO me', 'no PROXY header'],
  ['\r\nPROXY', 'no PROXY header'],
  [`PROXY UNKNOWN ${'x'.repeat(92)}`, 'line too long'],
])('version 1, refused: %j', (line, why) => expect(parseProxyHeader(v1(line))).toEqual({ kind: 'bad', why }))

test('version 1: a line of 107 octets is the longest', () => {
  expect(parseProxyHeader(v1(`PROXY UNKNOWN ${'x'.repeat(91)}`))).toMatchObject({ kind: 'whole', length: 107 })
})

test.each([
  ['PROXY TCP4', `21 11 000c ${V4}`, { address: '192.0.2.1', port: 55555 }],
  ['PROXY TCP4 with TLVs', `21 11 0013 ${V4} 04 0004 00000000`, { address: '192.0.2.1', port: 55555 }],
  ['PROXY TCP6', `21 21 0024 ${V6}`, { address: '2001:db8::1', port: 55555 }],
  ['PROXY unix', `21 31 00d8 ${'2f'.repeat(216)}`, null],
  ['PROXY unspecified', '21 00 0000', null],
  ['LOCAL', '20 00 0000', null],
  ['LOCAL with addresses', `20 11 000c ${V4}`, null],
  ['LOCAL of a family that nobody knows', '20 ff 0002 0000', null],
])('version 2: %s', (_, rest, client) => {
  const header = v2(rest)
  expect(parseProxyHeader(Buffer.concat([header, Buffer.from('EHLO')]))).toEqual({
    kind: 'whole',
    client,
    length: header.length,
  })
})

test.each([
  ['another version', '11 11 000c', 'unknown version or command'],
  ['another command', '22 11 000c', 'unknown version or command'],
  ['datagrams', '21 12 000c', 'unknown protocol'],
  ['another family', '21 41 000c', 'unknown protocol'],
  ['too short for TCP4', '21 11 000b', 'no room for its addresses'],
  ['too short for TCP6', '21 21 0023', 'no room for its addresses'],
  ['too long', '20 00 ffff', 'header too long'],
])('version 2, refused before the rest is here: %s', (_, rest, why) =>
  expect(parseProxyHeader(v2(rest))).toEqual({ kind: 'bad', why }),
)

test('version 2: the longest header is taken', () => {
  const size = wireLimits.proxyHeaderOctets
  const header = Buffer.concat([v2(`20 00 ${size.toString(16).padStart(4, '0')}`), Buffer.alloc(size)])
  expect(parseProxyHeader(header)).toEqual({ kind: 'whole', client: null, length: header.length })
})

const headers = fc.oneof(
  fc
    .tuple(fc.ipV4(), fc.ipV4(), fc.nat(65_535), fc.nat(65_535))
    .map((fields) => ({ octets: v1(`PROXY TCP4 ${fields.join(' ')}`), address: fields[0], port: fields[2] })),
  fc
    .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(65_535), fc.uint8Array({ maxLength: 300 }))
    .map(([source, port, tlvs]) => {
      const octets = Buffer.concat([v2('2111 0000'), source, Buffer.alloc(8), tlvs])
      octets.writeUInt16BE(12 + tlvs.length, 14)
      octets.writeUInt16BE(port, 24)
      return { octets, address: source.join('.'), port }
    }),
)

test('a header gives its client however much of it and what follows is there', () => {
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 50 }), ({ octets, address, port }, rest) => {
      const all = Buffer.concat([octets, rest])
      for (let here = 0; here <= all.length; here++)
        expect(parseProxyHeader(all.subarray(0, here))).toEqual(
          here < octets.length
            ? { kind: 'partial' }
            : { kind: 'whole', client: { address, port }, length: octets.length },
        )
    }),
  )
})

/** Random octets rarely get past a signature by themselves. */
const hostile = fc
  .tuple(
    fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', 'PROXY TCP6 ::1 ', '\r\n\r\n\0\r\nQUIT\n', '\r\n\r\n\0\r\nQUIT\n\x21'),
    fc.uint8Array({ maxLength: 400 }),
  )
  .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]))

test('any octets: what is said once of a beginning is said of all that goes on like it, and within the limit something is said', () => {
  fc.assert(
    fc.property(hostile, (octets) => {
      let settled = null
      for (let here = 0; here <= octets.length; here++) {
        const said = parseProxyHeader(octets.subarray(0, here))
        if (settled !== null) expect(said).toEqual(settled)
        else if (said.kind !== 'partial') settled = said
        if (said.kind === 'whole') expect(said.length).toBe(here)
        if (said.kind === 'whole') break
      }
      const most = octets[0] === 0x50 ? 107 : 16 + wireLimits.proxyHeaderOctets
      if (octets.length >= most) expect(settled).not.toBe(null)
    }),
    { numRuns: 500 },
  )
})
