import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { cut, everyOctet } from '../../test/arbitraries.js'
import { quiet, SmtpSite } from '../../test/smtp-site.js'
import { smtpLimits } from '../core/limits.js'
import { StoreError } from '../store/errors.js'

let site: SmtpSite
beforeEach(() => {
  site = new SmtpSite()
})

const MESSAGE = 'Subject: x\r\n\r\nhello\r\n'
const TO_ALICE = ['EHLO client.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<alice@posthorn.test>', 'DATA']
const plain = (username: string, password: string): string =>
  Buffer.from(`\0${username}\0${password}`).toString('base64')
const b64 = (text: string): string => Buffer.from(text).toString('base64')

describe('a dialogue', () => {
  test('looks like this', async () => {
    const peer = site.connect()
    expect(await peer.send()).toBe('220 mx.posthorn.test ESMTP Posthorn\r\n')
    expect(await peer.say('EHLO client.example')).toBe(
      [
        '250-mx.posthorn.test',
        '250-PIPELINING',
        '250-SIZE 52428800',
        '250-8BITMIME',
        '250-ENHANCEDSTATUSCODES',
        '250-STARTTLS',
        '250 HELP',
        '',
      ].join('\r\n'),
    )
    expect(await peer.say('MAIL FROM:<a@b.example> SIZE=20 BODY=8BITMIME')).toBe('250 2.1.0 Sender OK\r\n')
    expect(await peer.say('RCPT TO:<alice@posthorn.test>')).toBe('250 2.1.5 Recipient OK\r\n')
    expect(await peer.say('DATA')).toBe('354 End data with <CR><LF>.<CR><LF>\r\n')
    expect(await peer.send(MESSAGE)).toBe('')
    expect(await peer.send('.\r\n')).toMatch(/^250 2\.0\.0 Message accepted for delivery [a-z2-9]{12}\r\n$/)
    expect(await peer.say('QUIT')).toBe('221 2.0.0 Bye\r\n')
    await peer.served
    expect(site.clock.pending).toBe(0)
  })

  test('ends in one acceptance, with the trace fields in front', async () => {
    const peer = site.connect()
    const reply = await peer.say(...TO_ALICE, 'Subject: x', '', '..dot', '.')
    const [{ message, text } = { message: null, text: '' }] = site.accepted
    expect(message).toMatchObject({
      from: 'a@b.example',
      deliveries: [{ kind: 'local', recipient: 'alice@posthorn.test' }],
      receivedAt: site.clock.now(),
    })
    expect(reply).toContain(`accepted for delivery ${message?.id}\r\n`)
    expect(text).toMatch(
      /^Return-Path: <a@b\.example>\r\nReceived: from client\.example \(\[192\.0\.2\.9\]\) by mx\.posthorn\.test\s+with ESMTP\s+id/,
    )
    expect(text.replace(/\r\n\t/g, ' ')).toContain('for <alice@posthorn.test>; Thu, 29 Feb 2024')
    expect(text.endsWith('\r\nSubject: x\r\n\r\n.dot\r\n')).toBe(true)
  })

  test('may have a null reverse-path and a postmaster without a domain', async () => {
    await site.connect().say('HELO client.example', 'MAIL FROM:<>', 'RCPT TO:<Postmaster>', 'DATA', MESSAGE, '.')
    expect(site.accepted[0]?.message).toMatchObject({
      from: '',
      deliveries: [{ recipient: 'postmaster@posthorn.test' }],
    })
    expect(site.accepted[0]?.text).toMatch(/^Return-Path: <>\r\nReceived: .*with SMTP/s)
  })

  test('gives one copy to a recipient that is named twice', async () => {
    const peer = site.connect()
    await peer.say('EHLO x', 'MAIL FROM:<>')
    const answer = await peer.say('RCPT TO:<alice@posthorn.test>', 'RCPT TO:<ALICE@Posthorn.Test>')
    expect(answer).toBe('250 2.1.5 Recipient OK\r\n'.repeat(2))
    await peer.say('DATA', MESSAGE, '.')
    expect(site.accepted[0]?.message.deliveries).toHaveLength(1)
  })
})

describe('who may send to whom', () => {
  test.each([
    ['RCPT TO:<nobody@posthorn.test>', '550 5.1.1 '],
    ['RCPT TO:<disabled@posthorn.test>', '550 5.2.1 '],
    ['RCPT TO:<x@elsewhere.example>', '550 5.7.1 Relaying denied\r\n'],
    ['RCPT TO:<alice%posthorn.test@elsewhere.example>', '550 5.7.1 '],
    ['RCPT TO:<@posthorn.test:x@elsewhere.example>', '550 5.7.1 '],
    ['RCPT TO:<"x@elsewhere.example"@posthorn.test>', '550 5.1.1 '],
    ['RCPT TO:<x@[192.0.2.1]>', '550 5.7.1 '],
  ])('anybody: %s is answered %s', async (command, reply) => {
    const peer = site.connect()
    await peer.say('EHLO x', 'MAIL FROM:<alice@posthorn.test>')
    expect(await peer.say(command)).toContain(reply)
    expect(await peer.say('DATA')).toBe('503 5.5.1 No valid recipients\r\n')
    expect(site.lines('Recipient refused')).toHaveLength(1)
  })

  test('a user may send anywhere; what goes elsewhere carries no Return-Path', async () => {
    const peer = site.connect('submissions')
    expect(await peer.say('EHLO x', 'MAIL FROM:<alice@posthorn.test>')).toContain(
      '530 5.7.0 Authentication required\r\n',
    )
    expect(await peer.say(`AUTH PLAIN ${plain('alice@posthorn.test', 'secret')}`)).toBe(
      '235 2.7.0 Authentication successful\r\n',
    )
    await peer.say('MAIL FROM:<alice@posthorn.test>', 'RCPT TO:<x@elsewhere.example>', 'DATA', MESSAGE, '.')
    expect(site.accepted[0]?.message.deliveries).toEqual([{ kind: 'remote', recipient: 'x@elsewhere.example' }])
    expect(site.accepted[0]?.text).toMatch(/^Received: from x .*with ESMTPSA/s)
    expect(site.lines('SMTP authentication successful')[0]?.fields).toMatchObject({
      username: 'alice@posthorn.test',
      auth_method: 'PLAIN',
    })
  })

  test.each([
    'MAIL FROM:<a@b>',
    'RCPT TO:<a@b>',
    'DATA',
    'AUTH PLAIN',
    'AUTH LOGIN',
    'VRFY x',
    'EXPN x',
    'MAIL nonsense',
  ])('on 587 in clear, %s is answered 530', async (command) => {
    const peer = site.connect('submission')
    await peer.say('EHLO x')
    expect(await peer.say(command)).toBe('530 5.7.0 Must issue a STARTTLS command first\r\n')
  })

  test.each(['NOOP', 'RSET', 'HELP', 'HELO x'])('on 587 in clear, %s is fine', async (command) => {
    const peer = site.connect('submission')
    await peer.say('EHLO x')
    expect(await peer.say(command)).toMatch(/^2/)
  })

  test.each(['RCPT TO:<a@b>', 'DATA', 'VRFY x'])('on 587 with TLS, %s before AUTH is answered 530', async (command) => {
    const peer = site.connect('submission', { secure: true })
    await peer.say('EHLO x')
    expect(await peer.say(command)).toBe('530 5.7.0 Authentication required\r\n')
  })

  test('on 25 in clear, AUTH is neither offered nor taken', async () => {
    const peer = site.connect()
    expect(await peer.say('EHLO x')).not.toContain('AUTH')
    expect(await peer.say(`AUTH PLAIN ${plain('a', 'secret')}`)).toContain('530 5.7.0 ')
    expect(site.attempts).toEqual([])
  })
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
    expect(site.attempts).toEqual([{ username: 'a', password: 'secret', remoteAddress: '192.0.2.9', sessionId: 's1' }])
  })

  test.each(['wrong', 'disabled', 'throttled'])('%s three times ends the connection', async (password) => {
    const peer = await greeted()
    const attempt = `AUTH PLAIN ${plain('a', password)}`
    expect(await peer.say(attempt, attempt)).not.toContain('421')
    expect(await peer.say(attempt)).toMatch(/^(535|454) .*\r\n421 4\.7\.0 .*\r\n$/)
    await peer.served
    expect(site.lines('SMTP authentication failed')).toHaveLength(3)
  })

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
})

describe('DATA', () => {
  const EVIL = 'MAIL FROM:<evil@b>\r\nRCPT TO:<bob@posthorn.test>\r\nDATA\r\nsmuggled\r\n.\r\n'

  test.each(['\n.\n', '\n.\r\n', '\r.\r\n', '\r\n.\n', '\r\n.\r', '\r.\r', '\r\n\0.\r\n', '\r\n.\r\r\n', '\n\n.\r\n'])(
    'after %j nothing is a command: one message at most (SMTP smuggling)',
    async (mark) => {
      for (const mode of ['reject', 'normalise'] as const) {
        site = new SmtpSite()
        site.bareNewline = mode
        const peer = site.connect()
        await peer.say(...TO_ALICE)
        const answer = await peer.send(`Subject: x\r\n\r\nhello${mark}${EVIL}`)
        // EVIL brings the real end mark; what stands behind it is one NOOP.
        expect(answer).toMatch(
          mode === 'reject' && mark !== '\r\n\0.\r\n'
            ? /^550 5\.5\.2 Bare newline received\r\n$/
            : /^250 2\.0\.0 [^\r\n]*\r\n$/,
        )
        expect(site.accepted.length).toBe(answer.startsWith('250') ? 1 : 0)
        expect(site.accepted.flatMap(({ message }) => message.deliveries)).not.toContainEqual(
          expect.objectContaining({ recipient: 'bob@posthorn.test' }),
        )
        expect(await peer.say('NOOP')).toBe('250 2.0.0 OK\r\n')
      }
    },
  )

  test('normalised, a bare line end is stored as CRLF', async () => {
    site.bareNewline = 'normalise'
    await site.connect().say(...TO_ALICE, 'a\nb\rc', '.')
    expect(site.accepted[0]?.text.endsWith('\r\na\r\nb\r\nc\r\n')).toBe(true)
  })

  test('a message that is too large is read to its end, thrown away and refused', async () => {
    site.limits = { ...smtpLimits, maxMessageSize: 100 }
    const peer = site.connect()
    expect(await peer.say('EHLO x')).toContain('250-SIZE 100\r\n')
    expect(await peer.say('MAIL FROM:<a@b> SIZE=101')).toBe('552 5.3.4 Message exceeds the size limit\r\n')
    expect(await peer.say('MAIL FROM:<a@b> SIZE=99999999999999999999')).toContain('552 5.3.4 ')
    await peer.say('MAIL FROM:<a@b> SIZE=100', 'RCPT TO:<alice@posthorn.test>', 'DATA')
    expect(await peer.send(Buffer.alloc(150, 'x'))).toBe('')
    expect(site.spools[0]?.discarded).toBe(true)
    expect(await peer.send('\r\n.\r\n')).toBe('552 5.3.4 Message exceeds the size limit\r\n')
    await peer.say('MAIL FROM:<a@b>', 'RCPT TO:<alice@posthorn.test>', 'DATA', 'small', '.')
    expect(site.accepted).toHaveLength(1)
    expect(site.lines('Message refused')).toHaveLength(1)
  })

  test('a message without an end is not thrown away for ever', async () => {
    site.limits = { ...smtpLimits, maxMessageSize: 100, discardedMessage: 100 }
    const peer = site.connect()
    await peer.say(...TO_ALICE)
    expect(await peer.send(Buffer.alloc(201, 'x'))).toMatch(/^421 4\.7\.0 /)
    await peer.served
  })

  test('a loop is refused', async () => {
    site.limits = { ...smtpLimits, receivedFields: 2 }
    const peer = site.connect()
    expect(await peer.say(...TO_ALICE, ...Array(3).fill('Received: by x'), '.')).toContain('554 5.4.6 ')
    expect(site.spools[0]?.discarded).toBe(true)
  })

  test.each(['', 'half a line', 'Subject: x\r\n\r\nhello\r\n', 'hello\r\n.', 'hello\r\n.\r'])(
    'a client that vanishes after %j leaves nothing',
    async (octets) => {
      const peer = site.connect()
      await peer.say(...TO_ALICE)
      await peer.send(octets)
      peer.stream.destroy()
      await peer.served
      expect(site.accepted).toEqual([])
      expect(site.spools.map(({ discarded }) => discarded)).toEqual([true])
      expect(site.clock.pending).toBe(0)
    },
  )

  test.each([
    [new StoreError('unavailable', 'disk full'), '452 4.3.1 '],
    [new StoreError('no-such-mailbox', 'gone'), '450 4.2.1 '],
    [new StoreError('over-quota', 'box 7'), '552 5.2.2 '],
    [new Error('a bug in line 7'), '451 4.3.0 '],
  ])('when the store throws %s the answer is %s, and the next message may come', async (failure, reply) => {
    site.acceptFailure = failure
    const peer = site.connect()
    const answer = await peer.say(...TO_ALICE, MESSAGE, '.')
    expect(answer.slice(answer.indexOf('354 '))).toContain(reply)
    expect(answer).not.toContain(failure.message)
    site.acceptFailure = null
    expect(await peer.say(...TO_ALICE.slice(1), MESSAGE, '.')).toContain('250 2.0.0 ')
  })

  test('when the spool fails the message is read to its end and refused', async () => {
    site.spoolFailure = new StoreError('unavailable', 'disk full')
    const peer = site.connect()
    const answer = await peer.say(...TO_ALICE, 'MAIL FROM:<x@y>', '.', 'NOOP')
    expect(answer).toMatch(/354 .*\r\n452 4\.3\.1 .*\r\n250 2\.0\.0 OK\r\n$/)
  })

  test('a fault is logged with its stack and costs one command', async () => {
    site.directoryFailure = new Error('a bug in line 8')
    const peer = site.connect()
    await peer.say('EHLO x', 'MAIL FROM:<>')
    expect(await peer.say('RCPT TO:<alice@posthorn.test>')).toBe('451 4.3.0 Internal error, try again later\r\n')
    expect(site.lines('SMTP session fault')[0]?.fields['stack']).toContain('a bug in line 8')
    site.directoryFailure = null
    expect(await peer.say('RCPT TO:<alice@posthorn.test>')).toBe('250 2.1.5 Recipient OK\r\n')
  })
})

describe('lines that are no commands', () => {
  test('a line of 1 MB is thrown away and answered', async () => {
    const peer = site.connect()
    await peer.send()
    expect(await peer.send(`EHLO ${'x'.repeat(1_000_000)}\r\nNOOP\r\n`)).toBe(
      '500 5.5.2 Line too long\r\n250 2.0.0 OK\r\n',
    )
  })

  test('a line without an end is not', async () => {
    const peer = site.connect()
    for (let i = 0; i < 40; i++) await peer.send(Buffer.alloc(64_000, 'x'))
    await peer.served
    expect(peer.text).toMatch(/\r\n421 4\.7\.0 Line without an end, closing connection\r\n$/)
  })

  test.each([
    ['NO\nOP', '500 5.5.2 Bare CR or LF in command'],
    ['NOOP\r', '500 5.5.2 '],
    ['NOOP\nMAIL FROM:<a@b>', '500 5.5.2 '],
    ['\0\0\0', '500 5.5.2 '],
    ['WHATEVER', '500 5.5.2 Command not recognised'],
    ['EXPN list', '502 5.5.1 '],
    ['VRFY alice', '252 2.0.0 '],
    ['HELP', '214-2.0.0 '],
  ])('%j is answered %s', async (line, reply) => {
    const peer = site.connect()
    await peer.send()
    expect(await peer.send(`${line}\r\n`)).toContain(reply)
  })

  test('too many of them end the connection', async () => {
    const peer = site.connect()
    const answers = await peer.send('X\r\n'.repeat(30))
    expect(answers.match(/^500 /gm)).toHaveLength(20)
    expect(answers).toMatch(/\r\n421 4\.7\.0 .*\r\n$/)
    await peer.served
  })

  test('a message that was accepted wipes the slate', async () => {
    const peer = site.connect()
    await peer.send('X\r\n'.repeat(19))
    await peer.say(...TO_ALICE, MESSAGE, '.')
    expect(await peer.send('X\r\n'.repeat(19))).not.toContain('421')
  })
})

describe('pipelining (RFC 2920)', () => {
  const group = `EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody@posthorn.test>\r\nRCPT TO:<alice@posthorn.test>\r\nDATA\r\n${MESSAGE}.\r\nMAIL FROM:<c@d>\r\nRSET\r\nQUIT\r\n`

  test('answers come in order', async () => {
    const text = await site.connect().play([Buffer.from(group)])
    expect(text.match(/^\d\d\d(?= )/gm)).toEqual(['220', '250', '250', '550', '250', '354', '250', '250', '250', '221'])
  })

  test('answers to MAIL and RCPT are sent together', async () => {
    const peer = site.connect()
    await peer.say('EHLO x')
    const pieces: string[] = []
    peer.stream.on('data', (chunk: Buffer) => pieces.push(chunk.toString()))
    await peer.send('MAIL FROM:<a@b>\r\nRCPT TO:<alice@posthorn.test>\r\nRCPT TO:<bob@posthorn.test>\r\n')
    expect(pieces).toHaveLength(1)
  })

  test('every cut of a dialogue gives the same replies and the same message', async () => {
    const whole = await new SmtpSite().connect().play([Buffer.from(group)])
    const same = async (pieces: readonly Buffer[]) => {
      const fresh = new SmtpSite()
      expect(await fresh.connect().play(pieces)).toBe(whole)
      expect(fresh.accepted.map(({ message }) => message.from)).toEqual(['a@b'])
      expect(fresh.clock.pending).toBe(0)
    }
    await same(everyOctet(Buffer.from(group)))
    await fc.assert(fc.asyncProperty(cut(Buffer.from(group)), same), { numRuns: 60 })
  })
})

describe('deadlines (decision 3)', () => {
  test.each([
    ['no command', '', smtpLimits.idleTimeout],
    ['half a command', 'NOO', smtpLimits.commandTimeout],
    ['half a line that is too long', 'x'.repeat(3000), smtpLimits.commandTimeout],
  ])('%s', async (_what, octets, timeout) => {
    const peer = site.connect()
    await peer.send()
    await peer.send(octets)
    await site.clock.advance(timeout - 1)
    expect(await peer.send()).toBe('')
    await site.clock.advance(1)
    expect(await peer.send()).toBe('421 4.4.2 Timeout, closing connection\r\n')
    await peer.served
    expect(site.clock.pending).toBe(0)
  })

  test('octets that drip do not extend the time for a command', async () => {
    const peer = site.connect()
    for (let i = 0; i < 6; i++) {
      await peer.send('x')
      await site.clock.advance(smtpLimits.commandTimeout / 5)
    }
    await peer.served
    expect(peer.text).toContain('421 4.4.2 ')
  })

  test('within DATA, three minutes without an octet', async () => {
    const peer = site.connect()
    await peer.say(...TO_ALICE)
    for (let i = 0; i < 3; i++) {
      await peer.send('x')
      await site.clock.advance(smtpLimits.dataTimeout - 1)
    }
    expect(await peer.send()).toBe('')
    await site.clock.advance(1)
    expect(await peer.send()).toBe('421 4.4.2 Timeout, closing connection\r\n')
    await peer.served
    expect(site.spools[0]?.discarded).toBe(true)
  })

  test('an octet now and then does not keep DATA open for ever', async () => {
    const peer = site.connect()
    await peer.say(...TO_ALICE)
    for (let minutes = 0; minutes < 12 && !peer.over; minutes++) {
      await site.clock.advance(60_000)
      await peer.send('x')
    }
    await peer.served
    expect(peer.text).toMatch(/\r\n421 4\.4\.2 Message arrives too slowly, closing connection\r\n$/)
  })

  test('our own work on a command', async () => {
    site.directory.resolve = () => new Promise(() => {})
    const peer = site.connect()
    await peer.say('EHLO x', 'MAIL FROM:<>', 'RCPT TO:<alice@posthorn.test>')
    await site.clock.advance(smtpLimits.commandTimeout)
    expect(await peer.send()).toBe('421 4.4.2 Timeout, closing connection\r\n')
    await peer.served
  })
})

describe('shutdown', () => {
  test.each([[[]], [['EHLO x']], [['EHLO x', 'MAIL FROM:<a@b>', 'RSET']]])(
    'a client that is between mails after %j is sent away',
    async (lines) => {
      const peer = site.connect()
      await peer.say(...lines)
      site.stopping.abort()
      expect(await peer.send()).toContain('421 4.3.2 ')
      await peer.served
    },
  )

  test('a transaction comes to its end first', async () => {
    const peer = site.connect()
    await peer.say('EHLO x', 'MAIL FROM:<a@b>')
    site.stopping.abort()
    expect(await peer.say('RCPT TO:<alice@posthorn.test>', 'DATA', MESSAGE)).not.toContain('421')
    expect(await peer.say('.')).toMatch(/^250 2\.0\.0 .*\r\n421 4\.3\.2 .*\r\n$/)
    expect(site.accepted).toHaveLength(1)
    await peer.served
  })

  test('nobody is left behind', async () => {
    site.stopping.abort()
    const peer = site.connect()
    expect(await peer.send()).toMatch(/^220 .*\r\n421 4\.3\.2 .*\r\n$/)
    await peer.served
  })
})

test('the log tells the connection and the message', async () => {
  await site.connect().say(...TO_ALICE, MESSAGE, '.', 'QUIT')
  await quiet()
  expect(site.lines('SMTP connection accepted')[0]?.fields).toEqual({
    port: 25,
    client_ip: '192.0.2.9',
    tls_active: false,
    protocol: 'SMTP',
  })
  expect(site.lines('SMTP command received').map(({ fields }) => fields['command'])).toEqual([
    'EHLO',
    'MAIL',
    'RCPT',
    'DATA',
    'QUIT',
  ])
  const [{ message, text } = { message: null, text: '' }] = site.accepted
  expect(site.lines('Message accepted for delivery')[0]?.fields).toEqual({
    message_id: message?.id,
    from: 'a@b.example',
    recipients_count: 1,
    size_bytes: text.length,
  })
})

test('a trace counts content and does not show it', async () => {
  site.traced = true
  await site.connect().say(...TO_ALICE, 'Subject: private', '.')
  expect(JSON.stringify(site.log)).not.toContain('private')
  expect(site.log.map(({ message }) => message)).toContain('C: …(18 octets)')
})
