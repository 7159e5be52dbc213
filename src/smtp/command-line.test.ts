import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileOctets } from '../../test/arbitraries.js'
import { smtpLimits } from '../core/limits.js'
import { parseCommand, shownOf, splitLine } from './command-line.js'
import { BadCommand } from './errors.js'

const parse = (line: string | Buffer) => parseCommand(splitLine(Buffer.from(line as string)), smtpLimits)
const answerTo = (line: string | Buffer): string => {
  try {
    return `passed: ${parse(line).verb}`
  } catch (error) {
    if (error instanceof BadCommand) return `${error.reply.code} ${error.reply.enhanced}`
    throw error
  }
}
const box = (localPart: string, domain: string) => ({ localPart, domain, address: `${localPart}@${domain}` })

describe('lines that are commands', () => {
  test.each([
    ['EHLO mail.example.com', { verb: 'EHLO', name: 'mail.example.com' }],
    ['ehlo [192.168.1.2]', { verb: 'EHLO', name: '[192.168.1.2]' }],
    ['EHLO [IPv6:::1]', { verb: 'EHLO', name: '[IPv6:::1]' }],
    ['EHLO MY_PC', { verb: 'EHLO', name: 'MY_PC' }],
    ['HELO dbc.mtview.ca.us and more', { verb: 'HELO', name: 'dbc.mtview.ca.us' }], // §4.1.1.1: be prepared
    ['MAIL FROM:<mrose@dbc.mtview.ca.us>', { verb: 'MAIL', from: box('mrose', 'dbc.mtview.ca.us'), parameters: {} }],
    ['mail from:<>', { verb: 'MAIL', from: null, parameters: {} }],
    ['MAIL FROM: <a@b>', { verb: 'MAIL', from: box('a', 'b'), parameters: {} }],
    [
      'MAIL FROM:<a@b> SIZE=500000 BODY=8BITMIME',
      { verb: 'MAIL', from: box('a', 'b'), parameters: { size: 500000, body: '8BITMIME' } },
    ],
    ['MAIL FROM:<a@b> body=7bit', { verb: 'MAIL', from: box('a', 'b'), parameters: { body: '7BIT' } }],
    [
      'MAIL FROM:<e=mc2@example.com> AUTH=e+3Dmc2@example.com',
      { verb: 'MAIL', from: box('e=mc2', 'example.com'), parameters: {} },
    ], // RFC 4954 §5.1
    [
      'MAIL FROM:<john@example.org> AUTH=j+C3+B6rg@m+C3+BCller.example',
      { verb: 'MAIL', from: box('john', 'example.org'), parameters: {} },
    ],
    ['MAIL FROM:<john+@example.org> AUTH=<>', { verb: 'MAIL', from: box('john+', 'example.org'), parameters: {} }],
    ['RCPT TO:<ned@innosoft.com>  ', { verb: 'RCPT', to: box('ned', 'innosoft.com'), parameters: {} }],
    ['DATA', { verb: 'DATA' }],
    ['BDAT 0', { verb: 'BDAT', size: 0, last: false }],
    ['bdat 1000 last', { verb: 'BDAT', size: 1000, last: true }],
    ['data \t ', { verb: 'DATA' }],
    ['RSET', { verb: 'RSET' }],
    ['NOOP', { verb: 'NOOP' }],
    ['NOOP whatever this is', { verb: 'NOOP' }],
    ['HELP MAIL', { verb: 'HELP', topic: 'MAIL' }],
    ['VRFY Crispin', { verb: 'VRFY' }],
    ['VRFY jösé SMTPUTF8', { verb: 'VRFY' }],
    ['LHLO foo.edu', { verb: 'LHLO', name: 'foo.edu' }],
    ['RCPT TO:<müller@example.org>', { verb: 'RCPT', to: box('müller', 'example.org'), parameters: {} }],
    ['RCPT TO:<a@müller.example>', { verb: 'RCPT', to: box('a', 'müller.example'), parameters: {} }],
    [
      'MAIL FROM:<"ü ü"@例え.jp> smtputf8',
      {
        verb: 'MAIL',
        from: { localPart: 'ü ü', domain: '例え.jp', address: '"ü ü"@例え.jp' },
        parameters: { utf8: true },
      },
    ],
    ['EXPN Example-People', { verb: 'EXPN' }],
    ['QUIT', { verb: 'QUIT' }],
    ['STARTTLS', { verb: 'STARTTLS' }],
    ['AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=', { verb: 'AUTH', mechanism: 'PLAIN', initial: 'dGVzdAB0ZXN0ADEyMzQ=' }],
    ['auth login', { verb: 'AUTH', mechanism: 'LOGIN', initial: null }],
  ])('%s', (line, command) => expect(parse(line)).toEqual(command))
})

describe('lines that are none', () => {
  test.each([
    ['', '500 5.5.2'],
    [' ', '500 5.5.2'],
    [' NOOP', '500 5.5.2'],
    ['NOOPS', '500 5.5.2'],
    ['NOOP\tx', '500 5.5.2'],
    ['XCLIENT ADDR=1.2.3.4', '500 5.5.2'],
    ['constructor', '500 5.5.2'],
    ['GET / HTTP/1.1', '500 5.5.2'],
    ['\0\0\0', '500 5.5.2'],
    ['NO\0OP', '500 5.5.2'],
    ['EHLO', '501 5.5.4'],
    ['EHLO ', '501 5.5.4'],
    ['EHLO a\0b', '501 5.5.2'],
    ['EHLO -a', '501 5.5.4'],
    ['EHLO [1.2.3]', '501 5.5.4'],
    ['EHLO müller.example', '501 5.5.2'],
    ['HELO', '501 5.5.4'],
    ['MAIL', '501 5.5.4'],
    ['MAIL FROM', '501 5.5.4'],
    ['MAIL TO:<a@b>', '501 5.5.4'],
    ['MAIL FROM :<a@b>', '501 5.5.4'],
    ['MAIL FROM:', '501 5.1.7'],
    ['MAIL FROM:a@b', '501 5.1.7'],
    ['MAIL FROM:<postmaster>', '501 5.1.7'],
    ['MAIL FROM:<a@b> SIZE', '501 5.5.4'],
    ['MAIL FROM:<a@b> SIZE=', '501 5.5.4'],
    ['MAIL FROM:<a@b> SIZE=-1', '501 5.5.4'],
    ['MAIL FROM:<a@b> SIZE=1x', '501 5.5.4'],
    [`MAIL FROM:<a@b> SIZE=${'9'.repeat(21)}`, '501 5.5.4'],
    ['MAIL FROM:<a@b> SIZE=1 SIZE=2', '501 5.5.4'],
    ['MAIL FROM:<a@b> BODY=9BIT', '501 5.5.4'],
    ['BDAT', '501 5.5.4'],
    ['BDAT 1 2', '501 5.5.4'],
    ['MAIL FROM:<a@b> BODY', '501 5.5.4'],
    ['MAIL FROM:<a@b> AUTH=x', '501 5.5.4'],
    ['MAIL FROM:<a@b> AUTH=jörg@example.org', '501 5.5.4'],
    ['MAIL FROM:<a@b> SMTPUTF8 AUTH=jörg@example.org', '501 5.5.4'],
    ['MAIL FROM:<a@b> AUTH=j+F6rg@example.org', '501 5.5.4'],
    ['MAIL FROM:<a@b> AUTH=j+C2+85rg@example.org', '501 5.5.4'],
    ['MAIL FROM:<a@b> AUTH', '501 5.5.4'],
    ['MAIL FROM:<a@b> SMTPUTF8=', '501 5.5.4'],
    ['MAIL FROM:<a@b> SMTPUTF8=1', '501 5.5.4'],
    ['VRFY jösé', '550 5.6.7'],
    ['RCPT TO:<a@müller..example>', '501 5.1.3'],
    ['RCPT TO:<a@b> NOTIFY=ÜBER', '501 5.5.4'],
    ['NOOP ü', '501 5.5.2'],
    ['RCPT TO:<a\u0085b@x>', '501 5.5.2'],
    ['MAIL FROM:<müller@example.org>', '550 5.6.7'], // RFC 6531 §3.5
    ['MAIL FROM:<a@b\x07>', '501 5.5.2'],
    ['RCPT FROM:<a@b>', '501 5.5.4'],
    ['RCPT TO:<>', '501 5.1.3'],
    ['RCPT TO:<a@b> SIZE=1', '555 5.5.4'],
    ['RCPT TO:<a@b> SIZE=1', '555 5.5.4'],
    ['DATA x', '501 5.5.4'],
    ['RSET x', '501 5.5.4'],
    ['QUIT x', '501 5.5.4'],
    ['STARTTLS x', '501 5.5.4'],
    ['VRFY', '501 5.5.4'],
    ['EXPN', '501 5.5.4'],
    ['AUTH', '501 5.5.4'],
    ['AUTH PLAIN a b', '501 5.5.4'],
  ])('%j is answered %s', (line, code) => expect(answerTo(line)).toBe(code))

  test('octets outside ASCII that are no UTF-8 are a matter of syntax (RFC 5321 §4.1.2)', () => {
    expect(answerTo(Buffer.from('RCPT TO:<m\xfcller@example.org>', 'latin1'))).toBe('501 5.5.2')
    expect(answerTo(Buffer.from('NOOP \xff', 'latin1'))).toBe('501 5.5.2')
  })

  test('octets of any kind are a command, or a BadCommand', () => {
    const start = fc.constantFrom('', 'MAIL FROM:<', 'RCPT TO:<a@b> ', 'AUTH ', 'EHLO ', 'MAIL FROM:<a@b> SIZE=')
    fc.assert(
      fc.property(start, hostileOctets(' <>@"=+:\t\0.[]'), (before, octets) => {
        expect(answerTo(Buffer.concat([Buffer.from(before), octets]))).toMatch(/^(passed: [A-Z]+|5\d\d 5\.\d\.\d)$/)
      }),
    )
  })
})

describe('what a trace shows', () => {
  test.each([
    ['MAIL FROM:<a@b> SIZE=1', { text: 'MAIL FROM:<a@b> SIZE=1', secret: false }],
    ['quit', { text: 'QUIT', secret: false }],
    ['AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=', { text: 'AUTH PLAIN ', secret: true }],
    ['auth plain  dGVzdAB0ZXN0ADEyMzQ=', { text: 'AUTH PLAIN ', secret: true }],
    ['AUTH  PLAIN dGVzdAB0ZXN0ADEyMzQ=', { text: 'AUTH PLAIN ', secret: true }],
    ['AUTH dGVzdAB0ZXN0ADEyMzQ=', { text: 'AUTH ', secret: true }],
    ['AUTH\tPLAIN dGVzdAB0ZXN0ADEyMzQ=', { text: '', secret: true }],
    ['dGVzdAB0ZXN0ADEyMzQ=', { text: '', secret: true }],
    ['dGVzdAB0ZXN0 ADEyMzQ=', { text: '', secret: true }],
  ])('%j', (line, shown) => expect(shownOf(splitLine(Buffer.from(line)))).toEqual(shown))
})
