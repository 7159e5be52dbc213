import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Admission, clientAddress } from './admission.js'

const limits = (maxConnections: number, maxPerAddress: number) => () => ({ maxConnections, maxPerAddress })

test('the first connection over the limit of the listener is refused, and the place of one that leaves is free', () => {
  const admission = new Admission(limits(2, 0))
  const first = admission.enter('192.0.2.1')
  admission.enter('192.0.2.2')
  expect(admission.enter('192.0.2.3')).toEqual({ kind: 'refused', limit: 'listener', current: 2, max: 2 })
  if (first.kind === 'admitted') first.leave()
  expect(admission.enter('192.0.2.3').kind).toBe('admitted')
})

test('one address may not take all places; the loopback range may', () => {
  const admission = new Admission(limits(100, 2))
  for (const address of ['192.0.2.1', '127.0.0.1', '127.8.9.1', '::1'])
    expect([1, 2, 3].map(() => admission.enter(address).kind)).toEqual(
      address === '192.0.2.1' ? ['admitted', 'admitted', 'refused'] : ['admitted', 'admitted', 'admitted'],
    )
  expect(admission.enter('192.0.2.2').kind).toBe('admitted')
})

test('an IPv6 client is its /64, however it is written', () => {
  const admission = new Admission(limits(100, 1))
  expect(admission.enter('2001:db8::1').kind).toBe('admitted')
  expect(admission.enter('2001:db8:0:0:ffff::9').kind).toBe('refused')
  expect(admission.enter('2001:DB8:0:0:1:2:3:4').kind).toBe('refused')
  expect(admission.enter('2001:db8:0:1::1').kind).toBe('admitted')
})

test('limits are asked at each connection, so a reload counts', () => {
  let maxConnections = 1
  const admission = new Admission(() => ({ maxConnections, maxPerAddress: 0 }))
  admission.enter('192.0.2.1')
  expect(admission.enter('192.0.2.1').kind).toBe('refused')
  maxConnections = 2
  expect(admission.enter('192.0.2.1').kind).toBe('admitted')
})

test.each([
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['192.0.2.1', '192.0.2.1'],
])('%s is the client %s', (socket, client) => expect(clientAddress(socket)).toBe(client))

test('whoever comes and goes, as often as they like, the count is the number of those who are in', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.nat()))
  fc.assert(
    fc.property(steps, (moves) => {
      const admission = new Admission(limits(5, 2))
      const inside: { address: string; leave: () => void }[] = []
      for (const [host, comes, pick] of moves) {
        const address = `192.0.2.${host}`
        if (comes) {
          const own = inside.filter((c) => c.address === address).length
          const result = admission.enter(address)
          expect(result.kind).toBe(inside.length < 5 && own < 2 ? 'admitted' : 'refused')
          if (result.kind === 'admitted') inside.push({ address, leave: result.leave })
        } else {
          const [gone] = inside.splice(pick % Math.max(1, inside.length), 1)
          gone?.leave()
          gone?.leave()
        }
        expect(admission.current).toBe(inside.length)
      }
    }),
  )
})
