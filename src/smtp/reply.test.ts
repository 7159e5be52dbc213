import { expect, test } from 'vitest'
import { StoreError } from '../store/errors.js'
import { replyFor } from './errors.js'
import {
  accepted,
  challenge,
  greeting,
  hello,
  help,
  helpOn,
  perRecipient,
  type Reply,
  replies,
  reply,
  syntax,
} from './reply.js'
import { verbs } from './verbs.js'

test('the class digit of the enhanced code cannot disagree', () => {
  // @ts-expect-error 552 is a permanent failure
  reply(552, '4.2.2', 'Mailbox full')
  // @ts-expect-error 3yz replies have no enhanced code (RFC 2034 §4)
  reply(354, '3.0.0', 'Go on')
})

test.each(Object.entries(replies))(
  '%s is one line of printable ASCII with codes that agree',
  (_name, { wire, code, enhanced }) => {
    expect(wire).toMatch(/^[2-5]\d\d ([245]\.\d{1,3}\.\d{1,3} )?[ -~]+\r\n$/)
    expect(enhanced?.[0] ?? '3').toBe(String(code)[0])
    expect(wire.length).toBeLessThanOrEqual(512) // RFC 5321 §4.5.3.1.5
  },
)

test('an enhanced code stands on every line (RFC 2034 §4)', () => {
  expect(help(['NOOP', 'QUIT']).wire).toBe(
    '214-2.0.0 Commands: NOOP QUIT\r\n214 2.0.0 HELP and a command tells how it is written\r\n',
  )
})

test.each(Object.values(verbs))('HELP on $form is ASCII, its enhanced code on every line', ({ form, rfc }) => {
  expect(helpOn(form, rfc).wire).toMatch(/^214-2\.0\.0 [ -~]+\r\n214 2\.0\.0 See RFC \d+ section [\d.]+\r\n$/)
})

const each = (reply: Reply, addresses: readonly string[]) => addresses.map((address) => ({ address, reply }))

test('a reply for each recipient is one reply each (RFC 2033 §4.2)', () => {
  expect(perRecipient(replies.loop, each(replies.loop, ['a@x', 'b@x'])).wire).toBe(
    '554 5.4.6 <a@x> Too many hops, this message is in a loop\r\n554 5.4.6 <b@x> Too many hops, this message is in a loop\r\n',
  )
})

test('a recipient outside ASCII is not named (RFC 6531 §3.7.4.2)', () => {
  expect(perRecipient(replies.mailboxGone, each(replies.mailboxGone, ['\u00fc@x', 'b@x'])).wire).toBe(
    '450 4.2.1 Mailbox is not available now\r\n450 4.2.1 <b@x> Mailbox is not available now\r\n',
  )
})

test('greeting and hello have none', () => {
  expect(greeting('mx.example.org', 'LMTP').wire).toBe('220 mx.example.org LMTP Posthorn\r\n')
  expect(greeting('mx.example.org').wire).toBe('220 mx.example.org ESMTP Posthorn\r\n')
  expect(hello('mx.example.org').wire).toBe('250 mx.example.org\r\n')
  expect(hello('mx.example.org', ['PIPELINING', 'HELP']).wire).toBe(
    '250-mx.example.org\r\n250-PIPELINING\r\n250 HELP\r\n',
  )
})

test('replies with arguments', () => {
  expect(accepted('abc').wire).toBe('250 2.0.0 Message accepted for delivery abc\r\n')
  expect(challenge('').wire).toBe('334 \r\n') // RFC 4954 §4: still a space
  expect(syntax('EHLO hostname').wire).toBe('501 5.5.4 Syntax: EHLO hostname\r\n')
})

test.each([
  ['over-quota', '552 5.2.2'],
  ['unavailable', '452 4.3.1'],
  ['no-such-mailbox', '450 4.2.1'],
  ['no-such-message', '451 4.3.0'],
] as const)('the store says %s, we say %s', (refusal, code) => {
  const { code: basic, enhanced } = replyFor(new StoreError(refusal, 'secret detail')) ?? replies.ok
  expect(`${basic} ${enhanced}`).toBe(code)
})

test('anything else out of the store is a fault', () => expect(replyFor(new Error('disk'))).toBeNull())
