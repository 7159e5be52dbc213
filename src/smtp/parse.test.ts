import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileOctets } from '../../test/arbitraries.js'
import { smtpLimits } from '../core/limits.js'
import { isAddressLiteral } from './address-literal.js'
import { BadCommand } from './errors.js'
import {
  decodeXtext,
  isHost,
  mailboxOf,
  type ParameterRow,
  parseForwardPath,
  parseParameters,
  parseReversePath,
} from './parse.js'
import { replies } from './reply.js'

const text = (n: number, sign = 'x'): string => sign.repeat(n)
/** A domain of exactly `n` octets with labels that are not too long; n is no multiple of 61. */
const domainOf = (n: number): string => text(n).replace(/x{60}x(?=x)/g, `${text(60)}.`)

const codeOf = (run: () => unknown): string => {
  try {
    return `passed: ${JSON.stringify(run())}`
  } catch (error) {
    if (error instanceof BadCommand) return `${error.reply.code} ${error.reply.enhanced}`
    throw error
  }
}

describe('paths (RFC 5321 §4.1.2)', () => {
  test.each([
    ['<userc@d.bar.org>', 'userc', 'd.bar.org', 'userc@d.bar.org'],
    ['<@hosta.int,@jkl.org:userc@d.bar.org>', 'userc', 'd.bar.org', 'userc@d.bar.org'], // §4.1.1.3
    ['<@ONE,@TWO:JOE@THREE>', 'JOE', 'THREE', 'JOE@THREE'], // Appendix C
    ['<"Joe\\,Smith"@example.com>', 'Joe,Smith', 'example.com', '"Joe,Smith"@example.com'], // §4.1.2
    ['<"jones"@xyz.com>', 'jones', 'xyz.com', 'jones@xyz.com'], // the least quoting
    ['<"a b"@xyz.com>', 'a b', 'xyz.com', '"a b"@xyz.com'],
    ['<"a\\"b\\\\c"@xyz.com>', 'a"b\\c', 'xyz.com', '"a\\"b\\\\c"@xyz.com'],
    ['<"@x>"@xyz.com>', '@x>', 'xyz.com', '"@x>"@xyz.com'],
    ['<""@xyz.com>', '', 'xyz.com', '""@xyz.com'],
    ['<"a..b"@xyz.com>', 'a..b', 'xyz.com', '"a..b"@xyz.com'],
    ["<!#$%&'*+-/=?^_`{|}~@x>", "!#$%&'*+-/=?^_`{|}~", 'x', "!#$%&'*+-/=?^_`{|}~@x"],
    ['<a@[123.255.37.2]>', 'a', '[123.255.37.2]', 'a@[123.255.37.2]'], // §4.1.3
    ['<a@[IPv6:2001:db8::1]>', 'a', '[IPv6:2001:db8::1]', 'a@[IPv6:2001:db8::1]'],
    ['<a@[x-tag:whatever!]>', 'a', '[x-tag:whatever!]', 'a@[x-tag:whatever!]'],
    ['<a@9.example>', 'a', '9.example', 'a@9.example'],
    [`<${text(64)}@${domainOf(180)}>`, text(64), domainOf(180), `${text(64)}@${domainOf(180)}`],
  ])('%s', (wire, localPart, domain, address) => {
    const path = { localPart, domain, address }
    expect(parseForwardPath(wire, smtpLimits)).toEqual({ path, rest: '' })
    expect(parseReversePath(`${wire} SIZE=1`, smtpLimits)).toEqual({ path, rest: ' SIZE=1' })
  })

  test.each([
    '',
    '<',
    'userc@d.bar.org',
    '<userc>',
    '<userc@>',
    '<@d.bar.org>',
    '<userc@d.bar.org',
    '<userc@d.bar.org>x',
    '<<userc@d.bar.org>>',
    '<user c@d.bar.org>',
    '<userc@d.bar.org.>',
    '<userc@.bar.org>',
    '<userc@d..org>',
    '<userc@-d.org>',
    '<userc@d-.org>',
    '<userc@d_e.org>',
    '<.userc@d.org>',
    '<userc.@d.org>',
    '<a..b@d.org>',
    '<"a"b@d.org>',
    '<"a@d.org>',
    '<"a\\"@d.org>',
    '<a@[1.2.3.256]>',
    '<a@[1.2.3]>',
    '<a@[]>',
    '<a@[1.2.3.4>',
    '<a@[IPv6:1:2]>',
    '<@a.b,c@d.org>',
    '<@a.b userc@d.org>',
    '<@-a:userc@d.org>',
    `<a@${text(64)}.org>`,
    '<a@b@c>',
    '<a@b,c@d>',
  ])('%s is none', (wire) => {
    expect(codeOf(() => parseForwardPath(wire, smtpLimits))).toBe('501 5.1.3')
    expect(codeOf(() => parseReversePath(wire, smtpLimits))).toBe('501 5.1.7')
  })

  test.each([`<${text(65)}@x.org>`, `<a@${domainOf(256)}>`, `<${text(64)}@${domainOf(190)}>`, `<"${text(63)}"@x.org>`])(
    '%s is too long (RFC 5321 §4.5.3.1)',
    (wire) => {
      expect(() => parseForwardPath(wire, smtpLimits)).toThrow(new BadCommand(replies.recipientTooLong))
      expect(() => parseReversePath(wire, smtpLimits)).toThrow(new BadCommand(replies.senderTooLong))
    },
  )

  test('the null reverse-path is a sender and no recipient (RFC 5321 §4.5.5)', () => {
    expect(parseReversePath('<> BODY=7BIT', smtpLimits)).toEqual({ path: null, rest: ' BODY=7BIT' })
    expect(codeOf(() => parseForwardPath('<>', smtpLimits))).toBe('501 5.1.3')
    expect(codeOf(() => parseReversePath('<>x', smtpLimits))).toBe('501 5.1.7')
  })

  test.each(['<postmaster>', '<Postmaster>', '<POSTMASTER>'])(
    '%s is a recipient in any case (RFC 5321 §4.1.1.3)',
    (wire) => {
      const path = { localPart: 'postmaster', domain: '', address: 'postmaster' }
      expect(parseForwardPath(`${wire} X=1`, smtpLimits)).toEqual({ path, rest: ' X=1' })
      expect(codeOf(() => parseReversePath(wire, smtpLimits))).toBe('501 5.1.7')
    },
  )

  test('reading what was written gives the same mailbox', () => {
    const printable = fc.string({
      unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)),
      maxLength: 20,
    })
    fc.assert(
      fc.property(printable, (localPart) => {
        const wire = `"${localPart.replace(/["\\]/g, '\\$&')}"@example.org`
        const mailbox = mailboxOf(wire, smtpLimits)
        expect(mailbox?.localPart).toBe(localPart)
        expect(mailboxOf(mailbox?.address ?? '', smtpLimits)).toEqual(mailbox)
      }),
    )
  })

  test('octets of any kind are a path, or a BadCommand', () => {
    fc.assert(
      fc.property(hostileOctets('<>@".\\[]:,a1-_ \0\r\n='), (octets) => {
        const wire = octets.toString('latin1')
        for (const parse of [parseForwardPath, parseReversePath])
          expect(codeOf(() => parse(wire, smtpLimits))).toMatch(/^(501 5\.1\.[37]|passed: .*)$/)
      }),
    )
  })
})

describe('address literals (RFC 5321 §4.1.3)', () => {
  test.each([
    '0.0.0.0',
    '255.255.255.255',
    '001.02.3.4',
    'IPv6:1:2:3:4:5:6:7:8',
    'ipv6:::',
    'IPv6:::1',
    'IPv6:1::',
    'IPv6:1:2:3:4:5::6',
    'IPv6:1:2:3:4:5:6:1.2.3.4',
    'IPv6:::1.2.3.4',
    'IPv6:1:2:3::4:1.2.3.4',
    'IPv6:ABCD:ef01::',
    'tag:x',
  ])('%s', (inside) => expect(isAddressLiteral(inside)).toBe(true))

  test.each([
    '',
    '1.2.3.4.5',
    '1.2.3.-4',
    '1.2.3.4 ',
    '1234.1.1.1',
    '::1',
    'IPv6:',
    'IPv6:1',
    'IPv6:1:2:3:4:5:6:7',
    'IPv6:1:2:3:4:5:6:7:8:9',
    'IPv6:1:2:3:4:5:6:7::',
    'IPv6:1::2::3',
    'IPv6::::',
    'IPv6:12345::',
    'IPv6:g::',
    'IPv6:1.2.3.4::',
    'IPv6:1:2:3:4:5:1.2.3.4',
    'IPv6:1:2:3:4::5:1.2.3.4',
    'IPv6:::1.2.3.256',
    'IPv6:fe80::1%eth0',
    '-tag:x',
    'tag-:x',
    'tag:',
    'tag:a]b',
    'tag:a b',
    ':x',
  ])('not %s', (inside) => expect(isAddressLiteral(inside)).toBe(false))
})

test.each([
  ['localhost', true],
  ['mail.example.org', true],
  ['[127.0.0.1]', true],
  ['[127.0.0.1', false],
  ['', false],
  ['a..b', false],
  ['a b', false],
  [`${text(64)}.org`, false],
])('%j as a host: %s', (name, is) => expect(isHost(name, smtpLimits)).toBe(is))

describe('parameters (RFC 5321 §4.1.2)', () => {
  interface Found {
    readonly size: string | null
    readonly flag: string | null
  }
  const rows = new Map<string, ParameterRow<Found>>([
    ['SIZE', (size) => ({ size })],
    ['FLAG', (flag) => ({ flag })],
  ])
  const parse = (wire: string) => parseParameters(wire, rows, smtpLimits)

  test.each<[string, object]>([
    ['', {}],
    [' SIZE=12', { size: '12' }],
    [' size=12 Flag', { size: '12', flag: null }],
    ['  SIZE=12   FLAG=<a@b> ', { size: '12', flag: '<a@b>' }],
  ])('%j', (wire, found) => expect(parse(wire)).toEqual(found))

  test.each([
    [' SIZE=', '501 5.5.4'],
    [' SIZE=1=2', '501 5.5.4'],
    [' =1', '501 5.5.4'],
    [' -SIZE=1', '501 5.5.4'],
    [' SI_ZE=1', '501 5.5.4'],
    [' SIZE=1\x01', '501 5.5.4'],
    [' SIZE=1 SIZE=1', '501 5.5.4'],
    [' SIZE=1 OTHER=1', '555 5.5.4'],
    [' __proto__=1', '501 5.5.4'],
    [' constructor', '555 5.5.4'],
  ])('%j is answered %s', (wire, code) => expect(codeOf(() => parse(wire))).toBe(code))
})

test.each([
  ['e+3Dmc2@example.com', 'e=mc2@example.com'], // RFC 4954 §5.1
  ['', ''],
  ['a+2Bb', 'a+b'],
  ['a+2bb', null],
  ['a+', null],
  ['a=b', null],
  ['a b', null],
])('xtext %j is %j (RFC 3461 §4)', (wire, value) => expect(decodeXtext(wire)).toBe(value))
