import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { MESSAGE, SmtpSite, TO_ALICE } from '../../test/smtp-site.js'
import type { MailboxId } from '../core/ids.js'
import { smtpLimits } from '../core/limits.js'
import { StoreError } from '../store/errors.js'

let site: SmtpSite
beforeEach(() => {
  site = new SmtpSite()
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

  test('who has the message already is named in the log, and the client hears 250', async () => {
    site.duplicates = [0 as MailboxId]
    expect(await site.connect().say(...TO_ALICE, 'Message-ID: <a@b>', '', 'x', '.')).toMatch(/250 2\.0\.0 [^\r]*\r\n$/)
    const message = 'Duplicate message suppressed'
    const fields = { message_id: site.accepted[0]?.message.id, from: 'a@b.example', recipient: 'alice@posthorn.test' }
    expect(site.log.filter((line) => line.message === message)).toMatchObject([{ level: 'info', fields }])
  })

  test('what the client sent is marked off from our trace fields', async () => {
    await site.connect().say(...TO_ALICE, 'Message-ID: <a@b>', '', 'x', '.')
    const hash = createHash('sha256').update('Message-ID: <a@b>\r\n\r\nx\r\n').digest('hex')
    expect(site.accepted[0]?.message.blob.markedSha256).toBe(hash)
  })

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

  test('a store that cannot be read is no fault: RCPT answers 452, and the transaction goes on when it can', async () => {
    site.directoryFailure = new StoreError('unavailable', 'disk I/O error')
    const peer = site.connect()
    await peer.say('EHLO x', 'MAIL FROM:<>')
    expect(await peer.say('RCPT TO:<alice@posthorn.test>')).toBe('452 4.3.1 Insufficient system storage\r\n')
    expect(site.lines('SMTP session fault')).toEqual([])
    site.directoryFailure = null
    expect(await peer.say('RCPT TO:<alice@posthorn.test>')).toBe('250 2.1.5 Recipient OK\r\n')
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
