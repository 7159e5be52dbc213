import { beforeEach, describe, expect, test } from 'vitest'
import { MESSAGE, plain, SmtpSite, TO_ALICE } from '../../test/smtp-site.js'
import { sleep } from '../core/clock.js'
import { smtpLimits } from '../core/limits.js'

let site: SmtpSite
beforeEach(() => {
  site = new SmtpSite()
})

describe('deadlines (decision 3)', () => {
  test.each([
    ['no command', '', smtpLimits.idleTimeout],
    ['no command after one', 'NOOP\r\n', smtpLimits.idleTimeout],
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

  test('the authenticator may take its time', async () => {
    const { verify } = site.authenticator
    site.authenticator.verify = async (attempt) => {
      await sleep(site.clock, 2 * smtpLimits.commandTimeout)
      return verify(attempt)
    }
    const peer = site.connect('submissions')
    await peer.say('EHLO x', `AUTH PLAIN ${plain('a', 'secret')}`)
    await site.clock.advance(2 * smtpLimits.commandTimeout)
    expect(await peer.send()).toContain('235 2.7.0 ')
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
