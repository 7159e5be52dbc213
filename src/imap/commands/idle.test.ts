import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { World } from '../../../test/imap-world.js'
import type { Uid } from '../../core/ids.js'
import type { ImapLimits } from '../../core/limits.js'

const MINUTE = 60_000

async function idling(limits: Partial<ImapLimits> = {}, messages = 1) {
  const world = await World.create(limits)
  for (let i = 0; i < messages; i++) await world.deliver()
  const c = await world.connect()
  await c.say('s SELECT INBOX\r\n')
  expect(await c.say('a IDLE\r\n')).toBe('+ idling\r\n')
  return { world, c }
}

describe('IDLE', () => {
  test('changes come as they happen (RFC 2177 §3)', async () => {
    const { world, c } = await idling({}, 2)
    await world.deliver()
    expect(await c.hear()).toBe('* 3 EXISTS\r\n* 3 RECENT\r\n')
    const other = await world.connect()
    await other.say('s SELECT INBOX\r\na STORE 1 +FLAGS (\\Deleted)\r\n')
    expect(await c.hear()).toBe('* 1 FETCH (FLAGS (\\Deleted \\Recent))\r\n')
    await other.say('b EXPUNGE\r\n')
    expect(await c.hear()).toBe('* 1 EXPUNGE\r\n')
    expect(await c.say('DONE\r\n')).toBe('a OK IDLE terminated\r\n')
    await world.deliver()
    expect(await c.hear()).toBe('')
    expect(world.lines.filter((l) => l.message === 'IMAP IDLE notification')).toEqual([
      { level: 'debug', message: 'IMAP IDLE notification', fields: { event: 'new_message', message_count: 3 } },
    ])
  })

  test('what waited before comes at once', async () => {
    const { world, c } = await idling()
    await c.say('done\r\n')
    await world.deliver()
    expect(await c.say('b IDLE\r\n')).toBe('+ idling\r\n* 2 EXISTS\r\n* 2 RECENT\r\n')
  })

  test('DONE may be sent with the command', async () => {
    const { c } = await idling()
    expect(await c.say('DONE\r\nb IDLE\r\nDONE\r\nc NOOP\r\n')).toBe(
      'a OK IDLE terminated\r\n+ idling\r\nb OK IDLE terminated\r\nc OK NOOP completed\r\n',
    )
  })

  test.each(['b NOOP', 'DONE ', '', 'DONE {3}'])('%j instead of DONE is BAD', async (line) => {
    const { c } = await idling()
    expect(await c.say(`${line}\r\n`)).toBe('a BAD Expected DONE\r\n')
    expect(await c.say('b NOOP\r\n')).toBe('b OK NOOP completed\r\n')
  })

  test('without a mailbox there is only the heartbeat', async () => {
    const world = await World.create()
    const c = await world.connect()
    expect(await c.say('a IDLE\r\n')).toBe('+ idling\r\n')
    await world.deliver()
    expect(await c.hear()).toBe('')
    await world.clock.advance(2 * MINUTE)
    expect(await c.hear()).toBe('* OK Still here\r\n')
  })

  test('a heartbeat every so often, and no autologout (decision 15)', async () => {
    const { world, c } = await idling()
    await world.clock.advance(40 * MINUTE)
    expect(await c.hear()).toBe('* OK Still here\r\n'.repeat(20))
    expect(await c.say('DONE\r\n')).toBe('a OK IDLE terminated\r\n')
    await world.clock.advance(29 * MINUTE)
    expect(await c.hear()).toBe('')
    await world.clock.advance(1 * MINUTE)
    expect(await c.hear()).toBe('* BYE Idle timeout\r\n')
  })

  test("the requirement document's 29 and 30 minutes to the letter", async () => {
    const { world, c } = await idling({ idleHeartbeat: 29 * MINUTE, idleMax: 30 * MINUTE })
    await world.clock.advance(29 * MINUTE)
    expect(await c.hear()).toBe('* OK Still here\r\n')
    await world.clock.advance(1 * MINUTE)
    expect(await c.hear()).toBe('* BYE Idle timeout\r\n')
    expect(c.closed).toBe(true)
    expect(world.lines.find((l) => l.message === 'IMAP IDLE mode entered')?.fields).toEqual({
      mailbox: 'INBOX',
      heartbeat_interval: '29m',
    })
    expect(world.lines.find((l) => l.message === 'IMAP idle timeout')?.fields).toEqual({
      idle_duration: '30m',
      client_ip: '192.0.2.1',
    })
  })

  test('a shutdown reaches it', async () => {
    const { world, c } = await idling()
    world.stopping.abort()
    expect(await c.hear()).toBe('* BYE Server is shutting down\r\n')
    await c.over
    expect(world.clock.pending).toBe(0)
  })

  test('a client that leaves leaves nothing behind', async () => {
    const { world, c } = await idling()
    c.stream.destroy()
    await c.over
    await world.deliver()
    expect(world.clock.pending).toBe(0)
  })

  describe('who cannot be brought up to date is told to go', () => {
    const bye = '* BYE [UNAVAILABLE] Too many changes were waiting, please reconnect\r\n'

    async function overflowing() {
      const world = await World.create({}, [], 2)
      for (let i = 0; i < 3; i++) await world.deliver()
      const c = await world.connect()
      await c.say('s SELECT INBOX\r\n')
      const overflow = (): Promise<unknown> =>
        world.store.setFlags(world.inbox, [1, 2, 3] as Uid[], 'add', { system: 1, keywords: [] })
      return { c, overflow }
    }

    test('before IDLE', async () => {
      const { c, overflow } = await overflowing()
      await overflow()
      expect(await c.say('a IDLE\r\n')).toBe(`+ idling\r\n${bye}`)
      expect(c.closed).toBe(true)
    })

    test('in IDLE', async () => {
      const { c, overflow } = await overflowing()
      expect(await c.say('a IDLE\r\n')).toBe('+ idling\r\n')
      await overflow()
      expect(await c.hear()).toBe(bye)
      expect(c.closed).toBe(true)
    })
  })

  test('a client that takes nothing is not told more than the connection holds', async () => {
    const { world, c } = await idling()
    c.stream.pause()
    for (let i = 0; i < 3000; i++)
      await world.store.setFlags(world.inbox, [1 as never], i % 2 ? 'add' : 'remove', { system: 1, keywords: [] })
    for (let i = 0; i < 20; i++) await turn()
    expect(c.connection.out.full).toBe(true)
    c.stream.resume()
    for (let i = 0; i < 20; i++) await turn()
    const heard = await c.say('DONE\r\n')
    expect(heard).toMatch(/^(\* 1 FETCH \(FLAGS \([^)]*\)\)\r\n)+a OK IDLE terminated\r\n$/)
    expect(heard).toMatch(/\(FLAGS \(\\Seen \\Recent\)\)\r\na OK/)
  })
})
