import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { cut, everyOctet } from '../../test/arbitraries.js'
import { MESSAGE, plain, quiet, SmtpPeer, SmtpSite, TO_ALICE } from '../../test/smtp-site.js'
import { streamPair } from '../../test/stream-pair.js'
import { Connection } from '../wire/connection.js'

const HERE = { address: '192.0.2.1', port: 25 }

let site: SmtpSite
beforeEach(() => {
  site = new SmtpSite()
})

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
        '250-CHUNKING',
        '250-BINARYMIME',
        '250-SMTPUTF8',
        '250-DSN',
        '250-ENHANCEDSTATUSCODES',
        '250-STARTTLS',
        '250-LIMITS MAILMAX=10000 RCPTMAX=1000',
        '250-VRFY',
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
  const before = 'EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody@posthorn.test>\r\nRCPT TO:<alice@posthorn.test>\r\n'
  const group = `${before}BDAT ${MESSAGE.length} LAST\r\n${MESSAGE}MAIL FROM:<c@d>\r\nRSET\r\nQUIT\r\n`

  test('answers come in order', async () => {
    const text = await site.connect().play([Buffer.from(group)])
    expect(text.match(/^\d\d\d(?= )/gm)).toEqual(['220', '250', '250', '550', '250', '250', '250', '250', '221'])
  })

  test('what comes behind DATA before 354 ends the session on port 25, but not for a user', async () => {
    const blind = `DATA\r\n${MESSAGE}.\r\n`
    const peer = site.connect()
    await peer.say('EHLO x', 'MAIL FROM:<a@b>', 'RCPT TO:<alice@posthorn.test>')
    expect(await peer.send(blind)).toBe('554 5.5.0 Improper pipelining behind DATA, closing connection\r\n')
    await peer.served
    expect(site.spools[0]?.discarded).toBe(true)
    const other = site.connect('lmtp')
    await other.say('LHLO x', 'MAIL FROM:<a@b>', 'RCPT TO:<alice@posthorn.test>')
    expect(await other.send(blind)).toMatch(/^354 .*\r\n250 /)
    expect(site.accepted).toHaveLength(1)
  })

  test('who speaks before the greeting is sent away on port 25', async () => {
    const [near, far] = streamPair()
    far.write('EHLO x\r\n')
    await quiet()
    near.read(0)
    await quiet()
    const connection = new Connection(near, { clock: site.clock, local: HERE, remote: HERE })
    const peer = new SmtpPeer(far, site.serve(connection, 'smtp'))
    expect(await peer.send()).toBe('554 5.5.0 You spoke before the greeting, closing connection\r\n')
    await peer.served
    expect(site.lines('SMTP client spoke before the greeting')).toHaveLength(1)
  })

  test('a server waits before it greets, and so hears who speaks first', async () => {
    site.greetingDelay = 200
    const [early, patient, silent] = [site.connect(), site.connect(), site.connect('submission')]
    expect(await silent.send()).toMatch(/^220 /)
    expect(await patient.send()).toBe('')
    expect(await early.send('E')).toBe('554 5.5.0 You spoke before the greeting, closing connection\r\n')
    await early.served
    await site.clock.advance(200)
    expect(await patient.send()).toMatch(/^220 /)
    expect(await patient.say('NOOP')).toBe('250 2.0.0 OK\r\n')
  })

  test('who closes before the greeting is no fault, and a shutdown does not wait for it', async () => {
    site.greetingDelay = 200
    const [gone, staying] = [site.connect(), site.connect()]
    gone.stream.destroy()
    await gone.served
    expect(await staying.send()).toBe('')
    site.stopping.abort()
    expect(await staying.send()).toMatch(/^421 4\.3\.2 /)
    await staying.served
    expect(site.clock.pending).toBe(0)
    expect(site.lines('SMTP session fault')).toEqual([])
  })

  test('nothing is answered behind QUIT', async () => {
    const peer = site.connect()
    expect(await peer.send('QUIT\r\nMAIL FROM:<a@b>\r\nNOOP\r\n')).toMatch(/221 2\.0\.0 Bye\r\n$/)
    await peer.served
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

test.each([
  ['smtp', 'SMTP'],
  ['submission', 'SMTP'],
  ['submissions', 'SMTPS'],
  ['lmtp', 'LMTP'],
] as const)('the log calls the protocol of %s %s', async (service, protocol) => {
  await site.connect(service).say('QUIT')
  expect(site.lines('SMTP connection accepted')[0]?.fields).toMatchObject({ protocol })
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
