import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { b64, plain, SmtpSite } from '../../test/smtp-site.js'
import type { SaslMechanism } from '../accounts/sasl.js'
import { smtpLimits } from '../core/limits.js'

let site: SmtpSite
beforeEach(() => {
  site = new SmtpSite()
})

describe('AUTH (RFC 4954 §4)', () => {
  const greeted = async (limits: Partial<typeof smtpLimits> = {}) => {
    site.limits = { ...smtpLimits, ...limits }
    const peer = site.connect('submissions')
    expect(await peer.say('EHLO x')).toContain('\r\n250-AUTH PLAIN LOGIN\r\n')
    return peer
  }

  test.each([
    ['PLAIN at once', [`AUTH PLAIN ${plain('a', 'secret')}`], '235 2.7.0 '],
    ['PLAIN in any case', [`auth plain ${plain('a', 'secret')}`], '235 2.7.0 '],
    ['PLAIN with a prompt', ['AUTH PLAIN', plain('a', 'secret')], '334 \r\n235 2.7.0 '],
    [
      'LOGIN',
      ['AUTH LOGIN', b64('a'), b64('secret')],
      `334 ${b64('Username:')}\r\n334 ${b64('Password:')}\r\n235 2.7.0 `,
    ],
    ['LOGIN with the name', [`AUTH LOGIN ${b64('a')}`, b64('secret')], `334 ${b64('Password:')}\r\n235 2.7.0 `],
    ['a wrong password', [`AUTH PLAIN ${plain('a', 'wrong')}`], '535 5.7.8 Authentication credentials invalid\r\n'],
    ['a disabled user', [`AUTH PLAIN ${plain('a', 'disabled')}`], '535 5.7.13 User disabled\r\n'],
    ['too many failures elsewhere', [`AUTH PLAIN ${plain('a', 'throttled')}`], '454 4.7.0 '],
    ['a fault of ours', [`AUTH PLAIN ${plain('a', 'fault')}`], '451 4.3.0 '],
    ['somebody else’s name', [`AUTH PLAIN ${b64('other\0a\0secret')}`], '535 5.7.8 '],
    ['a cancelled exchange', ['AUTH LOGIN', '*'], `334 ${b64('Username:')}\r\n501 5.7.0 `],
    ['base64 that is none', ['AUTH PLAIN a=b='], '501 5.5.2 '],
    ['base64 that is none, later', ['AUTH PLAIN', '====='], '334 \r\n501 5.5.2 '],
    ['an empty initial response', ['AUTH PLAIN ='], '501 5.5.2 '],
    ['an empty answer', ['AUTH PLAIN', ''], '334 \r\n501 5.5.2 '],
    ['an unknown mechanism', ['AUTH GSSAPI'], '504 5.5.4 '],
    ['no mechanism', ['AUTH'], '501 5.5.4 '],
    ['a line that is too long', ['AUTH PLAIN', 'A'.repeat(13_000)], '334 \r\n500 5.5.6 '],
    ['a line of 12 kB', ['AUTH PLAIN', b64(`\0a\0${'s'.repeat(9000)}`)], '334 \r\n535 5.7.8 '],
  ])('%s', async (_what, lines, answer) => {
    const peer = await greeted()
    const got = await peer.say(...lines)
    expect(got.slice(0, answer.length)).toBe(answer)
    expect(await peer.say('NOOP')).toBe('250 2.0.0 OK\r\n')
  })

  test.each<[SaslMechanism[], string | null]>([
    [['SCRAM-SHA-256', 'CRAM-MD5'], 'AUTH CRAM-MD5 SCRAM-SHA-256'],
    [['SCRAM-SHA-256-PLUS', 'LOGIN'], 'AUTH LOGIN'],
    [['SCRAM-SHA-256-PLUS'], null],
  ])('%j without a channel to bind to offers %j, and takes nothing else', async (mechanisms, offer) => {
    site.mechanisms = mechanisms
    const peer = site.connect('submissions')
    const hello = await peer.say('EHLO x')
    if (offer === null) expect(hello).not.toContain('AUTH')
    else expect(hello).toContain(`-${offer}\r\n`)
    expect(await peer.say(`AUTH PLAIN ${plain('a', 'secret')}`)).toContain('504 5.5.4 ')
    expect(await peer.say('AUTH SCRAM-SHA-256-PLUS')).toContain('504 5.5.4 ')
  })

  test('an initial response where the server speaks first is refused, an empty one too', async () => {
    site.mechanisms = ['CRAM-MD5']
    const peer = site.connect('submissions')
    await peer.say('EHLO x')
    for (const initial of [b64('a'), '=']) expect(await peer.say(`AUTH CRAM-MD5 ${initial}`)).toContain('501 5.7.0 ')
  })

  test('a challenge is not in the trace: with SCRAM it is enough to guess passwords with', async () => {
    site.traced = true
    const peer = await greeted()
    await peer.say('AUTH LOGIN', '*')
    const said = site.log.map(({ message }) => message)
    expect(said).toContain('S: 334 ***')
    expect(said.join()).not.toContain(b64('Username:'))
  })

  test('once is enough, and not in a transaction, and not before EHLO', async () => {
    const peer = site.connect('submissions')
    expect(await peer.say('AUTH PLAIN')).toContain('503 5.5.1 ')
    await peer.say('EHLO x', `AUTH PLAIN ${plain('a', 'secret')}`)
    expect(await peer.say('AUTH PLAIN')).toContain('503 5.5.1 Already authenticated')
    await peer.say('MAIL FROM:<a@b>')
    expect(await peer.say('AUTH PLAIN')).toContain('503 5.5.1 ')
  })

  test('the authenticator is told who asks', async () => {
    await (await greeted()).say(`AUTH PLAIN ${plain('a', 'secret')}`)
    expect(site.attempts).toEqual([
      { username: 'a', password: 'secret', protocol: 'smtp', remoteAddress: '192.0.2.9', sessionId: 's1' },
    ])
  })

  test.each(['wrong', 'disabled', 'not-allowed', 'throttled'])(
    '%s three times ends the connection',
    async (password) => {
      const peer = await greeted()
      const attempt = `AUTH PLAIN ${plain('a', password)}`
      expect(await peer.say(attempt, attempt)).not.toContain('421')
      expect(await peer.say(attempt)).toMatch(/^(535|454) .*\r\n421 4\.7\.0 .*\r\n$/)
      await peer.served
      expect(site.lines('SMTP authentication failed')).toHaveLength(3)
    },
  )

  test('no secret is ever in log or trace', async () => {
    site.traced = true
    const peer = await greeted()
    await peer.say('AUTH LOGIN', b64('alice'), b64('hunter2-wrong'), `AUTH PLAIN ${plain('alice', 'hunter2-wrong')}`)
    await peer.say(b64('hunter2-late'), `AUTH\t${b64('hunter2-tab')}`, `auth  ${b64('hunter2-odd')}`)
    await peer.send(`NOOP x\nAUTH PLAIN ${b64('hunter2-bare')}\r\n`)
    const all = JSON.stringify(site.log)
    for (const secret of ['wrong', 'late', 'tab', 'odd', 'bare'].map((end) => `hunter2-${end}`)) {
      expect(all).not.toContain(secret)
      expect(all).not.toContain(b64(secret).slice(0, 12))
    }
    expect(site.log.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'C: AUTH LOGIN ***',
        'C: ***',
        'C: AUTH PLAIN ***',
        'S: 535 5.7.8 Authentication credentials invalid',
      ]),
    )
  })

  test('every cut of an exchange gives the same replies', async () => {
    const lines = [
      'EHLO x',
      'AUTH LOGIN',
      b64('a'),
      b64('wrong'),
      `AUTH PLAIN ${plain('a', 'secret')}`,
      'RSET',
      'QUIT',
      '',
    ]
    const octets = Buffer.from(lines.join('\r\n'))
    const codes = ['220', '250', '334', '334', '535', '235', '250', '221']
    await fc.assert(
      fc.asyncProperty(cut(octets), async (pieces) => {
        const text = await new SmtpSite().connect('submissions').play(pieces)
        expect(text.match(/^\d\d\d(?= )/gm)).toEqual(codes)
      }),
      { numRuns: 60 },
    )
  })

  test('an answer that is begun must be finished', async () => {
    const peer = await greeted()
    await peer.say('AUTH PLAIN')
    await peer.send('AAAA')
    await site.clock.advance(smtpLimits.commandTimeout)
    expect(await peer.send()).toContain('421 4.4.2 ')
    await peer.served
  })
})
