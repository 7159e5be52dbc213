/** IP addresses in one form, and as literals of mail addresses. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressLiteral, canonicalIp, literalAddress } from './ip-address.js'

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.01', null],
  ['192.0.2', null],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ['fe80::1%eth0', null],
  ['mail.example.org', null],
  ['', null],
])('the canonical form of %j is %j', (text, canonical) => {
  expect(canonicalIp(text)).toBe(canonical)
})

test.each([
  ['[192.0.2.1]', '192.0.2.1'],
  ['[IPv6:2001:DB8::1]', '2001:db8::1'],
  ['[ipv6:::1]', '::1'],
  ['[2001:db8::1]', ''],
  ['[IPv6:192.0.2.1]', ''],
  ['[IPv6:fe80::1%1]', ''],
  ['[tag:content]', ''],
  ['[]', ''],
  ['192.0.2.1', null],
  ['example.org', null],
])('%j is the literal of %j', (domain, address) => {
  expect(literalAddress(domain)).toBe(address)
})

test('an address comes back from its literal', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = canonicalIp(text)
      fc.pre(address !== null)
      expect(literalAddress(addressLiteral(address ?? ''))).toBe(address)
    }),
  )
})
