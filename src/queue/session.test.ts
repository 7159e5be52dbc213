import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'
import { generate } from 'selfsigned'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { type Answers, agreeable, SmtpServer } from '../../test/smtp-server.js'
import { streamPair } from '../../test/stream-pair.js'
import { FakeClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { clientLimits } from '../core/limits.js'
import { Connection } from '../wire/connection.js'
import type {
  HostTrouble,
  OutboundContent,
  OutboundMail,
  OutboundSession,
  RouteSettings,
  Transaction,
} from './contracts.js'
import { openSession, type SessionOptions } from './session.js'

const ends = { local: { address: '192.0.2.9', port: 40_000 }, remote: { address: '192.0.2.1', port: 25 } }
const HOST = 'mx.example [192.0.2.1]'
const MESSAGE = 'Subject: x\r\n\r\n.hello\r\n'

let clock: FakeClock
let log: ReturnType<typeof recordingLog>
const connections: Connection[] = []

beforeEach(() => {
  clock = new FakeClock()
  log = recordingLog()
})

afterEach(async () => {
  for (const connection of connections) connection.destroy()
  await Promise.all(connections.splice(0).map(({ closed }) => closed))
  expect(clock.pending).toBe(0)
})

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Connections whose other ends `serve` gets, one after the other. */
function dial(serve: (far: Duplex, nth: number) => void): () => Promise<Connection> {
  let nth = 0
  return async () => {
    const [near, far] = streamPair()
    const connection = new Connection(near, { clock, ...ends })
    connections.push(connection)
    serve(far, nth++)
    return connection
  }
}

const options = (settings: Partial<RouteSettings> = {}): SessionOptions => ({
  ...{ host: { name: 'mx.example' }, settings: { tls: 'none', credentials: null, ...settings } },
  ...{ hostname: 'us.example', clock, random: systemRandom, log },
})

/** A session with a server that answers so. */
async function withServer(answers: Answers, how: ConstructorParameters<typeof SmtpServer>[2] = {}) {
  const servers: SmtpServer[] = []
  const fars: Duplex[] = []
  const connect = dial((far) => {
    fars.push(far)
    servers.push(new SmtpServer(far, answers, how))
  })
  const session = await openSession(connect, options())
  return { session, server: servers[0] as SmtpServer, far: fars[0] as Duplex }
}

const USER: Partial<RouteSettings> = { credentials: { user: 'u', password: 'pw' } }

const PLAIN_NEEDS = { eightBitBody: false, eightBitHeader: false, binary: false }

async function* pieces(...texts: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}

const contentOf = (...texts: string[]): OutboundContent => ({
  needs: PLAIN_NEEDS,
  open: async () => ({ size: texts.join('').length, octets: pieces(...texts) }),
})

const mail = (content: OutboundContent = contentOf(MESSAGE), ...to: string[]): OutboundMail => ({
  ...{ id: 'q1', from: 'a@b.example', content },
  envelope: { body: null, utf8: false, returned: null, envelopeId: null },
  recipients: (to.length === 0 ? ['c@d.example'] : to).map((recipient) => ({
    ...{ recipient, dsn: { notify: null, originalRecipient: null } },
  })),
})

const kinds = ({ verdicts }: Transaction): string[] =>
  verdicts.map(({ recipient, kind, reply }) => `${recipient} ${kind} ${reply}`)

describe('a session', () => {
  test.each([1, 3, 1000])('says everything, the server writing %i octets at a time', async (piece) => {
    const { session, server } = await withServer(agreeable(), { piece })
    expect(session).toMatchObject({ host: HOST, tls: null, usable: true })
    expect(await session.deliver(mail())).toEqual({
      verdicts: [{ recipient: 'c@d.example', kind: 'accepted', reply: '250 2.0.0 ok', reports: false }],
      hostTrouble: null,
    })
    expect(session.usable).toBe(true)
    await session.end()
    expect(server.lines).toEqual([
      'EHLO us.example',
      'MAIL FROM:<a@b.example> SIZE=22',
      'RCPT TO:<c@d.example>',
      'DATA',
      'QUIT',
    ])
    expect(server.messages).toEqual(['Subject: x\r\n\r\n..hello\r\n.\r\n'])
    expect(session.transcript()).toBe(TRANSCRIPT)
    expect(session.transcript()).toBe('')
  })

  test('carries several messages, with RSET behind one that was refused', async () => {
    let refuse = true
    const { session, server } = await withServer((line) => {
      if (line !== '.' || !refuse) return agreeable()(line)
      refuse = false
      return '554 5.7.1 spam'
    })
    expect(kinds(await session.deliver(mail()))).toEqual(['c@d.example refused 554 5.7.1 spam'])
    for (const to of ['x@d.example', 'y@d.example'])
      expect(kinds(await session.deliver(mail(undefined, to)))).toEqual([`${to} accepted 250 2.0.0 ok`])
    expect(server.lines.filter((line) => /^(MAIL|RSET)/.test(line)).map((line) => line.slice(0, 4))).toEqual([
      'MAIL',
      'RSET',
      'MAIL',
      'MAIL',
    ])
  })

  test('has one transaction at a time', async () => {
    const { session } = await withServer(agreeable())
    const first = session.deliver(mail())
    await expect(session.deliver(mail())).rejects.toThrow('one transaction')
    await first
  })

  test('ends with a server that does not answer QUIT', async () => {
    const { session } = await withServer((line) => (line === 'QUIT' ? null : agreeable()(line)))
    const ended = session.end()
    await settled()
    await clock.advance(clientLimits.quitTimeout)
    await clock.advance(60_000)
    await ended
    expect(session.usable).toBe(false)
  })

  test('that is cut off settles what is under way', async () => {
    const { session } = await withServer((line) => (line === 'DATA' ? null : agreeable()(line)))
    const delivered = session.deliver(mail())
    await settled()
    session.destroy()
    expect(await delivered).toMatchObject({
      verdicts: [{ kind: 'later' }],
      hostTrouble: expect.stringMatching(/^450 4\.4\.2/),
    })
    await session.end()
  })

  test('keeps to what LIMITS says', async () => {
    const { session, server } = await withServer(agreeable('mx.example|LIMITS RCPTMAX=2 MAILMAX=2'))
    const first = await session.deliver(mail(undefined, 'a@d.example', 'b@d.example', 'c@d.example'))
    expect(first.verdicts.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'again'])
    expect(session.usable).toBe(true)
    await session.deliver(mail())
    expect(session.usable).toBe(false)
    expect(server.lines.filter((line) => line.startsWith('RCPT'))).toHaveLength(3)
    await session.end()
    expect(server.lines.at(-1)).toBe('QUIT')
  })
})

const TRANSCRIPT = `(connected to ${HOST})
S: 220 mx.example
C: EHLO us.example
S: 250-mx.example
S: 250-PIPELINING
S: 250-8BITMIME
S: 250 SIZE 0
C: MAIL FROM:<a@b.example> SIZE=22
C: RCPT TO:<c@d.example>
C: DATA
S: 250 2.0.0 ok
S: 250 2.0.0 ok
S: 354 go
C: …(22 octets)
S: 250 2.0.0 ok
C: QUIT
S: 221 bye
`

describe('a server that spoke or went between two messages', () => {
  const before: [string, (far: Duplex, server: SmtpServer) => void][] = [
    ['421', (_, server) => server.say('421 4.4.2 idle')],
    ['250', (_, server) => server.say('250 what else')],
    ['half a line', (far) => void far.write('42')],
    ['end', (far) => void far.end()],
    ['loss', (far) => void far.destroy()],
  ]
  test.each(before)('is noticed: %s', async (name, happen) => {
    const { session, server, far } = await withServer(agreeable())
    happen(far, server)
    await settled()
    expect(session.usable).toBe(false)
    const first = session.deliver(mail())
    await settled()
    if (name === 'half a line') await clock.advance(clientLimits.quitTimeout)
    expect(await first).toMatchObject({ verdicts: [{ kind: 'later' }], hostTrouble: expect.stringMatching(/^4/) })
    expect(server.lines).toEqual(['EHLO us.example'])
  })

  test('costs a second message nothing', async () => {
    const { session, far } = await withServer(agreeable())
    await session.deliver(mail())
    far.end('421 4.4.2 idle\r\n')
    expect(await session.deliver(mail())).toMatchObject({ verdicts: [{ kind: 'again' }], hostTrouble: null })
  })
})

/** A session with a server that answers until the line, which it answers so, or with `null` not at all. */
const upTo =
  (from: string, reply: string | null): Answers =>
  (line) =>
    line.startsWith(from) ? reply : agreeable()(line)

describe.each([
  ['MAIL', clientLimits.mailTimeout],
  ['RCPT', clientLimits.rcptTimeout],
  ['DATA', clientLimits.dataTimeout],
  ['.', clientLimits.finalTimeout],
])('at %s', (line, limit) => {
  test('the server is waited for so long', async () => {
    let silent = false
    const { session } = await withServer((said) => {
      silent ||= said.startsWith(line)
      return silent ? null : agreeable()(said)
    })
    const delivered = session.deliver(mail())
    await settled()
    let over = false
    void delivered.then(() => {
      over = true
    })
    await clock.advance(limit - 1)
    expect(over).toBe(false)
    await clock.advance(1)
    expect(kinds(await delivered)).toEqual([expect.stringMatching(/later 450 4\.4\.2 Timed out/)])
    expect(session.usable).toBe(false)
  })

  test('it may drop', async () => {
    const fars: Duplex[] = []
    const session = await openSession(
      dial((far) => {
        fars.push(far)
        const answers = agreeable()
        new SmtpServer(far, (said) => {
          if (said.startsWith(line)) far.destroy()
          return answers(said)
        })
      }),
      options(),
    )
    const { verdicts, hostTrouble } = await session.deliver(mail())
    expect(verdicts).toMatchObject([{ kind: 'later', reply: expect.stringMatching(/^450 4\.4\.2 Connection lost/) }])
    expect(hostTrouble === null).toBe(line === '.')
  })

  test('it may talk nonsense', async () => {
    const { session } = await withServer(upTo(line, 'hello?'))
    expect(kinds(await session.deliver(mail()))).toEqual([
      expect.stringMatching(/later 450 4\.5\.0 .*is no SMTP reply/),
    ])
    expect(session.transcript()).toContain('(what it said is no SMTP reply)\n')
  })
})

describe('while the message goes', () => {
  /** A message that is larger than what anybody takes at once; with what is done in front of each piece. */
  const large = (each: (nth: number) => Promise<void> | void, count = 100): OutboundContent => ({
    needs: PLAIN_NEEDS,
    open: async () => ({
      size: count * 10_000,
      octets: (async function* () {
        for (let nth = 0; nth < count; nth++) {
          await each(nth)
          yield Buffer.alloc(10_000, 'x')
        }
      })(),
    }),
  })

  test('a server that takes nothing is waited for so long', async () => {
    const { session, far } = await withServer((line) => {
      if (line === 'DATA') far.pause()
      return agreeable()(line)
    })
    const delivered = session.deliver(mail(large(() => {})))
    await settled()
    await clock.advance(clientLimits.blockTimeout)
    expect(kinds(await delivered)).toEqual([
      expect.stringMatching(/later 450 4\.4\.2 Timed out waiting for it to take the message/),
    ])
  })

  test('it is held back by a slow server, not by the size of its memory', async () => {
    let asked = 0
    const { session, far } = await withServer((line) => {
      if (line === 'DATA') far.pause()
      return agreeable()(line)
    })
    const delivered = session.deliver(mail(large(() => void asked++)))
    await settled()
    expect(asked).toBeLessThan(30)
    far.resume()
    expect(kinds(await delivered)).toEqual(['c@d.example accepted 250 2.0.0 ok'])
  })

  test('a server that is gone in the middle has not taken it', async () => {
    for (const count of [6, 100]) {
      const { session, far } = await withServer(agreeable())
      const leave = async (nth: number): Promise<void> => {
        if (nth === 5) far.destroy()
        await settled()
      }
      expect(await session.deliver(mail(large(leave, count)))).toMatchObject({
        verdicts: [
          { kind: 'later', reply: expect.stringMatching(/^450 4\.4\.2 Connection lost waiting for it to take/) },
        ],
        hostTrouble: expect.any(String),
      })
    }
  })

  test('a server that always answers at the last moment has an end all the same', async () => {
    const { session, server } = await withServer((line) => (line.startsWith('RCPT') ? null : agreeable('mx')(line)))
    const to = Array.from({ length: 100 }, (_, i) => `r${i}@d.example`)
    const delivered = session.deliver(mail(undefined, ...to))
    const begun = clock.now()
    while (session.usable && clock.now() - begun < 2 * clientLimits.transactionTime) {
      await settled()
      await clock.advance(clientLimits.rcptTimeout - 1)
      server.say('250 ok')
    }
    expect(clock.now() - begun).toBeLessThan(clientLimits.transactionTime + clientLimits.rcptTimeout)
    expect(await delivered).toMatchObject({
      hostTrouble: expect.stringMatching(/^450 4\.4\.2 Timed out waiting for its answer to RCPT/),
    })
  })

  test('a server that refuses it in the middle has refused it', async () => {
    const { session, server } = await withServer(agreeable())
    const interrupt = async (nth: number): Promise<void> => {
      if (nth === 50) server.say('552 5.3.4 too large')
      await settled()
    }
    expect(kinds(await session.deliver(mail(large(interrupt))))).toEqual(['c@d.example refused 552 5.3.4 too large'])
    expect(session.usable).toBe(false)
    expect(server.messages).toEqual([])
    expect(session.transcript()).toMatch(/\(broken off behind \d+ octets of the message\)/)
  })

  test('a fault in reading it ends the session, and the server has no message', async () => {
    const { session, server } = await withServer(agreeable())
    const failing = large((nth) => {
      if (nth === 5) throw new Error('disk')
    })
    await expect(session.deliver(mail(failing))).rejects.toThrow('disk')
    expect(session.usable).toBe(false)
    await settled()
    expect(server.messages).toEqual([])
  })

  test('a source that is not read to its end is let go', async () => {
    let closed = false
    const { session } = await withServer(upTo('DATA', '451 no'))
    const octets = (async function* () {
      try {
        yield Buffer.from('a')
        yield Buffer.from('b')
      } finally {
        closed = true
      }
    })()
    const iterator = octets[Symbol.asyncIterator]()
    await iterator.next()
    await session.deliver(
      mail({ needs: PLAIN_NEEDS, open: async () => ({ size: 2, octets: { [Symbol.asyncIterator]: () => iterator } }) }),
    )
    expect(closed).toBe(true)
  })

  test.each(['a\nb\r\n', 'a\r\nb\r', 'a\n.\r\nRSET\r\n'])('%j has no form for DATA', async (text) => {
    const { session, server } = await withServer(agreeable())
    expect(kinds(await session.deliver(mail(contentOf(text))))).toEqual([expect.stringMatching(/refused 554 5\.6\.0/)])
    await settled()
    expect(server.messages).toEqual([])
  })
})

describe('in chunks', () => {
  const CHUNKING = agreeable('mx.example|PIPELINING|8BITMIME|CHUNKING|BINARYMIME')
  const binary = (size: number, ...texts: string[]): OutboundContent => ({
    needs: { ...PLAIN_NEEDS, binary: true },
    open: async () => ({ size, octets: pieces(...texts) }),
  })

  test('octets go as they are', async () => {
    const { session, server } = await withServer(CHUNKING)
    expect(kinds(await session.deliver(mail(binary(7, 'a\n', '.\r\n\0b'))))).toEqual([
      'c@d.example accepted 250 2.0.0 ok',
    ])
    expect(server.lines).toContain('MAIL FROM:<a@b.example> BODY=BINARYMIME')
    expect(server.lines).toContain('BDAT 7 LAST')
    expect(server.messages).toEqual(['a\n.\r\n\0b'])
  })

  test('a large message is several, from pieces of any size', async () => {
    const { session, server } = await withServer(CHUNKING)
    const text = 'x'.repeat(400_000)
    const size = 3 * text.length
    expect(size).toBeGreaterThan(clientLimits.chunk)
    await session.deliver(mail({ needs: PLAIN_NEEDS, open: async () => ({ size, octets: pieces(text, text, text) }) }))
    expect(server.lines.filter((line) => line.startsWith('BDAT'))).toEqual([
      `BDAT ${clientLimits.chunk}`,
      `BDAT ${size - clientLimits.chunk} LAST`,
    ])
    expect(server.messages[0]?.length).toBe(size)
  })

  test.each([5, 9])('a message that has not the %i octets that it should is a fault, and not sent', async (size) => {
    const { session, server } = await withServer(CHUNKING)
    await expect(session.deliver(mail(binary(size, 'abc', 'defg')))).rejects.toThrow(`${size} octets announced`)
    await settled()
    expect(server.messages).toEqual([])
  })
})

describe('without a word to the server', () => {
  const silent = async (answers: Answers, content: OutboundContent, words: RegExp): Promise<void> => {
    const { session, server } = await withServer(answers)
    expect(kinds(await session.deliver(mail(content)))).toEqual([expect.stringMatching(words)])
    expect(server.lines).toEqual(['EHLO us.example'])
    expect(session.usable).toBe(true)
  }

  test('what is too large is refused', () =>
    silent(agreeable('mx|SIZE 10'), contentOf(MESSAGE), /refused 552 5\.3\.4 mx\.example/))
  test('what has no form that it takes is refused', () =>
    silent(agreeable(), { needs: { ...PLAIN_NEEDS, binary: true }, open: async () => null }, /refused 554 5\.6\.3/))
  test('what needs UTF-8 is refused', () =>
    silent(
      agreeable(),
      { ...contentOf(MESSAGE), needs: { ...PLAIN_NEEDS, eightBitHeader: true } },
      /refused 554 5\.6\.9/,
    ))

  test('who cannot be named is refused, and the others are not', async () => {
    const { session } = await withServer(agreeable())
    const { verdicts } = await session.deliver(mail(undefined, 'ü@d.example', 'c@d.example'))
    expect(verdicts.map(({ recipient, kind }) => [recipient, kind])).toEqual([
      ['ü@d.example', 'refused'],
      ['c@d.example', 'accepted'],
    ])
  })
})

describe('opening', () => {
  const trouble = (serve: (far: Duplex) => void, settings: Partial<RouteSettings> = {}): Promise<HostTrouble> =>
    openSession(dial(serve), options(settings)).then(
      () => Promise.reject(new Error('it was opened')),
      (error: HostTrouble) => error,
    )

  test('fails with what the server says', async () => {
    const refusal = await trouble((far) => new SmtpServer(far, agreeable(), { greeting: '554 5.7.1 no' }))
    expect(refusal).toMatchObject({ name: 'HostTrouble', reply: '554 5.7.1 no', permanent: true })
    expect(refusal.transcript).toBe(`(connected to ${HOST})\nS: 554 5.7.1 no\nC: QUIT\n`)
  })

  test.each([
    ['its greeting', clientLimits.greetingTimeout, null],
    ['its answer to EHLO', clientLimits.ehloTimeout, '220 mx'],
  ])('waits so long for %s', async (words, limit, greeting) => {
    const failed = trouble((far) => new SmtpServer(far, () => null, { greeting }))
    await settled()
    await clock.advance(limit)
    expect(await failed).toMatchObject({ reply: `450 4.4.2 Timed out waiting for ${words}: ${HOST}`, permanent: false })
  })

  const said: [string, Answers, Partial<RouteSettings>][] = [
    ['has no TLS', agreeable(), { tls: 'require' }],
    ['wants no EHLO', (line) => (line === 'QUIT' ? '221 bye' : '550 5.7.1 no'), {}],
    [
      'takes no password',
      (line) => (line.startsWith('AUTH') ? '535 5.7.8 no' : agreeable('mx|AUTH CRAM-MD5')(line)),
      USER,
    ],
  ]
  test.each(said)('RFC 5321 §4.1.1.10: a server that %s hears QUIT', async (_, answers, settings) => {
    const servers: SmtpServer[] = []
    await trouble((far) => servers.push(new SmtpServer(far, answers)), settings)
    await settled()
    expect(servers[0]?.lines.at(-1)).toBe('QUIT')
  })

  test('one that goes by itself does not', async () => {
    const servers: SmtpServer[] = []
    await trouble((far) => servers.push(new SmtpServer(far, () => '421 4.3.2 bye')))
    await settled()
    expect(servers[0]?.lines).toEqual(['EHLO us.example'])
  })

  test('a password that a server repeats goes no further', async () => {
    const echo: Answers = (line) => (line.startsWith('EHLO') ? '250-mx|250 AUTH PLAIN LOGIN' : `501 5.5.2 ${line}?`)
    const connect = dial((far) => new SmtpServer(far, echo))
    const loopback = async (): Promise<Connection> => {
      const connection = await connect()
      return Object.defineProperty(connection, 'remote', { value: { address: '127.0.0.1', port: 25 } })
    }
    const failed: HostTrouble = await openSession(loopback, options(USER)).catch((error) => error)
    expect(failed.transcript).toContain('S: 501 5.5.2 AUTH PLAIN ***?\n')
    const secret = Buffer.from('\0u\0pw').toString('base64')
    expect(failed.reply + failed.transcript).not.toContain(secret)
  })

  test('a fault of ours leaves no connection behind', async () => {
    const connect = dial((far) => new SmtpServer(far, agreeable()))
    const faulty = async (): Promise<Connection> => {
      const connection = await connect()
      const server = (): never => {
        throw new Error('no log')
      }
      return Object.defineProperty(connection, 'trace', { value: { server } })
    }
    await expect(openSession(faulty, options())).rejects.toThrow('no log')
    await connections[0]?.closed
  })

  test('names an address literal once', async () => {
    const connect = dial((far) => new SmtpServer(far, agreeable()))
    const session = await openSession(connect, { ...options(), host: { name: '[192.0.2.1]' } })
    expect(session.host).toBe('[192.0.2.1]')
  })

  test('passes on what connecting fails with', async () => {
    await expect(openSession(() => Promise.reject(new Error('no route')), options())).rejects.toThrow('no route')
  })
})

describe('STARTTLS', () => {
  let tls: { secureContext: ReturnType<typeof createSecureContext> }
  let cert: string
  beforeAll(async () => {
    const altNames = [{ type: 2 as const, value: 'mx.example' }]
    const extensions = [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames },
    ] as never
    const pair = await generate([{ name: 'commonName', value: 'mx.example' }], { keyType: 'ec', extensions })
    cert = pair.cert
    tls = { secureContext: createSecureContext({ key: pair.private, cert }) }
  })
  const TLS = agreeable('mx.example|STARTTLS')

  /** Speaks in clear up to its answer to STARTTLS, which is `reply`, and then in TLS. */
  const serve = (reply: string, then: (far: Duplex) => void) => (far: Duplex, nth: number) => {
    const answers: Answers = (line) => {
      if (line !== 'STARTTLS') return TLS(line)
      far.removeAllListeners('data').pause()
      far.write(`${reply}\r\n`)
      then(far)
      return null
    }
    new SmtpServer(far, nth === 0 ? answers : agreeable())
  }
  const secured = (far: Duplex, how = tls): void => {
    const connection = new Connection(far, { clock, ...ends })
    connections.push(connection)
    const speak = async (): Promise<void> => {
      await connection.startTls(how)
      const answers = agreeable()
      for (let chunk = await connection.read(); chunk !== null; chunk = await connection.read())
        connection.out.text(`${answers(chunk.toString().trim())?.replaceAll('|', '\r\n')}\r\n`)
    }
    speak().catch(() => {})
  }
  const trust = () => createSecureContext({ ca: cert })

  test.each(['try', 'require', 'verify'] as const)('%s: goes on behind it', async (policy) => {
    const session = await openSession(dial(serve('220 go', secured)), { ...options({ tls: policy }), trust: trust() })
    expect(session.tls).toBe('TLSv1.3')
    expect(session.transcript()).toMatch(/C: STARTTLS\nS: 220 go\n\(TLSv1\.3 with TLS_\w+\)\nC: EHLO us\.example\n/)
  })

  test('verify: with a certificate of another name, or of somebody who is not trusted, there is no session', async () => {
    const failed = (more: Partial<SessionOptions>) =>
      expect(
        openSession(dial(serve('220 go', secured)), { ...options({ tls: 'verify' }), ...more }),
      ).rejects.toMatchObject({
        ...{ name: 'HostTrouble', permanent: false, reply: expect.stringMatching(/^450 4\.7\.5 TLS with/) },
      })
    await failed({ trust: trust(), host: { name: 'other.example' } })
    await failed({})
  })

  test('verify: of a certificate with many names not all are told', async () => {
    const altNames = Array.from({ length: 200 }, (_, i) => ({
      type: 2 as const,
      value: `${'y'.repeat(60)}.n${i}.example`,
    }))
    const extensions = [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames },
    ] as never
    const pair = await generate([{ name: 'commonName', value: 'y.example' }], { keyType: 'ec', extensions })
    const theirs = { secureContext: createSecureContext({ key: pair.private, cert: pair.cert }) }
    const failed: HostTrouble = await openSession(dial(serve('220 go', (far) => secured(far, theirs))), {
      ...options({ tls: 'verify' }),
      trust: createSecureContext({ ca: pair.cert }),
    }).catch((error) => error)
    expect(failed.reply).toMatch(/^450 4\.7\.5 TLS with mx\.example \[192\.0\.2\.1\] failed: .*altnames.*…$/)
    expect(failed.reply.length).toBeLessThan(2 * clientLimits.replyText)
  })

  const broken = (far: Duplex): void => void far.end('no TLS here\r\n')

  test('try: a failed handshake makes one session in clear, and is told', async () => {
    let connected = 0
    const session = await openSession(
      dial((far, nth) => {
        connected++
        serve('220 go', (end) => void setImmediate(broken, end))(far, nth)
      }),
      options({ tls: 'try' }),
    )
    expect([session.tls, connected]).toEqual([null, 2])
    expect(session.transcript()).toMatch(/\(TLS failed: .*\)\n\(connecting again, without TLS\)\n\(connected to/)
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { host: HOST, error: expect.any(String) } }])
    expect((await session.deliver(mail())).verdicts).toMatchObject([{ kind: 'accepted' }])
  })

  test('require: a failed handshake makes none', async () => {
    const failed = openSession(
      dial(serve('220 go', (end) => void setImmediate(broken, end))),
      options({ tls: 'require' }),
    )
    await expect(failed).rejects.toMatchObject({ name: 'HostTrouble', reply: expect.stringMatching(/^450 4\.7\.5/) })
  })

  test.each([
    ['try', '220 go\r\n250 injected', () => {}],
    ['require', '220 go\r\n250 injected', () => {}],
    ['require', '220 go', (far: Duplex) => void far.write('250 injected\r\n')],
  ] as const)('%s: what is sent in clear behind the answer ends it: %j', async (policy, reply, then) => {
    const failed = openSession(dial(serve(reply, then)), options({ tls: policy }))
    await expect(failed).rejects.toMatchObject({ reply: expect.stringMatching(/^450 4\.5\.0 .*in clear behind/) })
  })

  test('implicit: from the first octet', async () => {
    const session: OutboundSession = await openSession(
      dial((far) => {
        const connection = new Connection(far, { clock, ...ends })
        connections.push(connection)
        void connection
          .startTls(tls)
          .then(async () => {
            connection.out.text('220 mx\r\n')
            await connection.read()
            connection.out.text('250 mx\r\n')
            await connection.read()
          })
          .catch(() => {})
      }),
      { ...options({ tls: 'implicit' }), trust: trust() },
    )
    expect(session.tls).toBe('TLSv1.3')
  })
})
