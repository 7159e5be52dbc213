import { describe, expect, test } from 'vitest'
import { cramAnswer } from '../../test/sasl-client.js'
import { FakeClock } from '../core/clock.js'
import { CramMd5, cramChallenge } from './sasl-cram.js'

/** RFC 2195 §2 */
const EXAMPLE = '<1896.697170952@postoffice.reston.mci.net>'
const scram = { salt: Buffer.alloc(0), iterations: 1, storedKey: Buffer.alloc(32), serverKey: Buffer.alloc(32) }

/** What the machine finds of an answer to the challenge of the RFC. */
function answered(answer: string, secret = 'tanstaaftanstaaf') {
  const machine = new CramMd5(EXAMPLE)
  expect(machine.start(null)).toEqual({ kind: 'challenge', octets: Buffer.from(EXAMPLE) })
  const step = machine.answer(Buffer.from(answer, 'latin1'))
  if (step.kind !== 'lookup') return step.kind
  const { username } = step
  return { username, step: step.supply({ scram, cramMd5: () => Buffer.from(secret) }) }
}

const proof = (right: boolean) => ({ kind: 'proof', right, final: null })

describe('CRAM-MD5', () => {
  test('the example of RFC 2195 §2', () => {
    const answer = 'tim b913a602c7eda7a495b4e6e7334d3890'
    expect(Buffer.from('dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw', 'base64').toString()).toBe(answer)
    expect(answered(answer)).toEqual({ username: 'tim', step: proof(true) })
  })

  test.each([
    ['another secret', 'tim b913a602c7eda7a495b4e6e7334d3890', 'tanstaaf', 'tim', false],
    ['another digest', 'tim b913a602c7eda7a495b4e6e7334d3891', 'tanstaaftanstaaf', 'tim', false],
    ['a name with spaces', `${cramAnswer({ username: 'a b', password: 'x' }, EXAMPLE)}`, 'x', 'a b', true],
    ['a long secret', cramAnswer({ username: 'a', password: 's'.repeat(72) }, EXAMPLE), 's'.repeat(72), 'a', true],
  ])('%s', (_what, answer, secret, username, right) => {
    expect(answered(answer, secret)).toEqual({ username, step: proof(right) })
  })

  test.each([
    '',
    'tim',
    'tim ',
    ' b913a602c7eda7a495b4e6e7334d3890',
    'tim b913',
    'tim B913A602C7EDA7A495B4E6E7334D3890',
    'tim b913a602c7eda7a495b4e6e7334d3890 ',
    'ti\0m b913a602c7eda7a495b4e6e7334d3890',
    '\xff b913a602c7eda7a495b4e6e7334d3890',
  ])('%j is no answer', (answer) => {
    expect(answered(answer)).toBe('malformed')
  })

  test('the server speaks first: an initial response is an error', () => {
    expect(new CramMd5(EXAMPLE).start(Buffer.from('tim'))).toEqual({ kind: 'malformed' })
    expect(new CramMd5(EXAMPLE).start(Buffer.alloc(0))).toEqual({ kind: 'malformed' })
  })

  test('a challenge is a msg-id made of chance, time and host', () => {
    const random = (n: number): Buffer => Buffer.alloc(n, 0xab)
    const clock = new FakeClock(5_999)
    const channelBinding = (): null => null
    const challenge = cramChallenge({ random, clock, hostname: 'mx.example.org', channelBinding })
    expect(challenge).toBe(`<${'ab'.repeat(12)}.5@mx.example.org>`)
  })
})
