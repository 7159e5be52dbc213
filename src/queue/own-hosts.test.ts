/** Which addresses are ours, by how we listen. */
import { expect, test } from 'vitest'
import { ownHosts, type Whereabouts } from './own-hosts.js'

const smtp = (address: string, port: number) => ({ service: 'smtp', address, port })
const machine = () => ['127.0.0.1', '::1', '192.0.2.1', '2001:db8::1']

interface Row {
  readonly listeners: readonly { readonly service: string; readonly address: string; readonly port: number }[]
  readonly addresses?: readonly string[]
  readonly expected: { readonly [address: string]: Whereabouts }
}

test.each<[string, Row]>([
  [
    'a wildcard is all addresses of its family',
    {
      listeners: [smtp('0.0.0.0', 25)],
      expected: { '192.0.2.1': 'ours', '127.9.9.9': 'ours', '2001:db8::1': 'elsewhere', '::ffff:c000:201': 'ours' },
    },
  ],
  [
    'IPv6 alike',
    { listeners: [smtp('::', 25)], expected: { '192.0.2.1': 'elsewhere', '2001:db8::1': 'ours', '::1': 'ours' } },
  ],
  [
    'another port of the machine may be where port 25 leads',
    { listeners: [smtp('0.0.0.0', 2525)], expected: { '192.0.2.1': 'ours', '127.0.0.1': 'nowhere' } },
  ],
  [
    'a server that nobody reaches may send to others on loopback, but not to itself',
    {
      listeners: [smtp('127.0.0.1', 2525), smtp('127.0.0.2', 25)],
      expected: { '127.0.0.1': 'elsewhere', '127.0.0.2': 'ours', '::1': 'elsewhere', '0.0.0.0': 'nowhere' },
    },
  ],
  [
    'one that takes no mail from others has no loops, and sends nothing to loopback either',
    {
      listeners: [{ service: 'submission', address: '192.0.2.1', port: 587 }],
      expected: { '192.0.2.1': 'elsewhere', '127.0.0.1': 'nowhere' },
    },
  ],
  [
    'by an address that a router has',
    {
      listeners: [smtp('192.0.2.1', 25)],
      addresses: ['198.51.100.7', '127.0.0.1'],
      expected: { '198.51.100.7': 'ours', '127.0.0.1': 'nowhere' },
    },
  ],
])('%s', (_, { listeners, addresses = [], expected }) => {
  const own = ownHosts({ hostname: 'mail.us.test', listeners, addresses: () => addresses, machine })
  const whereIs = own.whereabouts(25)
  expect(Object.fromEntries(Object.keys(expected).map((address) => [address, whereIs(address)]))).toEqual(expected)
})

test('the machine is asked again for each plan', () => {
  const now = ['192.0.2.1']
  const own = ownHosts({ hostname: 'h', listeners: [smtp('0.0.0.0', 25)], addresses: () => [], machine: () => now })
  expect(own.whereabouts(25)('192.0.2.2')).toBe('elsewhere')
  now.push('192.0.2.2')
  expect(own.whereabouts(25)('192.0.2.2')).toBe('ours')
})

test('a machine has at least its loopback', () => {
  const own = ownHosts({ hostname: 'h.test', listeners: [smtp('0.0.0.0', 25)], addresses: () => [] })
  expect(own.whereabouts(25)('127.0.0.1')).toBe('ours')
  expect([own.named('h.test'), own.named('test')]).toEqual([true, false])
})
