/** BDAT in sessions: RFC 3030. */
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

const ENVELOPE = ['EHLO client.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<alice@posthorn.test>']
const BINARY = ['EHLO client.example', 'MAIL FROM:<a@b.example> BODY=BINARYMIME', 'RCPT TO:<alice@posthorn.test>']
const bdat = (text: string, last = false): string => `BDAT ${Buffer.byteLength(text)}${last ? ' LAST' : ''}\r\n${text}`
/** What was stored, without our trace fields. */
const stored = (n = 0): string | undefined =>
  site.accepted[n]?.text.replace(/^Return-Path(?:[^\r]|\r\n[\t])*\r\nReceived(?:[^\r]|\r\n[\t])*\r\n/, '')

describe('chunks', () => {
  test('become one message, octet for octet', async () => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    expect(await peer.send(bdat('Subject: x\r\n\r\n.\r\n'))).toBe('250 2.0.0 17 octets received\r\n')
    expect(await peer.send(bdat('..two\r'))).toBe('250 2.0.0 6 octets received\r\n')
    expect(await peer.send(bdat('\n', true))).toMatch(/^250 2\.0\.0 Message accepted for delivery /)
    expect(stored()).toBe('Subject: x\r\n\r\n.\r\n..two\r\n')
    expect(await peer.say('MAIL FROM:<c@d>', 'RSET', 'QUIT')).toMatch(/^250 .*\r\n250 .*\r\n221 /)
    await peer.served
    expect(site.clock.pending).toBe(0)
  })

  test('BDAT 0 LAST ends a message, and may be all of it', async () => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    await peer.send(bdat('x\r\n'))
    expect(await peer.say('bdat 0 last')).toMatch(/^250 2\.0\.0 Message/)
    await peer.say(...ENVELOPE.slice(1))
    expect(await peer.say('BDAT 0 LAST')).toMatch(/^250 2\.0\.0 Message/)
    expect([stored(0), stored(1)]).toEqual(['x\r\n', ''])
  })

  test.each([
    ['', '503 5.5.1 Send MAIL first'],
    ['MAIL FROM:<a@b>', '503 5.5.1 No valid recipients'],
  ])('behind %j are read and thrown away', async (before, reply) => {
    const peer = site.connect()
    await peer.say('EHLO x', ...(before === '' ? [] : [before]))
    expect(await peer.send(`${bdat('QUIT\r\n')}NOOP\r\n`)).toBe(`${reply}\r\n250 2.0.0 OK\r\n`)
    expect(site.spools).toEqual([])
  })

  test('on submission are read and refused before TLS and AUTH', async () => {
    const clear = site.connect('submission')
    await clear.say('EHLO x')
    expect(await clear.send(`${bdat('QUIT\r\n')}NOOP\r\n`)).toMatch(/^530 5\.7\.0 .*\r\n250 2\.0\.0 OK\r\n$/)
    const peer = site.connect('submissions')
    await peer.say('EHLO x')
    expect(await peer.send(`${bdat('QUIT\r\n')}NOOP\r\n`)).toMatch(/^530 5\.7\.0 .*\r\n250 2\.0\.0 OK\r\n$/)
  })

  test.each([
    'BDAT',
    'BDAT x',
    'BDAT -1',
    'BDAT 5 FIRST',
    'BDAT 5 LAST LAST',
    'BDAT 1234567890123456',
    'BDAT 5\nX',
    'BDAT 5 \u00e9',
  ])('%j ends the connection, for nobody knows what follows', async (line) => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    expect(await peer.send(`${line}\r\nMAIL FROM:<evil@b>\r\n`)).toMatch(/^50[01] 5\.5\.[24] [^\r]*\r\n$/)
    await peer.served
  })

  test('DATA, RCPT and MAIL behind BDAT are out of order, and harmless', async () => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    await peer.send(bdat('x\r\n'))
    expect(await peer.say('DATA', 'RCPT TO:<bob@posthorn.test>', 'MAIL FROM:<a@b>')).toMatch(
      /^(503 5\.5\.1 [^\r]*\r\n){3}$/,
    )
    expect(await peer.send(bdat('y\r\n', true))).toMatch(/^250 /)
    expect(stored()).toBe('x\r\ny\r\n')
    expect(site.accepted[0]?.message.deliveries).toHaveLength(1)
  })

  test.each(['RSET', 'EHLO x', 'HELO x'])('%s throws away what has come', async (command) => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    await peer.send(bdat('x\r\n'))
    await peer.say(command)
    expect(site.spools[0]?.discarded).toBe(true)
    expect(await peer.send(bdat('y\r\n', true))).toBe('503 5.5.1 Send MAIL first\r\n')
    expect(site.accepted).toEqual([])
  })

  test.each(['QUIT\r\n', 'BDAT 5\r\nab'])('a client that is gone after %j leaves nothing', async (last) => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    await peer.send(bdat('x\r\n'))
    await peer.send(last)
    peer.stream.destroy()
    await peer.served
    expect(site.spools[0]?.discarded).toBe(true)
    expect(site.accepted).toEqual([])
    expect(site.clock.pending).toBe(0)
  })
})

describe('limits', () => {
  test('the size counts over all chunks; what follows is refused alike and read', async () => {
    site.limits = { ...smtpLimits, maxMessageSize: 10 }
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    const group = [bdat('12345\r\n'), bdat('12345\r\n'), bdat('QUIT\r\n'), bdat('QUIT\r\n', true), 'NOOP\r\n']
    const over = '552 5.3.4 Message exceeds the size limit\r\n'
    expect(await peer.send(group.join(''))).toBe(`250 2.0.0 7 octets received\r\n${over.repeat(3)}250 2.0.0 OK\r\n`)
    expect(site.accepted).toEqual([])
    await peer.say(...ENVELOPE.slice(1))
    expect(await peer.send(bdat('12345678\r\n', true))).toMatch(/^250 /)
  })

  test('a chunk of which nobody will wait for the end', async () => {
    site.limits = { ...smtpLimits, maxMessageSize: 10, discardedMessage: 10 }
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    expect(await peer.say('BDAT 21')).toMatch(/^421 4\.7\.0 /)
    await peer.served
    const other = site.connect()
    await other.say('EHLO x')
    expect(await other.say('BDAT 11')).toMatch(/^421 4\.7\.0 /)
    await other.served
  })

  test('octets may take their time, but not for ever, over all chunks together', async () => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    let text = ''
    for (let i = 0; i < 20 && !peer.over; i++) {
      text += await peer.send('BDAT 1\r\nx')
      await site.clock.advance(60_000)
      await quiet()
    }
    expect(text).toContain('250 2.0.0 1 octets received\r\n')
    expect(peer.text).toMatch(/421 4\.4\.2 Message arrives too slowly, closing connection\r\n$/)
    expect(site.spools[0]?.discarded).toBe(true)
  })

  test('silence within a chunk ends the session', async () => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    await peer.send('BDAT 5\r\nab')
    await site.clock.advance(smtpLimits.dataTimeout)
    expect(await peer.send()).toMatch(/^421 4\.4\.2 /)
  })
})

describe('line ends (decision 8)', () => {
  test.each(['a\nb\r\n', 'a\rb\r\n', '\n', '\r', 'a\r\r\n'])('%j is refused', async (text) => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    expect(await peer.send(bdat(text, true))).toBe('550 5.5.2 Bare newline received\r\n')
    expect(site.accepted).toEqual([])
  })

  test('a CRLF over two chunks is one', async () => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    await peer.send(bdat('a\r'))
    expect(await peer.send(bdat('\nb\r\n', true))).toMatch(/^250 /)
  })

  test('a bare one is told at the chunk that has it', async () => {
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    await peer.send(bdat('a\r'))
    expect(await peer.send(bdat('b'))).toMatch(/^550 5\.5\.2 /)
    expect(await peer.send(bdat('b', true))).toMatch(/^550 5\.5\.2 /)
    expect(await peer.send(bdat('b', true))).toMatch(/^503 5\.5\.1 /)
  })

  test('normalised, each becomes a CRLF', async () => {
    site.bareNewline = 'normalise'
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    await peer.send(bdat('a\r'))
    await peer.send(bdat('\nb\nc\rd\r', true))
    expect(stored()).toBe('a\r\nb\r\nc\r\nd\r\n')
  })

  test('BINARYMIME has none, and is not for DATA', async () => {
    const peer = site.connect()
    await peer.say(...BINARY)
    expect(await peer.say('DATA')).toBe('503 5.5.1 BODY=BINARYMIME goes with BDAT only\r\n')
    expect(await peer.send(bdat('a\nb\rc\0\r', true))).toMatch(/^250 /)
    expect(stored()).toBe('a\nb\rc\0\r')
  })
})

describe('faults of ours', () => {
  test('no spool: the octets are read, the message is not taken, the next one is', async () => {
    const { newSpool } = site.store
    let calls = 0
    Object.assign(site.store, {
      newSpool: () => {
        if (calls++ === 0) throw new Error('no spool')
        return newSpool()
      },
    })
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    expect(await peer.send(`${bdat('QUIT\r\n')}${bdat('QUIT\r\n', true)}`)).toMatch(/^(451 4\.3\.0 [^\r]*\r\n){2}$/)
    await peer.say(...ENVELOPE.slice(1))
    expect(await peer.send(bdat('x\r\n', true))).toMatch(/^250 /)
    expect(site.lines('SMTP session fault')).toHaveLength(1)
  })

  test('a full disk is told at the chunk', async () => {
    site.spoolFailure = new StoreError('unavailable', 'disk full')
    const peer = site.connect()
    await peer.say(...ENVELOPE)
    expect(await peer.send(bdat('x\r\n'))).toMatch(/^452 4\.3\.1 /)
    expect(site.lines('Message refused')).toHaveLength(1)
  })
})

test('every cut of a dialogue gives the same replies and the same message', async () => {
  const group = Buffer.from(
    `EHLO x\r\n${bdat('MAIL FROM:<evil@b>\r\n')}MAIL FROM:<a@b>\r\nRCPT TO:<alice@posthorn.test>\r\n${bdat('a\r\n.\r\nQUIT\r\n')}${bdat('BDAT 3\r')}${bdat('\n', true)}MAIL FROM:<c@d>\r\nQUIT\r\n`,
  )
  const whole = await new SmtpSite().connect().play([group])
  expect(whole.match(/^\d\d\d(?= )/gm)?.join(' ')).toBe('220 250 503 250 250 250 250 250 250 221')
  const same = async (pieces: readonly Buffer[]) => {
    const fresh = new SmtpSite()
    expect(await fresh.connect().play(pieces)).toBe(whole)
    expect(fresh.accepted.map(({ text }) => text.slice(text.indexOf('\r\na\r\n.')))).toEqual([
      '\r\na\r\n.\r\nQUIT\r\nBDAT 3\r\n',
    ])
    expect(fresh.clock.pending).toBe(0)
  }
  await same(everyOctet(group))
  await fc.assert(fc.asyncProperty(cut(group), same), { numRuns: 60 })
})

test.each(['\n.\n', '\n.\r\n', '\r.\r\n', '\r\n.\n', '\r\n.\r', '\r\n.\r\n'])(
  '%j in a chunk, with MAIL behind it and cut anywhere, makes no second message',
  async (mark) => {
    const content = `Subject: x\r\n\r\nx${mark}MAIL FROM:<evil@b>\r\nRCPT TO:<bob@posthorn.test>\r\nBDAT 3 LAST\r\ny\r\n`
    const octets = Buffer.from(`${ENVELOPE.join('\r\n')}\r\n${bdat(content, true)}QUIT\r\n`)
    const once = async (pieces: readonly Buffer[]) => {
      const fresh = new SmtpSite()
      const text = await fresh.connect().play(pieces)
      const codes = text.match(/^\d\d\d(?= )/gm)?.join(' ')
      expect(codes).toBe(`220 250 250 250 ${mark === '\r\n.\r\n' ? '250' : '550'} 221`)
      expect(fresh.accepted).toHaveLength(mark === '\r\n.\r\n' ? 1 : 0)
    }
    await once(everyOctet(octets))
    await fc.assert(fc.asyncProperty(cut(octets), once), { numRuns: 20 })
  },
)

test('a shutdown waits for the chunks of a message', async () => {
  const peer = site.connect()
  await peer.say(...ENVELOPE)
  await peer.send(bdat('x\r\n'))
  site.stopping.abort()
  expect(await peer.send(bdat('y\r\n', true))).toMatch(/^250 [^\r]*\r\n421 4\.3\.2 /)
  await peer.served
})
