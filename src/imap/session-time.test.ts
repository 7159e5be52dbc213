import { describe, expect, test } from 'vitest'
import { World } from '../../test/imap-world.js'

const MINUTE = 60_000

describe('time', () => {
  test('before the login there is so much of it and no more', async () => {
    const world = await World.create()
    const c = await world.connect({ login: false })
    await world.clock.advance(2 * MINUTE)
    expect(await c.say('a NOOP\r\n')).toBe('a OK NOOP completed\r\n')
    await world.clock.advance(1 * MINUTE)
    expect(await c.hear()).toBe('* BYE Idle timeout\r\n')
    expect(c.closed).toBe(true)
  })

  test('nor for a stranger who never pauses', async () => {
    const world = await World.create()
    world.authenticator = {
      ...world.authenticator,
      verify: async () => {
        await world.clock.advance(3 * MINUTE)
        return { kind: 'invalid' }
      },
    }
    const c = await world.connect({ login: false })
    expect(await c.say('a LOGIN alice x\r\nb NOOP\r\n')).toBe(
      'a NO [AUTHENTICATIONFAILED] Invalid credentials\r\n* BYE Idle timeout\r\n',
    )
  })

  test('after it, thirty minutes without a command (RFC 3501 §5.4)', async () => {
    const world = await World.create()
    const c = await world.connect()
    await world.clock.advance(29 * MINUTE)
    expect(await c.say('a NOOP\r\n')).toBe('a OK NOOP completed\r\n')
    await world.clock.advance(30 * MINUTE)
    expect(await c.hear()).toBe('* BYE Idle timeout\r\n')
    expect(world.lines.find((l) => l.message === 'IMAP idle timeout')?.fields).toEqual({
      idle_duration: '30m',
      client_ip: '192.0.2.1',
    })
  })

  test('a command has to come to its end, however it drips (decision 16)', async () => {
    const world = await World.create()
    const c = await world.connect()
    for (const sign of 'a NOOP') {
      expect(await c.say(sign)).toBe('')
      await world.clock.advance(9_900)
    }
    expect(await c.hear()).toBe('')
    await world.clock.advance(600)
    expect(await c.hear()).toBe('* BYE Command timeout\r\n')
  })

  test('its literals have their own time, which its own does not count', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('a LIST "" {3}\r\n')
    await world.clock.advance(2 * MINUTE)
    await c.say('foo')
    await world.clock.advance(59_000)
    expect(await c.say('\r\n')).toBe('a OK LIST completed\r\n')
    await c.say('b LIST "" {3}\r\n')
    await world.clock.advance(3 * MINUTE)
    expect(await c.hear()).toBe('* BYE Literal timeout\r\n')
  })

  test('an octet now and then does not keep a literal for ever', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('a APPEND INBOX {1000000}\r\n')
    let heard = ''
    for (let i = 0; i < 10 && !c.closed; i++) {
      heard += await c.say('x')
      await world.clock.advance(MINUTE)
    }
    expect(heard).toBe('* BYE Literal timeout\r\n')
    expect(c.closed).toBe(true)
  })
})

describe('shutdown', () => {
  test('reaches a session that waits', async () => {
    const world = await World.create()
    const c = await world.connect()
    world.stopping.abort()
    expect(await c.hear()).toBe('* BYE Server is shutting down\r\n')
    expect(c.closed).toBe(true)
  })

  test('lets a command that has begun complete', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('a APPEND INBOX {5}\r\n')
    world.stopping.abort()
    expect(await c.say('hello\r\nb NOOP\r\n')).toBe(
      'a OK [APPENDUID 1767225600 1] APPEND completed\r\n* BYE Server is shutting down\r\n',
    )
    expect((await world.store.mailboxStatus(world.inbox)).messages).toBe(1)
  })
})
