import { createServer, type Server } from 'node:net'
import { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeClock } from '../src/core/clock.js'
import { seeded, whole } from './cuts.js'
import { InProcess } from './in-process.js'
import { Network } from './network.js'
import type { Outcome } from './outcome.js'
import { play } from './runner.js'
import { parseTranscript } from './transcript.js'
import type { Place, World } from './world.js'

let place: InProcess
beforeAll(async () => {
  place = await InProcess.create()
})
afterAll(() => place.close())

const run = (body: string, header = '', cut = whole): Promise<Outcome> =>
  play(parseTranscript('a.txt', `rfc: RFC 3501 §1\n${header}\n\n${body}\n`, 'imap'), place, {
    cut,
    judge: 'exact',
    limit: null,
  })

async function failure(body: string, header?: string): Promise<string> {
  const outcome = await run(body, header)
  return outcome.kind === 'failed' ? outcome.failure.message : outcome.kind
}

describe('a transcript is strict', () => {
  test.each([
    [
      'a response that is another',
      'C: a NOOP\nS: a BAD {{*}}',
      /^a\.txt:5: another response came\n {2}expected a BAD \{\{\*\}\}\n {2}came {5}a OK NOOP completed$/m,
    ],
    [
      'a response that does not come',
      'C: a NOOP\nS: a OK {{*}}\nS: * BYE',
      /^a\.txt:6: nothing came\n {2}expected \* BYE$/m,
    ],
    [
      'a response that is not written, at the end',
      'C: a NOOP',
      /^a\.txt:4: connection 1 was sent more than is written\n {2}came {5}a OK NOOP completed/m,
    ],
    [
      'a response that is not written, before a command',
      'C: a CAPABILITY\nS: * CAPABILITY {{*}}\nC: b NOOP',
      /^a\.txt:6: connection 1 was sent more/m,
    ],
    [
      'an end that does not come',
      'C: a NOOP\nS: a OK {{*}}\nS: <closed>',
      /^a\.txt:6: the connection is open\n {2}expected <closed>$/m,
    ],
    [
      'an end that is not written',
      'C: a LOGOUT\nS: * BYE {{*}}\nS: a OK {{*}}\nS: b OK',
      /^a\.txt:7: the server has closed the connection\n {2}expected b OK$/m,
    ],
    [
      'one of a group',
      'C: a CAPABILITY\nS~: * CAPABILITY {{*}}\nS~: b OK\nS: a OK',
      /^a\.txt:5: another response came\n {2}expected b OK\n {2}came {5}a OK/m,
    ],
    ['a relation', 'C: a NOOP\nS: {{tag}} OK {{*}}\nV: tag = 1', /^a\.txt:6: tag = 1 does not hold$/m],
    ['a capture that is not there', 'C: a {{nothing}}', /^a\.txt:4: \{\{nothing\}\} has not been captured$/m],
    [
      'a literal that is another',
      'C: a STATUS {#}\nS: + {{*}}\nC\\| INBOX\nC:  (MESSAGES)\nS: * STATUS {#}\nS\\| INBOX\nS:  (MESSAGES 0)',
      /came {5}a BAD/m,
    ],
    ['an act that is none', 'X: explode', /^a\.txt:4: "X: explode" is nothing that the world can do$/m],
    ['a connection that is none', 'C2: a NOOP', /^a\.txt:4: there is no connection 2$/m],
  ])('%s', async (_what, body, message) => {
    expect(await failure(body)).toMatch(message)
  })

  test('a failure shows the dialogue and how it was cut', async () => {
    const outcome = await run('C: a NOOP\nS: a OK {{*}}\nC: b NOOP\nS: b NO', '', seeded(42))
    expect(outcome.kind === 'failed' && outcome.failure.message).toBe(
      [
        'a.txt:7: another response came',
        '  expected b NO',
        '  came     b OK NOOP completed',
        '  cut at random places (seed 42); the dialogue up to there:',
        '    C: a NOOP',
        '    S: a OK NOOP completed',
        '    C: b NOOP',
      ].join('\n'),
    )
  })

  test('what a state needs and the server refuses is told before the first line', async () => {
    expect(await failure('C: a NOOP', 'users: alice\ndisabled: alice\nstate: auth')).toMatch(
      'alice@posthorn.test cannot log in: NO',
    )
  })

  test('a need that is not offered skips it', async () => {
    expect(await run('C: a NOOP\nS: a OK {{*}}', 'state: auth\nneeds: X-NOTHING')).toEqual({
      kind: 'skipped',
      reason: 'the server does not offer X-NOTHING',
      dialogue: [],
    })
  })
})

describe('the time of a transcript is limited', () => {
  /** Nobody answers: in all things, or only when something is awaited. */
  const mute = (hangs: 'open' | 'arrival' | 'close'): Place => {
    const never = new Promise<never>(() => {})
    const world: World = {
      given: new Map(),
      credentials: () => ({ username: 'a', password: 'b' }),
      connect: async () => new Duplex({ read() {}, write: (_octets, _encoding, done) => done() }),
      pause: async () => {},
      arrival: () => never,
      silence: async () => {},
      advance: async () => {},
      act: async () => {},
      close: () => (hangs === 'close' ? never : Promise.resolve([])),
    }
    return { name: 'mute', cannot: () => null, open: async () => (hangs === 'open' ? never : world) }
  }

  test.each([
    ['open', 1, /^a\.txt:1: it is not done after 30 s and hangs here, before the first line$/m],
    ['arrival', 5, /^a\.txt:5: it is not done after 30 s and hangs here$/m],
    ['close', 5, /^a\.txt:5: it is not done after 30 s/m],
  ] as const)('%s', async (hangs, line, message) => {
    const clock = new FakeClock()
    const transcript = parseTranscript('a.txt', 'rfc: RFC 3501 §1\nstate: greeting\n\nC: a NOOP\nS: a OK\n', 'imap')
    const playing = play(transcript, mute(hangs), { cut: whole, judge: 'exact', limit: 30_000, clock })
    for (let i = 0; i < 4; i++) {
      await new Promise((turn) => setImmediate(turn))
      await clock.advance(15_000)
    }
    const outcome = await playing
    expect(outcome.kind === 'failed' && outcome.failure.line).toBe(line)
    expect(outcome.kind === 'failed' && outcome.failure.message).toMatch(message)
    expect(clock.pending).toBe(0)
  })
})

describe('over a network', () => {
  let server: Server
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.write('* OK hello\r\n')
      socket.on('data', (octets) => socket.write(`${String(octets).split(' ')[0]} OK done\r\n`))
      socket.on('error', () => {})
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  })
  afterAll(() => new Promise((closed) => server.close(closed)))

  const remote = (body: string, header = ''): Promise<Outcome> => {
    const address = server.address()
    const imap = typeof address === 'object' && address !== null ? address.port : 0
    const users = [{ username: 'a', password: 'b' }]
    const network = new Network({ host: '127.0.0.1', ports: { imap }, users, domain: 'example.org', hostname: 'h' })
    return play(parseTranscript('a.txt', `rfc: RFC 3501 §1\n${header}\n\n${body}\n`, 'imap'), network, {
      cut: whole,
      judge: 'exact',
      limit: null,
    })
  }

  test('a dialogue is played', async () => {
    expect(await remote('C: a NOOP\nS: a OK {{*}}\nC: b NOOP\nS: b OK done')).toMatchObject({ kind: 'passed' })
    expect(await remote('C: a NOOP\nS: a NO')).toMatchObject({ kind: 'failed' })
  })

  test.each([
    ['T: +1m', '', 'moves the clock (T:)'],
    ['X: crash', '', 'needs power over the server (X: crash)'],
    ['C: a', 'users: alice bob', 'no account is given for bob'],
    ['C: a', 'service: imaps', 'no port is given for imaps'],
    ['C: a', 'limits: imap.nesting=3', 'needs limits of its own'],
    ['C: a', 'disabled: alice', 'needs a disabled user'],
    ['C: a', 'aliases: sales>alice', 'needs aliases or domains of its own'],
    ['C: a', 'domain-rules: separator=-', 'needs aliases or domains of its own'],
  ])('%s with %j is skipped', async (body, header, reason) => {
    expect(await remote(body, header)).toEqual({ kind: 'skipped', reason, dialogue: [] })
  })
})
