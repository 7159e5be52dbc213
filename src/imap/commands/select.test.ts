import { describe, expect, test } from 'vitest'
import { World } from '../../../test/imap-world.js'
import { StoreError } from '../../store/errors.js'

describe('SELECT and EXAMINE', () => {
  test('say all that they have to (RFC 3501 §6.3.1)', async () => {
    const world = await World.create()
    await world.deliver('x', { system: 1, keywords: ['$Junk'] })
    await world.deliver()
    await world.deliver()
    const c = await world.connect()
    const heard = (await c.say('a SELECT inbox\r\n')).replace(/UIDVALIDITY \d+/, 'UIDVALIDITY 7')
    expect(heard.split('\r\n')).toEqual([
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)',
      '* 3 EXISTS',
      '* 3 RECENT',
      '* OK [UNSEEN 2] The first message that is not seen',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk \\*)] Flags that are kept',
      '* OK [UIDNEXT 4] The next UID',
      '* OK [UIDVALIDITY 7] UIDs are valid',
      'a OK [READ-WRITE] SELECT completed',
      '',
    ])
  })

  test('EXAMINE keeps no flag, changes none and leaves \\Recent to others', async () => {
    const world = await World.create()
    await world.deliver()
    const c = await world.connect()
    const heard = await c.say('a EXAMINE INBOX\r\n')
    expect(heard).toContain('* 1 RECENT\r\n')
    expect(heard).toContain('* OK [PERMANENTFLAGS ()] No flag can be changed\r\n')
    expect(heard).toMatch(/a OK \[READ-ONLY\] EXAMINE completed\r\n$/)
    expect(await c.say('b STORE 1 +FLAGS (\\Deleted)\r\nc EXPUNGE\r\nd CLOSE\r\n')).toBe(
      'b NO [READ-ONLY] The mailbox is selected read-only\r\nc NO [READ-ONLY] The mailbox is selected read-only\r\nd OK CLOSE completed\r\n',
    )
    expect(await c.say('e SELECT INBOX\r\n')).toContain('* 1 RECENT\r\n')
  })

  test('after a failure nothing is selected (RFC 3501 §6.3.1)', async () => {
    const c = await (await World.create()).connect()
    await c.say('a SELECT INBOX\r\n')
    expect(await c.say('b SELECT nobox\r\nc CHECK\r\n')).toBe(
      'b NO [NONEXISTENT] No such mailbox\r\nc BAD CHECK is not possible now\r\n',
    )
    await c.say('d SELECT INBOX\r\n')
  })

  test('a store that refuses is told as it is', async () => {
    const world = await World.create()
    const c = await world.connect()
    world.store.openMailbox = async () => {
      throw new StoreError('unavailable', 'disk')
    }
    expect(await c.say('a SELECT INBOX\r\n')).toBe('a NO [UNAVAILABLE] The mail store cannot do this now\r\n')
  })

  test('another mailbox takes the place of the one before, and is all that is heard of', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('a SELECT INBOX\r\n')
    expect(await c.say('b SELECT Sent\r\n')).toContain('* 0 EXISTS')
    await world.deliver()
    expect(await c.say('c NOOP\r\n')).toBe('c OK NOOP completed\r\n')
  })

  test('\\Recent is for one session (RFC 3501 §2.3.2)', async () => {
    const world = await World.create()
    await world.deliver()
    const first = await world.connect()
    const second = await world.connect()
    expect(await first.say('a SELECT INBOX\r\n')).toContain('* 1 RECENT')
    expect(await second.say('a SELECT INBOX\r\n')).toContain('* 0 RECENT')
    await world.deliver()
    expect(await first.say('b NOOP\r\n')).toBe('* 2 EXISTS\r\n* 2 RECENT\r\nb OK NOOP completed\r\n')
    await first.say('c LOGOUT\r\n')
    const third = await world.connect()
    expect(await third.say('a SELECT INBOX\r\n')).toContain('* 0 RECENT')
  })
})

describe('CLOSE and CHECK', () => {
  test('CLOSE removes what is \\Deleted and says nothing of it (RFC 3501 §6.4.2)', async () => {
    const world = await World.create()
    await world.deliver()
    await world.deliver()
    const c = await world.connect()
    await c.say('a SELECT INBOX\r\nb STORE 1 +FLAGS.SILENT (\\Deleted)\r\n')
    expect(await c.say('c CLOSE\r\nd CLOSE\r\n')).toBe('c OK CLOSE completed\r\nd BAD CLOSE is not possible now\r\n')
    expect(await c.say('e STATUS INBOX (MESSAGES)\r\n')).toContain('(MESSAGES 1)')
  })

  test('CHECK tells what is new', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('a SELECT INBOX\r\n')
    await world.deliver()
    expect(await c.say('b CHECK\r\n')).toBe('* 1 EXISTS\r\n* 1 RECENT\r\nb OK CHECK completed\r\n')
  })
})
