import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeReply, type ReplyContext, type ReplyVerdict } from './smtp.js'

const context: ReplyContext = {
  known: new Map([
    ['hostname', 'mx.example.org'],
    ['alice', 'alice@example.org'],
  ]),
  command: 'NOOP',
  needs: [],
  rfc: 'RFC 5321 §4.1',
  offered: null,
  secured: false,
}
const enhanced: ReplyContext = { ...context, offered: new Set(['ENHANCEDSTATUSCODES']) }
const codes: ReplyContext = { ...enhanced, rfc: 'RFC 2034 §4' }
const greeting: ReplyContext = { ...context, command: null }
const ehlo: ReplyContext = { ...context, command: 'EHLO client.example' }
const lhlo: ReplyContext = { ...context, command: 'LHLO client.example' }

const judge = (written: string, came: string, within: ReplyContext = context): ReplyVerdict =>
  judgeReply(
    written.split('|').map((text, i) => ({ text, optional: false, anyOrder: false, at: i + 1 })),
    came.split('|'),
    within,
  )

describe('is accepted', () => {
  test.each([
    ['another text', '250 OK', '250 Fine', context],
    ['no text', '250 OK', '250', context],
    ['more lines', '250 OK', '250-So|250 fine', context],
    ['fewer lines', '214-HELP|214 NOOP', '214 See the manual', context],
    ['any code of a choice of regular expression', '{{*:50[01]}} {{*}}', '501 no', context],
    ['no enhanced code where none is offered', '250 2.0.0 OK', '250 OK', { ...context, offered: new Set(['SIZE']) }],
    ['nor where nothing was asked', '250 2.0.0 OK', '250 5.0.0', context],
    ['another subject and detail', '250 2.1.5 OK', '250 2.0.0 OK', enhanced],
    ['the same enhanced code on each line', '250 2.1.5 OK', '250-2.0.0 So|250 2.0.0 fine', enhanced],
    ['an enhanced code that is not written', '250 {{*}}', '250 5.0.0 fine', enhanced],
    ['a line that is one island', '{{*:[25]\\d\\d .{0,9}}}', '250 no', context],
    ['no enhanced code on what EHLO gets', '501 5.5.4 no', '501 no', { ...enhanced, command: 'EHLO' }],
    ['UTF-8 that was asked for', '252 {{*}}', '252 \xc3\xbc', { ...context, command: 'VRFY a SMTPUTF8' }],
    ['an enhanced code with islands', '501 5.5.{{*:[24]}} {{*}}', '501 5.5.2 fine', codes],
    ['another name in the greeting', '220 {{hostname}} ESMTP Posthorn', '220 [192.0.2.1] hello', greeting],
    ['a greeting of several lines', '220 {{hostname}} {{*}}', '220-mx.example.org hello|220 welcome', greeting],
    ['no keywords at all', '250-{{hostname}}|250-SIZE {{*}}|250 HELP', '250 other.example', ehlo],
    [
      'other keywords, in any case and order',
      '250-{{hostname}}|250-SIZE 9|250 HELP',
      '250-x.y hi|250-help|250 Size 7',
      ehlo,
    ],
    [
      'a name with a greeting for HELO',
      '250 {{hostname}}',
      '250 other.example Hello client',
      { ...context, command: 'HELO c' },
    ],
    ['STARTTLS in clear', '250-{{*}}|250 HELP', '250-x.y|250 STARTTLS', ehlo],
  ])('%s', (_what, written, came, within) => {
    expect(judge(written, came, within)).toMatchObject({ kind: 'fits' })
  })

  test('any code of a choice', () => {
    const line = { text: '{{501|500}} 5.5.4 no', optional: false, anyOrder: false, at: 1 }
    expect(judgeReply([line], ['500 5.5.1 what?'], enhanced)).toMatchObject({ kind: 'fits' })
    expect(judgeReply([line], ['502 5.5.1 what?'], enhanced)).toMatchObject({ kind: 'differs' })
  })
})

describe('is refused', () => {
  test.each([
    ['another code', '250 OK', '251 OK', context],
    ['another class', '250 OK', '550 OK', context],
    ['a code that is none of the choice', '{{*:50[01]}} {{*}}', '502 no', context],
    ['two codes in one reply', '250 OK', '250-OK|251 fine', context],
    ['no last line', '250 OK', '250-OK', context],
    ['a line behind the last', '250 OK', '250 OK|250 OK', context],
    ['no reply at all', '250 OK', 'OK', context],
    ['a code that there is not', '250 OK', '650 OK', context],
    ['another sign behind the code', '250 OK', '250+OK', context],
    ['control characters', '250 OK', '250 O\x07K', context],
    ['a line that is too long', '250 {{*}}', `250 ${'x'.repeat(507)}`, context],
    ['an enhanced code of another class', '250 2.0.0 OK', '250 5.0.0 OK', enhanced],
    ['a line that is another than the island', '{{*:[25]\\d\\d .{0,9}}}', '250 0123456789', context],
    ['UTF-8 that was not asked for', '252 {{*}}', '252 \xc3\xbc', { ...context, command: 'VRFY a' }],
    ['a missing enhanced code', '250 2.0.0 OK', '250 OK', enhanced],
    ['one on the first line alone', '250 2.0.0 OK', '250-2.0.0 OK|250 fine', enhanced],
    ['different ones', '250 2.0.0 OK', '250-2.0.0 OK|250 2.1.0 fine', enhanced],
    ['another subject where codes are the topic', '250 2.1.5 OK', '250 2.1.0 OK', codes],
    ['a challenge of several lines', '334 {{c}}', '334-AAAA|334 AAAA', context],
    ['a challenge that is not base64', '334 {{*}}', '334 what is your name?', context],
    ['another challenge', '334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6', context],
    ['an empty challenge without its space', '334 {{empty:}}', '334', context],
    ['a greeting without a name', '220 {{hostname}} {{*}}', '220 -- hello', greeting],
    ['an EHLO reply without a name', '250-{{*}}|250 HELP', '250-?|250 HELP', ehlo],
    ['keywords for HELO', '250 {{hostname}}', '250-x.y|250 SIZE', { ...context, command: 'HELO c' }],
    ['a keyword that is none', '250-{{*}}|250 HELP', '250-x.y|250 AUTH=PLAIN', ehlo],
    ['a parameter where there is none', '250-{{*}}|250 HELP', '250-x.y|250 PIPELINING 2', ehlo],
    ['a size that is none', '250-{{*}}|250 HELP', '250-x.y|250 SIZE 1K', ehlo],
    ['BINARYMIME without CHUNKING', '250-{{*}}|250 HELP', '250-x.y|250 BINARYMIME', ehlo],
    ['SMTPUTF8 without 8BITMIME', '250-{{*}}|250 HELP', '250-x.y|250 SMTPUTF8', ehlo],
    ['STARTTLS in TLS', '250-{{*}}|250 HELP', '250-x.y|250 STARTTLS', { ...ehlo, secured: true }],
    ['LMTP without PIPELINING', '250-{{*}}|250 HELP', '250-x.y|250 ENHANCEDSTATUSCODES', lhlo],
  ])('%s', (_what, written, came, within) => {
    expect(judge(written, came, within)).toMatchObject({ kind: 'differs' })
  })
})

describe('what the transcript needs and the server does not offer', () => {
  const needs = (...words: string[]): ReplyContext => ({ ...ehlo, needs: words })
  test.each([
    ['a keyword', needs('DSN'), '250-x.y|250 SIZE', 'DSN'],
    ['a parameter', needs('AUTH=CRAM-MD5'), '250-x.y|250 AUTH PLAIN LOGIN', 'AUTH=CRAM-MD5'],
  ])('is lacking: %s', (_what, within, came, what) => {
    expect(judge('250-{{*}}|250-DSN|250 AUTH {{*}}', came, within)).toEqual({ kind: 'lacks', what })
  })

  test('is lacking only in replies that are written with it', () => {
    expect(judge('250-{{*}}|250 SIZE', '250-x.y|250 SIZE', needs('DSN'))).toMatchObject({ kind: 'fits' })
    expect(judge('250-{{*}}|250 AUTH X', '250-x.y|250 auth LOGIN PLAIN', needs('AUTH=PLAIN')).kind).toBe('fits')
  })
})

describe('captures', () => {
  const captures = (written: string, came: string, within = context): unknown => {
    const verdict = judge(written, came, within)
    return verdict.kind === 'fits' ? Object.fromEntries(verdict.captures) : verdict
  }
  test.each([
    ['a challenge', '334 {{c}}', '334 PDE4', context, { c: 'PDE4' }],
    ['what a keyword says', '250-{{*}}|250 SIZE {{n:\\d+}}', '250-x.y|250-HELP|250 SIZE 42', ehlo, { n: '42' }],
    ['a word of the text, as it is written', '250 taken {{id}}', '250 taken 7', context, { id: '7' }],
    ['and nothing of a text that differs', '250 taken {{id}}', '250 Ok: queued as 7', context, {}],
    ['a code', '{{code:50[01]}} no', '501 No', context, { code: '501' }],
  ])('%s', (_what, written, came, within, found) => {
    expect(captures(written, came, within)).toEqual(found)
  })
})

const text = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((n) => String.fromCharCode(n)), maxLength: 60 })
const code = fc
  .tuple(fc.constantFrom('2', '4', '5'), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 9 }))
  .map((digits) => digits.join(''))
const replyOf = (digits: string, texts: readonly string[]): string[] =>
  texts.map((one, i) => `${digits}${i < texts.length - 1 ? '-' : ' '}${one}`)
const texts = fc.array(text, { minLength: 1, maxLength: 4 })
const line = (written: string) => [{ text: written, optional: false, anyOrder: false, at: 1 }]

describe('of any reply', () => {
  test('the text and the number of lines are free, and the code is not', () => {
    fc.assert(
      fc.property(code, code, texts, (one, other, lines) => {
        const verdict = judgeReply(line(`${one} {{*}}`), replyOf(other, lines), context)
        expect(verdict.kind).toBe(one === other ? 'fits' : 'differs')
      }),
    )
  })

  test('no line may be left out at its end, or have another code', () => {
    fc.assert(
      fc.property(code, code, texts, text, (one, other, lines, last) => {
        const whole = replyOf(one, [...lines, last])
        expect(judgeReply(line(`${one} {{*}}`), whole.slice(0, -1), context).kind).toBe('differs')
        fc.pre(one !== other)
        const mixed = [...whole.slice(0, -1), `${other} ${last}`]
        expect(judgeReply(line(`${one} {{*}}`), mixed, context).kind).toBe('differs')
      }),
    )
  })

  test('an enhanced code has the class of the code', () => {
    fc.assert(
      fc.property(code, fc.constantFrom('2', '4', '5'), fc.nat(999), fc.nat(999), texts, (one, digit, a, b, lines) => {
        const said = lines.map((words) => `${digit}.${a}.${b} ${words}`)
        const verdict = judgeReply(line(`${one} ${one[0]}.0.0 {{*}}`), replyOf(one, said), enhanced)
        expect(verdict.kind).toBe(digit === one[0] ? 'fits' : 'differs')
      }),
    )
  })

  test('whatever comes, it is judged', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), (came) => {
        for (const within of [context, enhanced, greeting, ehlo])
          expect(['fits', 'differs']).toContain(judgeReply(line('250 {{*}}'), came, within).kind)
      }),
    )
  })
})
