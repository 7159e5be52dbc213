import { setImmediate as turn } from 'node:timers/promises'
import { connect, createSecureContext, type TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { describe, expect, test } from 'vitest'
import { World } from '../../../test/imap-world.js'
import { scan } from '../../../test/scan.js'
import { BadSyntax } from '../errors.js'
import { parseAuthenticate, parseLogin } from './auth.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('parsers', () => {
  test.each([
    [' alice secret', 'alice', 'secret'],
    [' "a b" "s\\"ecret"', 'a b', 's"ecret'],
    [' {5}\r\nalice {6+}\r\nsecret', 'alice', 'secret'],
    [' alice ""', 'alice', ''],
    [' "\xc3\xbc" x', 'ü', 'x'],
  ])('LOGIN%s', (wire, username, password) => {
    expect(parseLogin(scan(wire))).toEqual({ name: 'LOGIN', username, password })
  })

  test.each(['', ' ', ' alice', ' alice ', '  alice secret', ' (alice) secret', ' a {1', ' a "\xe4"', ' "\xe4" b'])(
    'LOGIN%j is BAD',
    (wire) => {
      expect(() => parseLogin(scan(wire)).name).toThrow(BadSyntax)
    },
  )

  test.each([
    [' plain', 'PLAIN', null],
    [' PLAIN =', 'PLAIN', '='],
    [' PLAIN AGE=', 'PLAIN', 'AGE='],
  ])('AUTHENTICATE%s', (wire, mechanism, initial) => {
    expect(parseAuthenticate(scan(wire))).toEqual({ name: 'AUTHENTICATE', mechanism, initial })
  })
})

describe('LOGIN', () => {
  test.each([
    [
      'a LOGIN alice secret',
      'a OK [CAPABILITY IMAP4rev1 LITERAL+ ID IDLE ENABLE NAMESPACE UNSELECT UIDPLUS MOVE MULTIAPPEND CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE XLIST WITHIN SORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES I18NLEVEL=1 STATUS=SIZE QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE INPROGRESS APPENDLIMIT=52428800] Logged in',
    ],
    ['a LOGIN alice wrong', 'a NO [AUTHENTICATIONFAILED] Invalid credentials'],
    ['a LOGIN alice disabled', 'a NO [CONTACTADMIN] User disabled'],
    ['a LOGIN alice throttled', 'a NO [UNAVAILABLE] Too many failed logins, try again later'],
    ['a LOGIN alice', 'a BAD Expected a space at octet 6 of the arguments'],
  ])('%s', async (command, answer) => {
    const c = await (await World.create()).connect({ login: false })
    expect(await c.say(`${command}\r\n`)).toBe(`${answer}\r\n`)
  })

  test('the client is asked for each literal', async () => {
    const world = await World.create()
    const c = await world.connect({ login: false })
    expect(await c.say('a LOGIN {5}\r\n')).toBe('+ OK\r\n')
    expect(await c.say('alice {6}\r\n')).toBe('+ OK\r\n')
    expect(await c.say('secret\r\n')).toMatch(/^a OK /)
    expect(world.attempts).toEqual([
      { username: 'alice', password: 'secret', protocol: 'imap', remoteAddress: '192.0.2.1', sessionId: 's1' },
    ])
  })

  test('is over once it has succeeded', async () => {
    const c = await (await World.create()).connect()
    expect(await c.say('a LOGIN alice secret\r\n')).toBe('a BAD LOGIN is not possible now\r\n')
  })

  test('too many failures end the session', async () => {
    const world = await World.create({ authFailures: 2 })
    const c = await world.connect({ login: false })
    expect(await c.say('a LOGIN alice wrong\r\nb AUTHENTICATE PLAIN AGEAYg==\r\nc NOOP\r\n')).toBe(
      'a NO [AUTHENTICATIONFAILED] Invalid credentials\r\n' +
        '* BYE Too many failed logins\r\nb NO [AUTHENTICATIONFAILED] Invalid credentials\r\n',
    )
    expect(c.closed).toBe(true)
    expect(world.lines.filter((l) => l.message === 'IMAP authentication failed')).toHaveLength(2)
  })

  test('is disabled where no password is to travel as it is', async () => {
    const world = await World.create()
    world.mechanisms = ['CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']
    const c = await world.connect({ login: false })
    expect(await c.say('a CAPABILITY\r\n')).toMatch(
      /^\* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=CRAM-MD5 AUTH=SCRAM-SHA-256 SASL-IR /,
    )
    expect(await c.say('b LOGIN alice secret\r\n')).toMatch(/^b NO \[CANNOT\] /)
    expect(await c.say('c AUTHENTICATE PLAIN\r\n')).toMatch(/^c NO \[CANNOT\] /)
    expect(world.attempts).toEqual([])
  })

  test('a challenge is not in the trace', async () => {
    const world = await World.create()
    const c = await world.connect({ login: false })
    await c.say('a AUTHENTICATE LOGIN\r\n*\r\n')
    const said = world.lines.map(({ message }) => message)
    expect(said).toContain('S: + ***')
    expect(said.join()).not.toContain(base64('Username:'))
  })

  test('a password is not taken in clear, and its literal not asked for (decision 14)', async () => {
    const world = await World.create()
    const c = await world.connect({ service: 'imap', login: false })
    const refused = 'NO [PRIVACYREQUIRED] A password may not travel in clear: use TLS\r\n'
    expect(await c.say('a LOGIN alice secret\r\n')).toBe(`a ${refused}`)
    expect(await c.say('b LOGIN {5}\r\n')).toBe(`b ${refused}`)
    expect(await c.say('c LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n')).toBe(`c ${refused}`)
    expect(await c.say('d AUTHENTICATE PLAIN\r\n')).toBe(`d ${refused}`)
    expect(world.attempts).toEqual([])
  })
})

describe('AUTHENTICATE', () => {
  const plain = base64('\0alice\0secret')
  test.each<[string, readonly (readonly [string, string | RegExp])[]]>([
    ['PLAIN with an initial response (RFC 4959 §3)', [[`a AUTHENTICATE PLAIN ${plain}`, /^a OK \[CAPABILITY /]]],
    [
      'PLAIN without one',
      [
        ['a AUTHENTICATE PLAIN', '+ \r\n'],
        [plain, /^a OK \[CAPABILITY /],
      ],
    ],
    [
      'LOGIN',
      [
        ['a authenticate login', `+ ${base64('Username:')}\r\n`],
        [base64('alice'), `+ ${base64('Password:')}\r\n`],
        [base64('secret'), /^a OK /],
      ],
    ],
    [
      'LOGIN with the name at once',
      [
        [`a AUTHENTICATE LOGIN ${base64('alice')}`, `+ ${base64('Password:')}\r\n`],
        [base64('wrong'), /^a NO \[AUTHENTICATIONFAILED\] /],
      ],
    ],
    [
      'given up',
      [
        ['a AUTHENTICATE PLAIN', '+ \r\n'],
        ['*', 'a BAD AUTHENTICATE was given up\r\n'],
      ],
    ],
    [
      'not base64',
      [
        ['a AUTHENTICATE PLAIN', '+ \r\n'],
        ['!', 'a BAD Expected base64\r\n'],
      ],
    ],
    ['base64 without its padding', [['a AUTHENTICATE PLAIN AA', 'a BAD Expected base64\r\n']]],
    [
      'a literal as an answer',
      [
        ['a AUTHENTICATE PLAIN', '+ \r\n'],
        ['{5}', 'a BAD Expected base64\r\n'],
      ],
    ],
    ['not what PLAIN wants', [[`a AUTHENTICATE PLAIN ${base64('alice')}`, 'a BAD That is not an answer of PLAIN\r\n']]],
    ['an empty initial response', [['a AUTHENTICATE PLAIN =', 'a BAD That is not an answer of PLAIN\r\n']]],
    ['as somebody else', [[`a AUTHENTICATE PLAIN ${base64('bob\0alice\0secret')}`, /^a NO \[AUTHORIZATIONFAILED\] /]]],
    [
      'a mechanism that we do not have',
      [['a AUTHENTICATE KERBEROS_V4', 'a NO [CANNOT] Mechanism KERBEROS_V4 is not offered\r\n']],
    ],
  ])('%s', async (_what, turns) => {
    const c = await (await World.create()).connect({ login: false })
    for (const [line, answer] of turns) {
      const heard = await c.say(`${line}\r\n`)
      if (typeof answer === 'string') expect(heard).toBe(answer)
      else expect(heard).toMatch(answer)
    }
  })

  test('an answer that never comes ends the session', async () => {
    const world = await World.create({ commandTimeout: 60_000 })
    const c = await world.connect({ login: false })
    await c.say('a AUTHENTICATE PLAIN\r\n')
    await world.clock.advance(60_000)
    expect(await c.hear()).toBe('* BYE Command timeout\r\n')
    expect(c.closed).toBe(true)
  })
})

describe('STARTTLS', () => {
  const secureContext = async (): Promise<ReturnType<typeof createSecureContext>> => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'mail.example.org' }])
    return createSecureContext({ cert, key })
  }

  test('from LOGINDISABLED to AUTH=PLAIN', async () => {
    const world = await World.create()
    const context = await secureContext()
    const c = await world.connect({ service: 'imap', login: false, tls: () => ({ secureContext: context }) })
    expect(await c.say('a CAPABILITY\r\n')).toMatch(/^\* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED /)
    c.stream.write('b STARTTLS\r\n')
    expect(await c.until(/\n/)).toBe('b OK Begin TLS negotiation now\r\n')
    c.stream.removeAllListeners('data')
    const secure = connect({ socket: c.stream, rejectUnauthorized: false })
    secure.on('error', () => {})
    expect(await talk(secure, 'c CAPABILITY\r\n', /c OK/)).toMatch(
      /^\* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SASL-IR /,
    )
    expect(await talk(secure, 'd STARTTLS\r\n', /d /)).toBe('d BAD STARTTLS is not possible now\r\n')
    expect(await talk(secure, 'e LOGIN alice secret\r\n', /e /)).toMatch(/^e OK /)
    expect(await talk(secure, 'f LOGOUT\r\n', /f OK/)).toMatch(/BYE/)
    await c.over
    expect(world.lines.filter((l) => l.message === 'STARTTLS completed')).toHaveLength(1)
  })

  test.each(['b NOOP\r\n', 'b', '\r\n'])(
    '%j in clear behind it is refused, and the connection closed',
    async (more) => {
      const world = await World.create()
      const context = await secureContext()
      const c = await world.connect({ service: 'imap', login: false, tls: () => ({ secureContext: context }) })
      expect(await c.say(`a STARTTLS\r\n${more}`)).toBe(
        '* BYE Nothing may follow STARTTLS in clear\r\na BAD Nothing may follow STARTTLS in clear\r\n',
      )
      expect(c.closed).toBe(true)
    },
  )

  test('a handshake that fails ends the session', async () => {
    const world = await World.create()
    const context = await secureContext()
    const c = await world.connect({ service: 'imap', login: false, tls: () => ({ secureContext: context }) })
    c.stream.write('a STARTTLS\r\n')
    await c.until(/\n/)
    c.stream.write('b NOOP\r\n')
    await c.over
    expect(world.lines.filter((l) => l.level === 'error')).toEqual([])
  })

  test('is not offered where there is no certificate', async () => {
    const c = await (await World.create()).connect({ service: 'imap', login: false })
    expect(await c.say('a STARTTLS\r\nb CAPABILITY\r\n')).toMatch(/^a BAD .*\r\n\* CAPABILITY IMAP4rev1 LOGINDISABLED /)
  })
})

async function talk(socket: TLSSocket, line: string, until: RegExp): Promise<string> {
  let text = ''
  const hear = (chunk: Buffer): void => {
    text += chunk.toString('latin1')
  }
  socket.on('data', hear)
  socket.write(line)
  while (!until.test(text)) await turn()
  socket.off('data', hear)
  return text
}
