import fc from 'fast-check'
import { expect, test } from 'vitest'
import { smtpLimits } from '../core/limits.js'
import { BadCommand } from './errors.js'
import { mailParameters, rcptParameters } from './extensions.js'
import { parseParameters } from './parse.js'

const mail = (text: string) => parseParameters(text, mailParameters, smtpLimits)
const rcpt = (text: string) => parseParameters(text, rcptParameters, smtpLimits)
const refused = (run: () => unknown): string => {
  try {
    return `passed: ${JSON.stringify(run())}`
  } catch (error) {
    if (error instanceof BadCommand) return `${error.reply.code} ${error.reply.enhanced}`
    throw error
  }
}

test.each([
  ['RET=HDRS ENVID=QQ314159', { returned: 'headers', envelopeId: 'QQ314159' }], // RFC 3461 §10.1
  ['ret=full', { returned: 'full' }],
  ['ENVID=a+20b+2B', { envelopeId: 'a b+' }],
  [`ENVID=${'x'.repeat(100)}`, { envelopeId: 'x'.repeat(100) }],
])('MAIL: %s', (text, value) => expect(mail(text)).toEqual(value))

test.each([
  ['NOTIFY=SUCCESS ORCPT=rfc822;Carol@Ivory.EDU', { notify: ['success'], originalRecipient: 'rfc822;Carol@Ivory.EDU' }], // §10.1
  ['NOTIFY=failure,Delay', { notify: ['failure', 'delay'] }],
  ['NOTIFY=DELAY,SUCCESS,DELAY', { notify: ['success', 'delay'] }],
  ['NOTIFY=never', { notify: [] }],
  ['ORCPT=rfc822;Bob+2Bx@x', { originalRecipient: 'rfc822;Bob+x@x' }],
  ['ORCPT=utf-8;J+C3+B6rg@x', { originalRecipient: 'utf-8;J+C3+B6rg@x' }],
  ['ORCPT=utf-8;J\\x{F6}rg@x', { originalRecipient: 'utf-8;J\\x{F6}rg@x' }],
  ['ORCPT=UTF-8;Jörg@bücher.x', { originalRecipient: 'UTF-8;Jörg@bücher.x' }],
])('RCPT: %s', (text, value) => expect(rcpt(text)).toEqual(value))

test.each([
  'RET',
  'RET=HEADERS',
  'RET=FULL RET=FULL',
  'ENVID',
  'ENVID=a+0',
  'ENVID=a+0A',
  'ENVID=a+C3+A4',
  'ENVID=ä',
  'RET=füll',
  'SMTPUTF8=ä',
  'SIZE=١',
  'BODY=ä',
  `ENVID=${'x'.repeat(101)}`,
])('MAIL: %s is refused', (text) => expect(refused(() => mail(text))).toBe('501 5.5.4'))

test.each([
  'NOTIFY',
  'NOTIFY=ALWAYS',
  'NOTIFY=NEVER,FAILURE',
  'NOTIFY=FAILURE,',
  'NOTIFY=,',
  'NOTIFY=FAILURE NOTIFY=DELAY',
  'ORCPT',
  'ORCPT=Bob@x',
  'ORCPT=;Bob@x',
  'ORCPT=rfc822;',
  'ORCPT=rfc(822;Bob@x',
  'ORCPT=rfc822;B+0Aob@x',
  'ORCPT=rfc822;Jörg@x',
  'ORCPT=utf-8;J\u0085rg@x',
  `ORCPT=utf-8;${'ö'.repeat(248)}`,
  `ORCPT=rfc822;${'x'.repeat(494)}`,
])('RCPT: %s is refused', (text) => expect(refused(() => rcpt(text))).toBe('501 5.5.4'))

test('no text makes them throw anything else', () => {
  const keyword = fc.constantFrom('RET', 'ENVID', 'NOTIFY', 'ORCPT', 'SMTPUTF8')
  fc.assert(
    fc.property(keyword, fc.string({ unit: 'binary' }), (word, value) => {
      refused(() => mail(`${word}=${value}`))
      refused(() => rcpt(`${word}=${value}`))
    }),
  )
})
