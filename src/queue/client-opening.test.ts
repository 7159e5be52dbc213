import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { replyEvent } from '../../test/smtp-replies.js'
import { clientLimits } from '../core/limits.js'
import { ClientOpening, type OpeningPlan } from './client-opening.js'
import type { ClientEvent, Effect, Failure } from './client-steps.js'

const PLAN: OpeningPlan = {
  ...{ hostname: 'us.example', host: 'mx [192.0.2.1]', tls: 'try', credentials: null, loopback: false },
  random: (n) => Buffer.alloc(n, 7),
}
const USER = { credentials: { user: 'u', password: 'pw' } }

const LOST: Failure = { kind: 'lost', why: null }
const TIMEOUT: Failure = { kind: 'timeout' }
const GARBAGE: Failure = { kind: 'garbage', why: 'what it said is no SMTP reply' }
const SECURED: ClientEvent = { kind: 'secured' }
const NOT_SECURED: ClientEvent = { kind: 'not-secured', why: 'alert' }

const shown = (effect: Effect): string =>
  effect.kind === 'write'
    ? effect.line
    : effect.kind === 'await'
      ? `(${effect.phase})`
      : effect.kind === 'secure'
        ? `TLS${effect.verify ? ' verified' : ''}`
        : effect.kind

function play(plan: Partial<OpeningPlan>, ...said: (string | ClientEvent)[]) {
  const machine = new ClientOpening({ ...PLAN, ...plan })
  const effects = [...machine.start()]
  for (const one of said) {
    if (machine.end !== null) throw new Error(`it was over before ${JSON.stringify(one)}`)
    effects.push(...machine.on(typeof one === 'string' ? replyEvent(one) : one))
  }
  return { log: effects.map(shown).join(' '), end: machine.end, effects }
}

const trouble = (reply: unknown, permanent = false) => ({ kind: 'trouble', reply, permanent })
const EHLO = '250-mx|250-PIPELINING|250-STARTTLS|250 SIZE 5'

describe('greeting', () => {
  test('and EHLO', () => {
    const { log, end } = play({}, '220-mx|220 hello', '250-mx|250 DSN')
    expect(log).toBe('(greeting) EHLO us.example (ehlo)')
    expect(end).toMatchObject({ kind: 'ready', capabilities: { dsn: true, pipelining: false } })
  })

  test.each([
    ['554 5.7.1 no', true],
    ['521 no', true],
    ['450 busy', false],
    ['421 4.3.2 full', false],
  ])('%s', (reply, permanent) => {
    expect(play({}, reply).end).toEqual(trouble(reply, permanent))
  })

  test('and HELO, for who knows no EHLO', () => {
    for (const no of ['500 what', '502 what', '550 what']) {
      const { log, end } = play({}, '220', no, '250 mx')
      expect(log).toBe('(greeting) EHLO us.example (ehlo) HELO us.example (ehlo)')
      expect(end).toMatchObject({ kind: 'ready', capabilities: { size: null, pipelining: false } })
    }
  })

  test.each([
    [['450 4.7.1 later'], '450 4.7.1 later', false],
    [['500 what', '550 5.7.1 not you'], '550 5.7.1 not you', true],
    [['500 what', '450 later'], '450 later', false],
    [['421 bye'], '421 bye', false],
  ])('and EHLO: %j', (said, reply, permanent) => {
    expect(play({}, '220', ...said).end).toEqual(trouble(reply, permanent))
  })
})

describe('TLS', () => {
  const encrypted = '(greeting) EHLO us.example (ehlo) STARTTLS (startTls) TLS'

  test.each([
    ['try', ''],
    ['require', ''],
    ['verify', ' verified'],
  ] as const)('%s: EHLO again behind it', (tls, verified) => {
    const { log, end } = play({ tls }, '220', EHLO, '220 go', SECURED, '250-mx|250 CHUNKING')
    expect(log).toBe(`${encrypted}${verified} EHLO us.example (ehlo)`)
    // RFC 3207 §4.2: what was said before counts for nothing.
    expect(end).toMatchObject({ kind: 'ready', capabilities: { chunking: true, pipelining: false, size: null } })
  })

  test('none: it is not asked for', () => {
    expect(play({ tls: 'none' }, '220', EHLO)).toMatchObject({
      log: '(greeting) EHLO us.example (ehlo)',
      end: { kind: 'ready' },
    })
  })

  test('implicit: before the greeting, and not again', () => {
    const { log, end } = play({ tls: 'implicit' }, SECURED, '220', EHLO)
    expect(log).toBe('TLS verified (greeting) EHLO us.example (ehlo)')
    expect(end).toMatchObject({ kind: 'ready' })
  })

  test('try: goes on without where it is not offered or refused, and asks for another connection where it fails', () => {
    expect(play({}, '220', '250 mx').end).toMatchObject({ kind: 'ready' })
    expect(play({}, '220', EHLO, '454 4.7.0 no').end).toMatchObject({
      kind: 'ready',
      capabilities: { pipelining: true },
    })
    expect(play({}, '220', EHLO, '220 go', NOT_SECURED).end).toEqual({ kind: 'in-clear', why: 'alert' })
  })

  test.each(['require', 'verify'] as const)('%s: does not', (tls) => {
    const no = (...said: (string | ClientEvent)[]) => play({ tls }, '220', ...said).end
    expect(no('250 mx')).toEqual(trouble('450 4.7.4 mx [192.0.2.1] offers no STARTTLS, which the route asks for'))
    expect(no('500 what', '250 mx')).toEqual(trouble(expect.stringMatching(/^450 4\.7\.4/)))
    expect(no(EHLO, '454 4.7.0 no')).toEqual(trouble(expect.stringMatching(/^450 4\.7\.4 .*: 454 4\.7\.0 no$/)))
    expect(no(EHLO, '220 go', NOT_SECURED)).toEqual(trouble('450 4.7.5 TLS with mx [192.0.2.1] failed: alert'))
    expect(play({ tls: 'implicit' }, NOT_SECURED).end).toEqual(trouble(expect.stringMatching(/^450 4\.7\.5/)))
  })

  test('something in clear behind its answer is no server to go on with', () => {
    expect(play({}, '220', EHLO, '220 go', GARBAGE).end).toEqual(trouble(expect.stringMatching(/^450 4\.5\.0/)))
  })
})

describe('AUTH', () => {
  const offers = (mechanisms: string): string => `250-mx|250 AUTH ${mechanisms}`
  const auth = (plan: Partial<OpeningPlan>, ...said: (string | ClientEvent)[]) => {
    const { log, end, effects } = play({ tls: 'implicit', ...USER, ...plan }, SECURED, '220', ...said)
    return { log: log.replace(/^.*?EHLO us.example \(ehlo\) ?/, ''), end, effects }
  }
  const b64 = (text: string): string => Buffer.from(text).toString('base64')

  test('PLAIN, in one go, shown to nobody', () => {
    const { log, end, effects } = auth({}, offers('PLAIN LOGIN'), '235 2.7.0 welcome')
    expect(log).toBe(`AUTH PLAIN ${b64('\0u\0pw')} (auth)`)
    expect(end).toMatchObject({ kind: 'ready', capabilities: { mechanisms: ['PLAIN', 'LOGIN'] } })
    expect(effects.flatMap((effect) => (effect.kind === 'write' ? effect.shown : []))).toContain('AUTH PLAIN ***')
  })

  test('PLAIN with a password too long for a command line', () => {
    const password = 'x'.repeat(clientLimits.authCommand)
    const { log, end } = auth({ credentials: { user: 'u', password } }, offers('PLAIN'), '334 ', '235')
    expect(log).toBe(`AUTH PLAIN (auth) ${b64(`\0u\0${password}`)} (auth)`)
    expect(end).toMatchObject({ kind: 'ready' })
  })

  test('LOGIN', () => {
    const { log, effects } = auth({}, offers('LOGIN'), `334 ${b64('Username:')}`, `334 ${b64('Password:')}`, '235')
    expect(log).toBe(`AUTH LOGIN (auth) ${b64('u')} (auth) ${b64('pw')} (auth)`)
    expect(effects.filter((effect) => effect.kind === 'write' && effect.shown === '***')).toHaveLength(2)
  })

  test('SCRAM-SHA-256 needs a server that shows that it knows the password', () => {
    const nonce = b64('\x07'.repeat(18))
    const first = `334 ${b64(`r=${nonce}x,s=AAAA,i=4096`)}`
    const derived: ClientEvent = { kind: 'derived', key: Buffer.alloc(32) }
    const begun = [offers('SCRAM-SHA-256'), first, derived]
    expect(auth({}, ...begun).log).toMatch(/^AUTH SCRAM-SHA-256 \S+ \(auth\) derive \S+ \(auth\)$/)
    expect(auth({}, ...begun, '235').end).toEqual(
      trouble('450 4.7.0 mx [192.0.2.1] did not show that it knows the password'),
    )
    expect(auth({}, offers('SCRAM-SHA-256'), '235').end).toMatchObject({ kind: 'trouble' })
    expect(auth({}, ...begun, `334 ${b64('v=AAAA')}`, '501').end).toEqual(
      trouble('450 4.7.0 AUTH with mx [192.0.2.1] failed: it could not show that it knows the password'),
    )
  })

  test('in clear no password is shown, unless nobody can listen', () => {
    const clear = { tls: 'none', ...USER } as const
    expect(play(clear, '220', offers('PLAIN LOGIN')).end).toEqual(
      trouble('450 4.7.4 mx [192.0.2.1] offers no AUTH that can be used without TLS'),
    )
    expect(play(clear, '220', offers('PLAIN CRAM-MD5')).log).toMatch(/AUTH CRAM-MD5 \(auth\)$/)
    expect(play({ ...clear, loopback: true }, '220', offers('PLAIN')).log).toMatch(/AUTH PLAIN \S+ \(auth\)$/)
  })

  test.each(['try', 'require'] as const)('%s: whoever answers is shown no password, but on loopback', (tls) => {
    const said = ['220', EHLO, '220 go', SECURED, offers('PLAIN LOGIN')] as const
    expect(play({ tls, ...USER }, ...said).end).toEqual(
      trouble('450 4.7.4 mx [192.0.2.1] offers no AUTH that can be used while its certificate is not verified'),
    )
    expect(play({ tls, ...USER, loopback: true }, ...said).log).toMatch(/AUTH PLAIN \S+ \(auth\)$/)
  })

  test.each(['', 'GSSAPI'])('offered as %j is none', (mechanisms) => {
    expect(auth({}, offers(mechanisms)).end).toEqual(trouble(expect.stringMatching(/^450 4\.7\.4 .* no AUTH/)))
  })

  test('a password that is wrong as it is written is wrong; else there may be no secret for the mechanism', () => {
    const all = offers('LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256')
    expect(auth({}, all, '535 5.7.8 no').log).toMatch(/^AUTH SCRAM-SHA-256 \S+ \(auth\) AUTH PLAIN \S+ \(auth\)$/)
    expect(auth({}, all, '535 5.7.8 no', '235').end).toMatchObject({ kind: 'ready' })
    expect(auth({}, all, '535 5.7.8 no', '535 5.7.8 no').end).toEqual(trouble('535 5.7.8 no'))
    expect(auth({}, offers('CRAM-MD5 SCRAM-SHA-256'), '535 5.7.8 no').end).toEqual(trouble('535 5.7.8 no'))
    expect(play({ tls: 'none', ...USER }, '220', all, '535 5.7.8 no').end).toEqual(trouble('535 5.7.8 no'))
  })

  test('another refusal is of one mechanism, or for now', () => {
    expect(auth({}, offers('PLAIN CRAM-MD5'), '454 4.7.0 busy').end).toEqual(trouble('454 4.7.0 busy'))
    const { log, end } = auth({}, offers('PLAIN CRAM-MD5'), '504 5.5.4 no', '534 5.7.9 no')
    expect(log).toMatch(/^AUTH CRAM-MD5 \(auth\) AUTH PLAIN \S+ \(auth\)$/)
    expect(end).toEqual(trouble('534 5.7.9 no'))
  })

  test('a challenge that is none is given up', () => {
    const { log, end } = auth({}, offers('CRAM-MD5'), '334 !', '501 5.0.0 cancelled')
    expect(log).toBe('AUTH CRAM-MD5 (auth) * (auth)')
    expect(end).toEqual(trouble('450 4.7.0 AUTH with mx [192.0.2.1] failed: its challenge is no base64'))
  })

  test('is not asked for without a user', () => {
    expect(auth({ credentials: null }, offers('PLAIN'))).toMatchObject({ log: '', end: { kind: 'ready' } })
  })
})

const stages: [string, (string | ClientEvent)[], Partial<OpeningPlan>][] = [
  ['its greeting', [], {}],
  ['its answer to EHLO', ['220'], {}],
  ['its answer to EHLO', ['220', '500'], {}],
  ['its answer to STARTTLS', ['220', EHLO], {}],
  ['its answer to EHLO', ['220', EHLO, '220', SECURED], {}],
  ['its answer to AUTH', ['220', '250-mx|250 AUTH CRAM-MD5'], USER],
]
test.each(stages)('a server that goes, waiting for %s behind %j', (words, said, plan) => {
  const host = 'mx [192.0.2.1]'
  expect(play(plan, ...said, LOST).end).toEqual(trouble(`450 4.4.2 Connection lost waiting for ${words}: ${host}`))
  expect(play(plan, ...said, { kind: 'lost', why: 'read ECONNRESET' }).end).toEqual(
    trouble(`450 4.4.2 Connection lost waiting for ${words}: ${host}: read ECONNRESET`),
  )
  expect(play(plan, ...said, TIMEOUT).end).toEqual(trouble(`450 4.4.2 Timed out waiting for ${words}: ${host}`))
  expect(play(plan, ...said, GARBAGE).end).toEqual(trouble(expect.stringMatching(/^450 4\.5\.0 .* was not understood/)))
  expect(play(plan, ...said, '421 4.3.2 bye').end).toEqual(trouble('421 4.3.2 bye'))
  const meaningless = words.endsWith('AUTH') ? [] : ['354 go']
  for (const reply of meaningless)
    expect(play(plan, ...said, reply).end).toEqual(trouble(expect.stringMatching(/^450 4\.5\.0/)))
})

const anything = fc.oneof(
  fc
    .constantFrom('220', EHLO, '250-mx|250 AUTH PLAIN', '334 ', '334 eA==', '235', '421', '450', '500', '535')
    .map(replyEvent),
  fc.constantFrom<ClientEvent>(LOST, TIMEOUT, GARBAGE, SECURED, NOT_SECURED, {
    kind: 'derived',
    key: Buffer.alloc(32),
  }),
)

test('whatever is said, no password goes out in clear, and it ends', () => {
  fc.assert(
    fc.property(
      fc.array(anything, { maxLength: 15 }),
      fc.constantFrom('none', 'try', 'require', 'implicit'),
      (said, tls) => {
        const machine = new ClientOpening({ ...PLAN, ...USER, tls: tls as OpeningPlan['tls'] })
        let secured = false
        let effects = machine.start()
        for (const event of [...said, LOST]) {
          effects = machine.on(event)
          secured ||= event.kind === 'secured'
          if (!secured) expect(effects.map(shown).join(' ')).not.toMatch(/AUTH (PLAIN|LOGIN)/)
        }
        expect(machine.end).not.toBe(null)
      },
    ),
  )
})
