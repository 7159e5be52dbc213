import { beforeEach, describe, expect, test } from 'vitest'
import { type ImapClient, World } from '../../../test/imap-world.js'
import { scan } from '../../../test/scan.js'
import { FLAG } from '../../store/changes.js'
import { BadSyntax } from '../errors.js'
import { parseStore } from './store.js'

describe('the parser', () => {
  test.each<[string, object]>([
    [' 1 FLAGS (\\Seen)', { mode: 'set', silent: false, flags: { system: FLAG.seen, keywords: [] } }],
    [' 2:4 +flags.silent \\deleted', { mode: 'add', silent: true, flags: { system: FLAG.deleted, keywords: [] } }],
    [' 1 -FLAGS a b A', { mode: 'remove', silent: false, flags: { system: 0, keywords: ['a', 'b'] } }],
    [' 1 FLAGS ()', { mode: 'set', silent: false, flags: { system: 0, keywords: [] } }],
    [
      ' 1 FLAGS ($Junk \\Draft \\ANSWERED)',
      { mode: 'set', silent: false, flags: { system: FLAG.draft | FLAG.answered, keywords: ['$Junk'] } },
    ],
  ])('STORE%s', (wire, want) => {
    expect(parseStore('STORE')(scan(wire))).toMatchObject(want)
  })

  test.each([
    '',
    ' 1',
    ' 1 FLAGS',
    ' 1 FLAGS ',
    ' 1 FLAG (\\Seen)',
    ' 1 FLAGS(\\Seen)',
    ' 1 FLAGS.LOUD (\\Seen)',
    ' 0 FLAGS (\\Seen)',
    ' 1 FLAGS (\\Recent)',
    ' 1 FLAGS (\\*)',
    ' 1 FLAGS (\\Custom)',
    ' 1 FLAGS (\\Seen',
    ' 1 FLAGS ((\\Seen))',
    ' 1 FLAGS (a\xe9)',
    ` 1 FLAGS (${'k'.repeat(256)})`,
    ` 1 FLAGS ${'('.repeat(10_000)}`,
    ' 1 *FLAGS (\\Seen)',
  ])('STORE%j is BAD', (wire) => {
    const read = (): void => {
      const s = scan(wire)
      parseStore('STORE')(s)
      s.end()
    }
    expect(read).toThrow(BadSyntax)
  })
})

describe('between two sessions', () => {
  let world: World
  let one: ImapClient
  let two: ImapClient

  beforeEach(async () => {
    world = await World.create()
    for (let i = 0; i < 3; i++) await world.deliver()
    one = await world.connect()
    two = await world.connect()
    await one.say('s SELECT INBOX\r\n')
    await two.say('s SELECT INBOX\r\n')
  })

  test('every message that was addressed is told, changed or not (RFC 3501 §6.4.6)', async () => {
    await one.say('a STORE 2 +FLAGS.SILENT (\\Seen)\r\n')
    expect(await one.say('b STORE 1:2 +FLAGS (\\Seen)\r\n')).toBe(
      '* 1 FETCH (FLAGS (\\Seen \\Recent))\r\n* 2 FETCH (FLAGS (\\Seen \\Recent))\r\nb OK STORE completed\r\n',
    )
  })

  test('UID STORE tells the UIDs, and passes over those that are not there (RFC 3501 §6.4.8)', async () => {
    expect(await one.say('a UID STORE 3,77 FLAGS (\\Flagged k)\r\n')).toBe(
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft k)\r\n' +
        '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft k \\*)] Flags that are kept\r\n' +
        '* 3 FETCH (FLAGS (\\Flagged k \\Recent) UID 3)\r\na OK UID STORE completed\r\n',
    )
    expect(await one.say('b UID STORE 77 +FLAGS (\\Seen)\r\n')).toBe('b OK UID STORE completed\r\n')
  })

  test('.SILENT is silent to oneself, not to others', async () => {
    expect(await one.say('a STORE 1 +FLAGS.SILENT (\\Seen)\r\n')).toBe('a OK STORE completed\r\n')
    expect(await two.say('b NOOP\r\n')).toBe('* 1 FETCH (FLAGS (\\Seen))\r\nb OK NOOP completed\r\n')
  })

  test('a number that does not exist is BAD, and nothing is changed', async () => {
    expect(await one.say('a STORE 3:4 +FLAGS (\\Seen)\r\n')).toBe('a BAD There are 3 messages\r\n')
    expect(await two.say('b NOOP\r\n')).toBe('b OK NOOP completed\r\n')
  })

  test('expunges wait for the end of commands that use numbers (RFC 3501 §7.4.1)', async () => {
    await one.say('a UID STORE 2 +FLAGS.SILENT (\\Deleted)\r\n')
    expect(await one.say('b EXPUNGE\r\n')).toBe('* 2 EXPUNGE\r\nb OK EXPUNGE completed\r\n')
    await world.deliver()
    expect(await two.say('a STORE 3 +FLAGS (\\Seen)\r\n')).toBe(
      '* 3 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS (\\Deleted))\r\na OK STORE completed\r\n',
    )
    expect(await two.say('b UID STORE 3 -FLAGS.SILENT (\\Seen)\r\n')).toBe(
      '* 2 EXPUNGE\r\n* 3 EXISTS\r\n* 1 RECENT\r\nb OK UID STORE completed\r\n',
    )
  })

  test('a message that is gone and not told of yet: NO for numbers, nothing for UIDs', async () => {
    await one.say('a STORE 2 +FLAGS.SILENT (\\Deleted)\r\nb EXPUNGE\r\n')
    const gone = 'NO [EXPUNGEISSUED] Some of these messages are gone\r\n'
    expect(await two.say('a STORE 1:2 +FLAGS.SILENT (\\Seen)\r\n')).toBe(`* 2 FETCH (FLAGS (\\Deleted))\r\na ${gone}`)
    expect(await two.say('b UID STORE 2 +FLAGS (\\Seen)\r\n')).toBe('* 2 EXPUNGE\r\nb OK UID STORE completed\r\n')
  })

  test('EXPUNGE removes what anybody marked', async () => {
    await two.say('a STORE 1,3 +FLAGS.SILENT (\\Deleted)\r\n')
    expect(await one.say('a EXPUNGE\r\n')).toBe('* 1 EXPUNGE\r\n* 2 EXPUNGE\r\na OK EXPUNGE completed\r\n')
    expect(await two.say('b NOOP\r\n')).toBe('* 1 EXPUNGE\r\n* 2 EXPUNGE\r\nb OK NOOP completed\r\n')
  })
})
