import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { offeredMechanisms, type SaslMechanism, saslExchange, saslMechanisms, takesPasswords } from './sasl.js'
import type { SaslSurroundings } from './sasl-exchange.js'

const bound = (type: string): Buffer | null => (type === 'tls-exporter' ? Buffer.alloc(32, 1) : null)
const unbound = (): null => null
const surroundings: SaslSurroundings = {
  hostname: 'mail.example.org',
  random: systemRandom,
  clock: new FakeClock(),
  channelBinding: bound,
}
const begin = (mechanism: string, offered = saslMechanisms) => saslExchange(mechanism, offered, surroundings)

const start = (mechanism: string, initial: string | null) =>
  begin(mechanism)?.start(initial === null ? null : Buffer.from(initial))

test('mechanisms are found in any case; others are not there', () => {
  expect(saslMechanisms.join(' ')).toBe('PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS')
  expect(begin('plain')).not.toBeNull()
  expect(begin('EXTERNAL')).toBeNull()
  expect(begin('')).toBeNull()
})

test('what is not offered is not begun', () => {
  expect(begin('LOGIN', ['PLAIN'])).toBeNull()
  expect(begin('login', ['LOGIN'])).not.toBeNull()
})

test.each<[configured: SaslMechanism[], binds: boolean, offered: SaslMechanism[]]>([
  [['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN'], true, ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']],
  [['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN'], false, ['PLAIN', 'SCRAM-SHA-256']],
  [['SCRAM-SHA-256-PLUS'], false, []],
])('of %j, with channel binding: %j', (configured, binds, offered) => {
  expect(offeredMechanisms(configured, binds ? bound : unbound)).toEqual(offered)
})

test('a password as it is is taken where PLAIN or LOGIN is configured', () => {
  expect(takesPasswords(['CRAM-MD5', 'LOGIN'])).toBe(true)
  expect(takesPasswords(['CRAM-MD5', 'SCRAM-SHA-256'])).toBe(false)
})

describe('PLAIN', () => {
  const verify = (username: string, password: string) => ({ kind: 'verify', username, password })
  const rows: [what: string, message: string, step: object][] = [
    ['RFC 4616 §4, the first example', '\0tim\0tanstaaftanstaaf', verify('tim', 'tanstaaftanstaaf')],
    ['RFC 4616 §4, the second: Kurt acts as Ursel', 'Ursel\0Kurt\0xipj3plmq', { kind: 'authorization' }],
    ['an authzid that is the user', 'tim\0tim\0secret', verify('tim', 'secret')],
    [
      'an authzid that is the user in another case',
      'Tim@Example.org\0tim@example.org\0x',
      verify('tim@example.org', 'x'),
    ],
    ['an authzid that only looks like the user: the Kelvin sign', '\u212a\0k\0x', { kind: 'authorization' }],
    ['UTF-8', '\0j\u00fcrgen\0p\u00e4ss\u4f60', verify('j\u00fcrgen', 'p\u00e4ss\u4f60')],
    ['a password with spaces and colons', '\0tim\0 a: b ', verify('tim', ' a: b ')],
    ['no octets', '', { kind: 'malformed' }],
    ['no NUL', 'tim', { kind: 'malformed' }],
    ['one NUL', 'tim\0secret', { kind: 'malformed' }],
    ['three NULs', '\0tim\0sec\0ret', { kind: 'malformed' }],
    ['NULs alone', '\0\0', { kind: 'malformed' }],
    ['no user', '\0\0secret', { kind: 'malformed' }],
    ['no password', '\0tim\0', { kind: 'malformed' }],
  ]
  test.each(rows)('%s', (_, message, step) => {
    expect(start('PLAIN', message)).toEqual(step)
    const later = begin('PLAIN')
    expect(later?.start(null)).toEqual({ kind: 'challenge', octets: Buffer.alloc(0) })
    expect(later?.answer(Buffer.from(message))).toEqual(step)
  })

  test('octets that are not UTF-8', () => {
    expect(begin('PLAIN')?.start(Buffer.from('\0tim\0\xff', 'latin1'))).toEqual({ kind: 'malformed' })
  })
})

describe('LOGIN', () => {
  const userName = { kind: 'challenge', octets: Buffer.from('Username:') }
  const passwordPrompt = { kind: 'challenge', octets: Buffer.from('Password:') }

  test('two prompts', () => {
    const exchange = begin('LOGIN')
    expect(exchange?.start(null)).toEqual(userName)
    expect(exchange?.answer(Buffer.from('tim'))).toEqual(passwordPrompt)
    expect(exchange?.answer(Buffer.from('secret'))).toEqual({ kind: 'verify', username: 'tim', password: 'secret' })
  })

  test('the name as initial response', () => {
    const exchange = begin('LOGIN')
    expect(exchange?.start(Buffer.from('tim'))).toEqual(passwordPrompt)
    expect(exchange?.answer(Buffer.from('s'))).toEqual({ kind: 'verify', username: 'tim', password: 's' })
  })

  test.each(['', 'ti\0m', '\xff'])('the name %j', (name) => {
    expect(begin('LOGIN')?.start(Buffer.from(name, 'latin1'))).toEqual({ kind: 'malformed' })
  })

  test.each(['', 'sec\0ret', '\xff'])('the password %j', (password) => {
    const exchange = begin('LOGIN')
    exchange?.start(Buffer.from('tim'))
    expect(exchange?.answer(Buffer.from(password, 'latin1'))).toEqual({ kind: 'malformed' })
  })
})

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((t) => !t.includes('\0'))

test('what a client encodes is what is verified', () => {
  fc.assert(
    fc.property(text, text, (username, password) => {
      const step = { kind: 'verify', username, password }
      expect(start('PLAIN', `\0${username}\0${password}`)).toEqual(step)
      expect(start('PLAIN', `${username}\0${username}\0${password}`)).toEqual(step)
      const login = begin('LOGIN')
      login?.start(Buffer.from(username))
      expect(login?.answer(Buffer.from(password))).toEqual(step)
    }),
  )
})

const nobody = {
  scram: { salt: Buffer.alloc(16), iterations: 4096, storedKey: Buffer.alloc(32), serverKey: Buffer.alloc(32) },
  cramMd5: () => Buffer.alloc(32),
}

test('no octets make an exchange throw, and credentials never carry a NUL or nothing', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('\0', 'a', '\u00e9'), maxLength: 8 }).map((t) => Buffer.from(t)),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...saslMechanisms),
      fc.option(octets),
      fc.array(octets, { maxLength: 3 }),
      (name, initial, answers) => {
        const exchange = begin(name)
        let step = exchange?.start(initial === null ? null : Buffer.from(initial))
        for (const answer of answers) {
          if (step?.kind === 'lookup') step = step.supply(nobody)
          if (step?.kind !== 'challenge') break
          step = exchange?.answer(Buffer.from(answer))
        }
        if (step?.kind === 'proof') expect(step.right).toBe(false)
        if (step?.kind === 'verify') expect(`${step.username}|${step.password}`).toMatch(/^[^\0]+\|[^\0]+$/)
      },
    ),
  )
})
