import { expect, test } from 'vitest'
import { isLoopback, parseNetwork, withinNetworks } from './ip-network.js'

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.9.8.7/8', '10.1.1.1', true],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['::1', '::1', true],
  ['::/0', 'not an address', false],
])('%s has %s: %s', (network, address, is) => expect(withinNetworks([network])(address)).toBe(is))

test('an address is looked for in every network', () => {
  const has = withinNetworks(['192.0.2.1', '10.0.0.0/8', '2001:db8::/64'])
  expect(['192.0.2.1', '10.1.1.1', '2001:db8::5', '192.0.2.9'].map(has)).toEqual([true, true, true, false])
  expect(withinNetworks([])('127.0.0.1')).toBe(false)
})

test.each([
  '',
  '10.0.0.0/33',
  '::/129',
  '10.0.0/8',
  'example.org',
  '10.0.0.0/',
  '10.0.0.0/08',
  'fe80::1%eth0/64',
  '1.2.3.4/8/8',
])('%j is no network', (text) => expect(parseNetwork(text)).toBe(null))

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['128.0.0.1', false],
])('%s is loopback: %s', (address, is) => expect(isLoopback(address)).toBe(is))
