import { describe, expect, test } from 'vitest'
import { World } from '../../../test/imap-world.js'
import { StoreError } from '../../store/errors.js'

describe('APPEND', () => {
  test('a message with flags and date, into the selected mailbox (RFC 3501 §6.3.11)', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('s SELECT INBOX\r\n')
    expect(await c.say('a APPEND INBOX (\\Seen $Work) "17-Jul-1996 02:44:25 -0700" {5}\r\n')).toBe('+ OK\r\n')
    expect(await c.say('h\0\xe9\r\n\r\n')).toMatch(
      /\* 1 EXISTS\r\n\* 1 RECENT\r\na OK \[APPENDUID \d+ 1\] APPEND completed\r\n$/,
    )
    expect(await c.say('b FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])\r\n')).toBe(
      '* 1 FETCH (FLAGS (\\Seen $Work \\Recent) INTERNALDATE "17-Jul-1996 02:44:25 -0700" BODY[] {5}\r\nh\0\xe9\r\n)\r\nb OK FETCH completed\r\n',
    )
  })

  test('without a date it is of now', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('a APPEND INBOX {1+}\r\nx\r\ns SELECT INBOX\r\n')
    expect(await c.say('b FETCH 1 INTERNALDATE\r\n')).toContain('" 1-Jan-2026 00:00:00 +0000"')
  })

  test.each([
    'INBOX {1+}\r\nx',
    'inbox () {1+}\r\nx',
    '"INBOX" {1+}\r\nx',
    '{5+}\r\nINBOX {1+}\r\nx',
    '{5+}\r\nINBOX (\\Seen) {1+}\r\nx',
    'INBOX " 1-Jan-2026 00:00:00 +0000" {1+}\r\nx',
  ])('APPEND %j', async (args) => {
    const c = await (await World.create()).connect()
    expect(await c.say(`a APPEND ${args}\r\nb STATUS INBOX (MESSAGES)\r\n`)).toBe(
      'a OK [APPENDUID 1767225600 1] APPEND completed\r\n* STATUS INBOX (MESSAGES 1)\r\nb OK STATUS completed\r\n',
    )
  })

  test.each([
    '',
    'INBOX',
    'INBOX "text"',
    'INBOX {1+}\r\nx{1+}\r\ny',
    'INBOX {1+}\r\nx {1+}\r\ny ',
    'INBOX {1+}\r\nx (\\Seen)',
    'INBOX {1+}\r\nx INBOX {1+}\r\ny',
    'INBOX {1+}\r\nx (\\Recent) {1+}\r\ny',
    'INBOX {1+}\r\nx ~{1+}\r\ny',
    'INBOX {1+}\r\nx y',
    'INBOX{1+}\r\nx',
    'INBOX (\\Recent) {1+}\r\nx',
    'INBOX (\\Seen {1+}\r\nx',
    'INBOX "32-Jan-2026 00:00:00 +0000" {1+}\r\nx',
    'INBOX "1-Jan-2026" {1+}\r\nx',
    'INBOX foo {1+}\r\nx',
    'INBOX ~{1+}\r\nx',
    '"\xff" {1+}\r\nx',
  ])('APPEND %j is BAD, and leaves nothing behind', async (args) => {
    const c = await (await World.create()).connect()
    expect(await c.say(`a APPEND ${args}\r\nb STATUS INBOX (MESSAGES)\r\n`)).toMatch(
      /^a BAD [^\r]*\r\n\* STATUS INBOX \(MESSAGES 0\)\r\nb OK STATUS completed\r\n$/,
    )
  })

  test('a refused message is not asked for', async () => {
    const c = await (await World.create({ maxAppendSize: 10 })).connect()
    expect(await c.say('a APPEND INBOX {11}\r\n')).toBe('a NO [TOOBIG] A message may have 10 octets\r\n')
    expect(await c.say('b APPEND INBOX (\\Foo) {1}\r\n')).toMatch(/^b BAD /)
    expect(await c.say('c APPEND INBOX {9223372036854775808}\r\n')).toMatch(/^c NO \[TOOBIG\] /)
    expect(await c.say('d NOOP\r\n')).toBe('d OK NOOP completed\r\n')
  })

  test('one that comes all the same is passed over (RFC 7888 §4)', async () => {
    const c = await (await World.create({ maxAppendSize: 10 })).connect()
    expect(await c.say('a APPEND INBOX {11+}\r\n', '01234567890', '\r\nb NOOP\r\n')).toBe(
      'a NO [TOOBIG] A message may have 10 octets\r\nb OK NOOP completed\r\n',
    )
  })

  test.each(['21', '9223372036854775808'])('one of %s octets is too long to be passed over', async (size) => {
    const c = await (await World.create({ maxAppendSize: 10, discardedLiteral: 20 })).connect()
    expect(await c.say(`a APPEND INBOX {${size}+}\r\nb NOOP\r\n`)).toBe(
      '* BYE [TOOBIG] The refused literal is too long to be passed over\r\na NO [TOOBIG] A message may have 10 octets\r\n',
    )
    expect(c.closed).toBe(true)
  })

  test('nobody sends a message before the login', async () => {
    const c = await (await World.create()).connect({ login: false })
    expect(await c.say('a APPEND INBOX {5}\r\nb NOOP\r\n')).toBe(
      'a BAD APPEND is not possible before the login\r\nb OK NOOP completed\r\n',
    )
  })

  test('to a mailbox that is not there: it is not asked for (RFC 3501 §6.3.11)', async () => {
    const c = await (await World.create()).connect()
    expect(await c.say('a APPEND nobox {1+}\r\nx\r\n')).toBe('a NO [TRYCREATE] No such mailbox\r\n')
    expect(await c.say('b APPEND nobox {1}\r\nc NOOP\r\n')).toBe(
      'b NO [TRYCREATE] No such mailbox\r\nc OK NOOP completed\r\n',
    )
    expect(await c.say('d APPEND {5}\r\n')).toBe('+ OK\r\n')
    expect(await c.say('nobox (\\Seen) {1}\r\n')).toBe('d NO [TRYCREATE] No such mailbox\r\n')
  })

  test('one without room is not asked for, and the log has it', async () => {
    const world = await World.create()
    await world.store.setQuota(world.account, { octets: 100 })
    const c = await world.connect()
    expect(await c.say('a APPEND INBOX {101}\r\nb APPEND INBOX {95}\r\n')).toBe(
      'a NO [OVERQUOTA] Quota exceeded\r\n+ OK\r\n',
    )
    expect(world.lines.find((l) => l.message === 'Quota exceeded - message rejected')?.fields).toEqual({
      user_id: world.account,
      email: 'alice@example.org',
      used_bytes: 0,
      limit_bytes: 100,
      message_size: 101,
      overflow_bytes: 6,
    })
  })

  test('what is refused for the mailbox and comes all the same is passed over, as large as a message may be', async () => {
    const c = await (await World.create({ maxAppendSize: 30, discardedLiteral: 20 })).connect()
    const message = `{30+}\r\n${'x'.repeat(30)}`
    expect(await c.say(`a APPEND nobox ${message} ${message}\r\nb NOOP\r\n`)).toBe(
      'a NO [TRYCREATE] No such mailbox\r\nb OK NOOP completed\r\n',
    )
    expect(await c.say(`c APPEND nobox ${message} {31+}\r\n`)).toBe(
      '* BYE [TOOBIG] The refused literal is too long to be passed over\r\nc NO [TRYCREATE] No such mailbox\r\n',
    )
  })

  test('of nothing', async () => {
    const c = await (await World.create()).connect()
    expect(await c.say('a APPEND INBOX {0+}\r\n\r\n')).toBe('a NO [CANNOT] A message of no octets cannot be stored\r\n')
  })

  test.each([
    [new StoreError('over-quota', ''), 'NO [OVERQUOTA] Quota exceeded'],
    [new StoreError('no-such-mailbox', 'gone since'), 'NO [TRYCREATE] No such mailbox'],
    [new StoreError('too-many-keywords', ''), 'NO [LIMIT] Too many keywords in this mailbox'],
    [new TypeError('a fault'), 'NO [SERVERBUG] Internal error, it has been logged'],
  ])('a store that throws %s', async (error, answer) => {
    const world = await World.create()
    const c = await world.connect()
    world.store.append = async () => {
      throw error
    }
    expect(await c.say('a APPEND INBOX {1+}\r\nx\r\n')).toBe(`a ${answer}\r\n`)
  })

  test.each(['write', 'seal'] as const)('a spool that fails in %s costs nobody their place', async (method) => {
    const world = await World.create()
    const c = await world.connect()
    let discarded = 0
    const { newSpool } = world.store
    world.store.newSpool = () => {
      const spool = newSpool.call(world.store)
      spool[method] = async () => {
        throw new StoreError('unavailable', 'disk full')
      }
      spool.discard = async () => void discarded++
      return spool
    }
    expect(await c.say('a APPEND INBOX {5+}\r\nhe', 'llo\r\nb NOOP\r\n')).toBe(
      'a NO [UNAVAILABLE] The mail store cannot do this now\r\nb OK NOOP completed\r\n',
    )
    expect(discarded).toBe(1)
  })

  test('a client that leaves in the middle leaves nothing behind', async () => {
    const world = await World.create()
    const c = await world.connect()
    let discarded = 0
    const { newSpool } = world.store
    world.store.newSpool = () => Object.assign(newSpool.call(world.store), { discard: async () => void discarded++ })
    await c.say('a APPEND INBOX {5}\r\n')
    await c.say('he')
    c.stream.destroy()
    await c.over
    expect(discarded).toBe(1)
  })
})

describe('APPEND of several messages (RFC 3502)', () => {
  const counted = 'b STATUS INBOX (MESSAGES)\r\n'
  const none = '* STATUS INBOX (MESSAGES 0)\r\nb OK STATUS completed\r\n'

  test('each has its own flags and date', async () => {
    const c = await (await World.create()).connect()
    const first = 'INBOX (\\Seen) "17-Jul-1996 02:44:25 -0700" {3+}\r\none'
    expect(await c.say(`a APPEND ${first} {3}\r\n`)).toBe('+ OK\r\n')
    expect(await c.say('two (x \\Draft) {5+}\r\nthree\r\n')).toBe(
      'a OK [APPENDUID 1767225600 1:3] APPEND completed\r\n',
    )
    await c.say('s SELECT INBOX\r\n')
    expect(await c.say('b FETCH 1:3 (FLAGS INTERNALDATE BODY.PEEK[])\r\n')).toBe(
      [
        '* 1 FETCH (FLAGS (\\Seen \\Recent) INTERNALDATE "17-Jul-1996 02:44:25 -0700" BODY[] {3}\r\none)',
        '* 2 FETCH (FLAGS (\\Recent) INTERNALDATE " 1-Jan-2026 00:00:00 +0000" BODY[] {3}\r\ntwo)',
        '* 3 FETCH (FLAGS (\\Draft x \\Recent) INTERNALDATE " 1-Jan-2026 00:00:00 +0000" BODY[] {5}\r\nthree)',
        'b OK FETCH completed\r\n',
      ].join('\r\n'),
    )
  })

  test.each([
    ['INBOX {1+}\r\nx {11+}\r\n01234567890 {1+}\r\nz', 'NO [TOOBIG] A message may have 10 octets'],
    [
      'INBOX {1+}\r\nx {10+}\r\n0123456789 {1+}\r\nz',
      'NO [TOOBIG] The messages of one APPEND may have 10 octets together',
    ],
    ['INBOX {1+}\r\na {1+}\r\nb {1+}\r\nc {1+}\r\nd', 'NO [LIMIT] One APPEND may have 3 messages'],
    ['INBOX {1+}\r\nx {0+}\r\n {1+}\r\nz', 'NO [CANNOT] A message of no octets cannot be stored'],
    ['nobox {1+}\r\nx {1+}\r\nz', 'NO [TRYCREATE] No such mailbox'],
  ])('%j is refused as a whole, and costs nobody their place', async (args, answer) => {
    const world = await World.create({ maxAppendSize: 10, appendOctets: 10, appendMessages: 3 })
    const spools = { made: 0, discarded: 0 }
    const { newSpool } = world.store
    world.store.newSpool = () => {
      spools.made++
      const spool = newSpool.call(world.store)
      const { seal } = spool
      spool.seal = async () => {
        const blob = await seal.call(spool)
        return { ...blob, discard: async () => void spools.discarded++ }
      }
      return spool
    }
    const c = await world.connect()
    expect(await c.say(`a APPEND ${args}\r\n${counted}`)).toBe(`a ${answer}\r\n${none}`)
    expect(spools.discarded).toBe(spools.made)
  })

  test('a thousand in one piece let others have their turn', async () => {
    const c = await (await World.create()).connect()
    c.send(`a APPEND INBOX${` (${'\\Seen '.repeat(9)}\\Seen) {1+}\r\nx`.repeat(1000)}\r\nb LOGOUT\r\n`)
    let turns = 0
    for (; !c.closed; turns++) await new Promise(setImmediate)
    expect(turns).toBeGreaterThan(25)
    expect(c.take()).toContain('a OK [APPENDUID 1767225600 1:1000] ')
  })

  test('the place of a mistake is counted from the first message on', async () => {
    const c = await (await World.create()).connect()
    expect(await c.say('a APPEND INBOX {1+}\r\nx (x) {1+}\r\ny (y} {1+}\r\nz\r\n')).toBe(
      'a BAD Expected a flag at octet 19 of the arguments\r\n',
    )
  })

  test('a later one that is refused is not asked for', async () => {
    const c = await (await World.create({ maxAppendSize: 10 })).connect()
    expect(await c.say('a APPEND INBOX {1+}\r\nx (\\Seen) {11}\r\n')).toBe(
      'a NO [TOOBIG] A message may have 10 octets\r\n',
    )
    expect(await c.say(counted)).toBe(none)
  })

  test('a later one without room, with those in front of it, is not asked for', async () => {
    const world = await World.create()
    await world.store.setQuota(world.account, { octets: 10 })
    const c = await world.connect()
    expect(await c.say('a APPEND INBOX {6}\r\n')).toBe('+ OK\r\n')
    expect(await c.say('123456 {6}\r\n')).toBe('a NO [OVERQUOTA] Quota exceeded\r\n')
    expect(await c.say(counted)).toBe(none)
  })

  test('texts between messages are bounded together', async () => {
    const c = await (await World.create({ command: 100 })).connect()
    const message = ` (${'k'.repeat(30)}) {1+}\r\nx`
    expect(await c.say(`a APPEND INBOX${message.repeat(4)}\r\n${counted}`)).toBe(
      `a NO [TOOBIG] A command may have 100 octets\r\n${none}`,
    )
  })

  test('all are refused where not all have room', async () => {
    const world = await World.create()
    await world.store.setQuota(world.account, { messages: 2 })
    const c = await world.connect()
    const three = ' {1+}\r\nx'.repeat(3)
    expect(await c.say(`a APPEND INBOX${three}\r\n${counted}`)).toBe(`a NO [OVERQUOTA] Quota exceeded\r\n${none}`)
  })
})
