import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, everyOctet, hostileOctets } from '../../test/arbitraries.js'
import { World } from '../../test/imap-world.js'
import { imapLimits } from '../core/limits.js'
import { commands } from './table.js'

describe('greeting and capabilities', () => {
  test.each([
    ['imap', false, 'IMAP4rev1 LOGINDISABLED LITERAL+ ID IDLE'],
    ['imaps', false, 'IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SASL-IR LITERAL+ ID IDLE'],
    [
      'imaps',
      true,
      'IMAP4rev1 LITERAL+ ID IDLE ENABLE NAMESPACE UNSELECT UIDPLUS MOVE MULTIAPPEND CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE XLIST WITHIN SORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES I18NLEVEL=1 STATUS=SIZE QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE INPROGRESS APPENDLIMIT=52428800',
    ],
  ] as const)('%s, logged in: %s', async (service, login, list) => {
    const c = await (await World.create()).connect({ service, login })
    expect(await c.say('a CAPABILITY\r\n')).toBe(`* CAPABILITY ${list}\r\na OK CAPABILITY completed\r\n`)
  })

  test('the greeting names the server and what it can do', async () => {
    const world = await World.create()
    const c = await world.connect({ login: false })
    expect(c.greeting).toBe(
      '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SASL-IR LITERAL+ ID IDLE] mail.example.org Posthorn ready\r\n',
    )
    expect(world.lines.find((l) => l.message === 'IMAP connection accepted')?.fields).toEqual({
      port: 993,
      client_ip: '192.0.2.1',
      tls_active: true,
      protocol: 'IMAPS',
    })
  })
})

describe('commands', () => {
  test('run in the order in which they came', async () => {
    const c = await (await World.create()).connect()
    expect(await c.say('a NOOP\r\nb noop\r\nc NOOP \r\nd FOO\r\ne LOGOUT\r\nf NOOP\r\n')).toBe(
      'a OK NOOP completed\r\nb OK NOOP completed\r\n' +
        'c BAD Expected the end of the command at octet 0 of the arguments\r\nd BAD Unknown command\r\n' +
        '* BYE Logging out\r\ne OK LOGOUT completed\r\n',
    )
    expect(c.closed).toBe(true)
  })

  test.each(['NOOP', 'CREATE', 'STATUS INBOX (MESSAGES)', 'FETCH 1 BODY.PEEK[]'])(
    'thousands of %s in one piece let others have their turn in between',
    async (command) => {
      const world = await World.create({ badCommands: 10_000 })
      await world.deliver()
      const c = await world.connect()
      await c.say('s SELECT INBOX\r\n')
      const line = `a ${command}\r\n`
      // As much as a socket gives at once, and a turn behind every 50 of them at least.
      const commands = Math.floor(65_536 / line.length)
      c.send(`${line.repeat(commands)}z LOGOUT\r\n`)
      let turns = 0
      for (; !c.closed; turns++) await new Promise(setImmediate)
      expect(turns).toBeGreaterThan(commands / 50)
      expect(c.take().match(/^a /gm)?.length).toBe(commands)
    },
  )

  test.each(['LIST "" *', 'STATUS INBOX (MESSAGES)', 'SELECT INBOX', 'IDLE', 'APPEND INBOX {1}'])(
    '%s is not for strangers',
    async (command) => {
      const c = await (await World.create()).connect({ login: false })
      expect(await c.say(`a ${command}\r\n`)).toMatch(/^a BAD [A-Z]+ is not possible before the login\r\n$/)
    },
  )

  test.each([
    'FETCH 1 FLAGS',
    'UID FETCH 1 FLAGS',
    'STORE 1 FLAGS (x)',
    'UID STORE 1 FLAGS (x)',
    'EXPUNGE',
    'CHECK',
    'CLOSE',
  ])('%s wants a mailbox', async (command) => {
    const c = await (await World.create()).connect()
    expect(await c.say(`a ${command}\r\n`)).toMatch(/^a BAD [A-Z ]+ is not possible now\r\n$/)
  })

  test('a fault of ours is logged, and the session goes on', async () => {
    const world = await World.create()
    const c = await world.connect()
    world.store.listMailboxes = async () => {
      throw new TypeError('a defect')
    }
    expect(await c.say('a LIST "" *\r\nb NOOP\r\n')).toBe(
      'a NO [SERVERBUG] Internal error, it has been logged\r\nb OK NOOP completed\r\n',
    )
    expect(world.lines.filter((l) => l.level === 'error')).toEqual([
      {
        level: 'error',
        message: 'IMAP command failed',
        fields: expect.objectContaining({ command: 'LIST', error: 'a defect' }),
      },
    ])
  })

  test('what was overtaken by changes is completed, then told to go', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('s SELECT INBOX\r\n')
    await world.store.removeUser('alice@example.org')
    expect(await c.say('a NOOP\r\n')).toBe('a OK NOOP completed\r\n* BYE The account is gone\r\n')
    expect(c.closed).toBe(true)
  })

  test('a client that has closed its side still gets its answers', async () => {
    const c = await (await World.create()).connect()
    c.stream.end('a NOOP\r\nb NOOP\r\nc NO')
    expect(await c.hear()).toBe('a OK NOOP completed\r\nb OK NOOP completed\r\n')
    expect(c.closed).toBe(true)
  })

  test('behind BYE nothing is told any more', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('s SELECT INBOX\r\n')
    await world.deliver()
    expect(await c.say('a LOGOUT\r\n')).toBe('* BYE Logging out\r\na OK LOGOUT completed\r\n')
  })

  test('each one is in the log, with the mailbox that is selected', async () => {
    const world = await World.create()
    const c = await world.connect()
    await c.say('a SELECT INBOX\r\nb UID FETCH 1 FLAGS\r\nc FOO\r\n')
    const logged = world.lines.filter((l) => l.message === 'IMAP command received').map((l) => l.fields)
    expect(logged).toEqual(
      [
        ['LOGIN', null],
        ['SELECT', null],
        ['UID FETCH', 'INBOX'],
        ['unknown', 'INBOX'],
      ].map(([command, mailbox]) => ({ command, mailbox, client_ip: '192.0.2.1' })),
    )
  })
})

describe('bad input', () => {
  test.each([
    ['no tag', '\r\n', '* BAD Expected a tag'],
    ['a tag with a plus', '+a NOOP\r\n', '* BAD Expected a tag'],
    ['an octet over 127 as tag', '\xff NOOP\r\n', '* BAD Expected a tag'],
    ['no command', 'a\r\n', 'a BAD Expected a command behind the tag'],
    ['two spaces', 'a  NOOP\r\n', 'a BAD Expected a command behind the tag'],
    ['UID of nothing', 'a UID 1 FLAGS\r\n', 'a BAD Unknown command'],
    ['UID of what has no UIDs', 'a UID NOOP\r\n', 'a BAD Unknown command'],
    ['a name of the language', 'a CONSTRUCTOR\r\n', 'a BAD Unknown command'],
    ['NUL', 'a LOGIN a\0b c\r\n', 'a BAD Expected a space at octet 2 of the arguments'],
    ['a literal without its end', 'a LOGIN {1\r\n', 'a BAD Expected a user name at octet 1 of the arguments'],
    ['a literal of 2^63', 'a LOGIN {9223372036854775808}\r\n', 'a NO [TOOBIG] A literal here may have 65536 octets'],
    ['a literal that is too long', 'a LOGIN {65537}\r\n', 'a NO [TOOBIG] A literal here may have 65536 octets'],
    ['a bare LF', 'a NOOP\nb NOOP\r\n', 'a BAD Expected the end of the command at octet 0 of the arguments'],
    ['parentheses', `a LOGIN ${'('.repeat(10_000)}\r\n`, 'a BAD Expected a user name at octet 1 of the arguments'],
  ])('%s', async (_what, wire, answer) => {
    const c = await (await World.create()).connect({ login: false })
    expect(await c.say(wire)).toBe(`${answer}\r\n`)
    expect(await c.say('z NOOP\r\n')).toBe('z OK NOOP completed\r\n')
  })

  test('a line of a megabyte ends the session', async () => {
    const c = await (await World.create()).connect({ login: false })
    expect(await c.say(`a LOGIN ${'x'.repeat(1 << 20)}\r\n`)).toBe('* BYE A line is longer than 65536 octets\r\n')
    expect(c.closed).toBe(true)
  })

  test('many literals are bounded together', async () => {
    const c = await (await World.create({ command: 100, bufferedLiteral: 60 })).connect()
    const sixty = 'x'.repeat(60)
    expect(await c.say(`a LIST {60+}\r\n${sixty} {60+}\r\n${sixty}\r\nb NOOP\r\n`)).toBe(
      'a NO [TOOBIG] A command may have 100 octets\r\nb OK NOOP completed\r\n',
    )
  })

  test('too many bad commands in a row end the session', async () => {
    const c = await (await World.create({ badCommands: 3 })).connect()
    expect(await c.say('a X\r\nb X\r\nc NOOP\r\nd X\r\ne X\r\nf X\r\ng NOOP\r\n')).toMatch(
      /f BAD Unknown command\r\n\* BYE Too many bad commands\r\n$/,
    )
    expect(c.closed).toBe(true)
  })

  test('random octets get an answer or BYE, never a fault', async () => {
    const names = [
      ...Object.keys(commands),
      'UID',
      'a',
      '{1}\r\n',
      '{3+}\r\n',
      'INBOX',
      '1:*',
      'FLAGS',
      '(',
      ')',
      ' ',
      '\r\n',
      '"',
      '\\',
      '\0',
      'BODY[',
      'NIL',
      '*',
      '+',
      '/',
      'DONE\r\n',
    ]
    const wire = fc.array(
      fc.oneof(
        fc.constantFrom(...names),
        hostileOctets(' \r\n{}()"\\*').map((b) => b.toString('latin1')),
      ),
      { maxLength: 30 },
    )
    await fc.assert(
      fc.asyncProperty(wire, fc.boolean(), async (pieces, login) => {
        const world = await World.create()
        await world.deliver()
        const c = await world.connect({ login })
        if (login) await c.say('s SELECT INBOX\r\n')
        const heard = await c.say(Buffer.from(`${pieces.join(' ')}\r\n`, 'latin1'))
        expect(heard).toMatch(/^(?:[^\r\n]*\r\n|[^\r\n]*\r)*$/s)
        c.stream.destroy()
        await c.over
        expect(world.lines.filter((l) => l.level === 'error')).toEqual([])
        expect(world.clock.pending).toBe(0)
      }),
      { numRuns: 150 },
    )
  })
})

describe('the trace', () => {
  test('shows the dialogue, and neither a password nor what is in a message', async () => {
    const world = await World.create()
    const c = await world.connect({ login: false })
    await c.say('a LOGIN alice wrongsecret\r\nb LOGIN {5+}\r\nalice "wrongsecret"\r\nc AUTHENTICATE LOGIN\r\n')
    await c.say(`${Buffer.from('alice').toString('base64')}\r\n${Buffer.from('secret').toString('base64')}\r\n`)
    await c.say('d SELECT INBOX\r\ne APPEND INBOX {15+}\r\nSubject: secret\r\n')
    await c.say('f FETCH 1 (UID BODY[] ENVELOPE)\r\ng xsecret\r\nh APPEND INBOX {3+}\r\ntopsecret\r\nc2VjcmV0\r\n')
    const trace = world.lines.filter((l) => l.level === 'trace').map((l) => l.message)
    expect(trace.filter((l) => /secret|c2Vjcm/.test(l))).toEqual([])
    expect(trace).toEqual(
      expect.arrayContaining(['C: a LOGIN ***', 'C: d SELECT INBOX', 'S: * 1 EXISTS', 'C: …(15 octets)']),
    )
    expect(trace.filter((l) => l.startsWith('S: a NO'))).toEqual(['S: a NO [AUTHENTICATIONFAILED] Invalid credentials'])
    expect(JSON.stringify(world.lines)).not.toMatch(/wrongsecret/)
  })
})

describe('every cut of the stream', () => {
  const dialogue = Buffer.from(
    'a LOGIN {5+}\r\nalice secret\r\nb SELECT INBOX\r\nc STORE 1 +FLAGS (\\Seen $Work)\r\n' +
      'd APPEND INBOX (\\Draft) {12+}\r\nA: b\r\n\r\n{3}\r\n\r\ne UID FETCH 1:* (FLAGS BODY.PEEK[TEXT])\r\nf FOO {3+}\r\nbar\r\n' +
      'g IDLE\r\nDONE\r\nh UID STORE 1 +FLAGS.SILENT \\Deleted\r\ni EXPUNGE\r\nj LOGOUT\r\n',
    'latin1',
  )

  async function answers(pieces: readonly Buffer[]): Promise<string> {
    const world = await World.create()
    await world.deliver()
    const c = await world.connect({ login: false })
    const heard = await c.say(...pieces)
    expect(c.closed).toBe(true)
    return heard
  }

  test('gives the same answers', async () => {
    const whole = await answers([dialogue])
    expect(whole).toMatch(/j OK LOGOUT completed\r\n$/)
    expect(await answers(everyOctet(dialogue))).toBe(whole)
    await fc.assert(
      fc.asyncProperty(cut(dialogue), async (pieces) => {
        expect(await answers(pieces)).toBe(whole)
      }),
      { numRuns: 60 },
    )
  })
})

test('every command says where it is described', () => {
  for (const { rfc } of Object.values(commands)) expect(rfc).toMatch(/^RFC \d+ §[\d.]+$/)
  expect(imapLimits.idleHeartbeat).toBeLessThanOrEqual(29 * 60_000)
})
