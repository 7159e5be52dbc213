import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Resolution } from '../accounts/contracts.js'
import type { AccountId, MailboxId } from '../core/ids.js'
import { smtpLimits } from '../core/limits.js'
import type { SmtpService } from './context.js'
import type { RcptParameters } from './extensions.js'
import type { Mailbox } from './parse.js'
import { replies } from './reply.js'
import type { Addressing, Answer, Policy, State, Step } from './state.js'
import { initialState, resume, step } from './transaction.js'
import { type Command, type Verb, verbs } from './verbs.js'

const policyOf = (service: SmtpService, limits = {}): Policy => ({
  service,
  hostname: 'mx.posthorn.test',
  startTls: true,
  mechanisms: () => ['PLAIN', 'LOGIN'],
  limits: { ...smtpLimits, ...limits },
})
const OPEN = policyOf('smtp')
const box = (localPart: string): Mailbox => ({ localPart, domain: 'x', address: `${localPart}@x` })
const TO = { mailbox: box('to'), parameters: {} }
const local = (n: number): Resolution => ({
  kind: 'local',
  account: n as AccountId,
  mailbox: n as MailboxId,
  address: `user${n}@x`,
})

const commandFor: { readonly [V in Verb]: Command } = {
  EHLO: { verb: 'EHLO', name: 'client' },
  HELO: { verb: 'HELO', name: 'client' },
  MAIL: { verb: 'MAIL', from: box('from'), parameters: {} },
  RCPT: { verb: 'RCPT', to: box('to'), parameters: {} },
  DATA: { verb: 'DATA' },
  BDAT: { verb: 'BDAT', size: 1, last: false },
  RSET: { verb: 'RSET' },
  NOOP: { verb: 'NOOP' },
  QUIT: { verb: 'QUIT' },
  VRFY: { verb: 'VRFY' },
  EXPN: { verb: 'EXPN' },
  HELP: { verb: 'HELP', topic: '' },
  LHLO: { verb: 'LHLO', name: 'client' },
  STARTTLS: { verb: 'STARTTLS' },
  AUTH: { verb: 'AUTH', mechanism: 'PLAIN', initial: null },
}
const connected = initialState(true)
const greeted = step(connected, commandFor.EHLO, OPEN).state
const begun = step(greeted, commandFor.MAIL, OPEN).state
const addressed = resume(begun, { answer: 'resolved', recipient: TO, resolution: local(1) }, OPEN).state
const chunking = step(addressed, commandFor.BDAT, OPEN).state

/** What a step says, or what it does before it can say something. */
const outcome = ({ reply, task }: Step): string => (reply === null ? (task?.kind ?? 'nothing') : String(reply.code))

describe('verb × state (RFC 5321 §4.1.4)', () => {
  test.each<[Verb, string, string, string, string, string]>([
    // connected, greeted, after MAIL, after RCPT, after BDAT
    ['EHLO', '250', '250', '250', '250', '250'],
    ['LHLO', '500', '500', '500', '500', '500'],
    ['HELO', '250', '250', '250', '250', '250'],
    ['MAIL', '503', '250', '503', '503', '503'],
    ['RCPT', '503', '503', 'resolve', 'resolve', '503'],
    ['DATA', '503', '503', '503', 'receive-data', '503'],
    ['BDAT', 'skip-chunk', 'skip-chunk', 'skip-chunk', 'receive-chunk', 'receive-chunk'],
    ['RSET', '250', '250', '250', '250', '250'],
    ['NOOP', '250', '250', '250', '250', '250'],
    ['VRFY', '252', '252', '252', '252', '252'],
    ['EXPN', '502', '502', '502', '502', '502'],
    ['HELP', '214', '214', '214', '214', '214'],
    ['QUIT', '221', '221', '221', '221', '221'],
    ['STARTTLS', '503', '503', '503', '503', '503'], // TLS is active here
    ['AUTH', '503', 'authenticate', '503', '503', '503'],
  ])('%s', (verb, ...expected) => {
    const states = [connected, greeted, begun, addressed, chunking]
    expect(states.map((state) => outcome(step(state, commandFor[verb], OPEN)))).toEqual(expected)
  })

  test.each(['NOOP', 'VRFY', 'EXPN', 'HELP'] as const)('%s leaves the transaction as it is', (verb) => {
    const { state } = step(addressed, commandFor[verb], OPEN)
    expect({ ...state, errors: 0, idle: 1 }).toEqual(addressed)
  })

  test.each(['RSET', 'EHLO'] as const)('%s ends the transaction and nothing else', (verb) => {
    expect(step(addressed, commandFor[verb], OPEN).state).toEqual({ ...greeted, mails: 1, idle: 2 })
  })

  test('a chunk that was refused costs the message, and those on their way behind it cost nothing more', () => {
    let { state } = resume(chunking, { answer: 'chunk', reply: replies.tooBig, accepted: false }, OPEN)
    expect(state.errors).toBe(1)
    for (let i = 0; i < 30; i++) {
      const next = step(state, commandFor.BDAT, OPEN)
      expect(next.task).toEqual({ kind: 'skip-chunk', size: 1, last: false, reply: replies.tooBig })
      state = resume(next.state, { answer: 'skipped', reply: replies.tooBig, last: i === 29 }, OPEN).state
    }
    expect(state).toEqual({ ...greeted, errors: 1, mails: 1 })
  })

  test('a chunk before the first recipient costs the message: what follows is not delivered without it', () => {
    const refused = step(begun, commandFor.BDAT, OPEN)
    expect(refused.task).toEqual({ kind: 'skip-chunk', size: 1, last: false, reply: replies.needRecipient })
    const { state } = resume(refused.state, { answer: 'skipped', reply: replies.needRecipient, last: false }, OPEN)
    expect(state).toMatchObject({ at: 'chunking', refusal: replies.needRecipient, errors: 1 })
    expect(step(state, commandFor.RCPT, OPEN).reply).toBe(replies.chunksBegun)
    expect(step(state, commandFor.BDAT, OPEN).task).toMatchObject({ kind: 'skip-chunk', reply: replies.needRecipient })
    const last: Answer = { answer: 'skipped', reply: replies.needRecipient, last: true }
    expect(resume(state, last, OPEN)).toMatchObject({ state: { at: 'greeted' }, reply: replies.needRecipient })
    expect(resume(state, last, policyOf('lmtp')).reply).toBe(replies.needRecipient)
  })

  test('BINARYMIME goes with BDAT alone (RFC 3030 §3)', () => {
    const binary = { ...addressed, parameters: { body: 'BINARYMIME' } } as State
    expect(step(binary, commandFor.DATA, OPEN).reply).toBe(replies.binaryByData)
    expect(step(binary, commandFor.BDAT, OPEN).task?.kind).toBe('receive-chunk')
  })

  test('a recipient outside ASCII needs SMTPUTF8 (RFC 6531 §3.5)', () => {
    const rcpt: Command = { verb: 'RCPT', to: box('jörg'), parameters: {} }
    expect(step(begun, rcpt, OPEN).reply).toBe(replies.asciiRecipient)
    const international = step(greeted, { verb: 'MAIL', from: null, parameters: { utf8: true } }, OPEN).state
    expect(step(international, rcpt, OPEN).task?.kind).toBe('resolve')
  })

  test('and so does an original recipient that is not encoded (RFC 6533 §3)', () => {
    const rcpt: Command = { verb: 'RCPT', to: box('to'), parameters: { originalRecipient: 'utf-8;jörg@x' } }
    expect(step(begun, rcpt, OPEN).reply).toBe(replies.badParameter)
    const international = step(greeted, { verb: 'MAIL', from: null, parameters: { utf8: true } }, OPEN).state
    expect(step(international, rcpt, OPEN).task?.kind).toBe('resolve')
  })

  test('what RCPT asks for goes with each copy (RFC 3461)', () => {
    const recipient = {
      mailbox: box('to'),
      parameters: { notify: ['failure'], originalRecipient: 'rfc822;to@x' },
    } as const
    const { state } = resume(begun, { answer: 'resolved', recipient, resolution: local(1) }, OPEN)
    expect(state).toMatchObject({ to: [{ kind: 'local', recipient: 'to@x', dsn: recipient.parameters }] })
  })

  test('STARTTLS in clear', () => {
    const clear = initialState(false)
    expect(outcome(step(clear, commandFor.STARTTLS, OPEN))).toBe('start-tls')
    expect(outcome(step(clear, commandFor.STARTTLS, { ...OPEN, startTls: false }))).toBe('502')
  })

  test('after STARTTLS nothing is remembered (RFC 3207 §4.2)', () => {
    const clear = { ...addressed, tls: false, errors: 3 }
    expect(resume(clear, { answer: 'secured' }, OPEN).state).toEqual(initialState(true))
  })

  test('EHLO offers STARTTLS in clear and AUTH behind it, and neither the other way round', () => {
    const lines = (tls: boolean, startTls: boolean) =>
      step(initialState(tls), commandFor.EHLO, { ...OPEN, startTls }).reply?.lines.slice(1) ?? []
    const same = [
      'PIPELINING',
      'SIZE 52428800',
      '8BITMIME',
      'CHUNKING',
      'BINARYMIME',
      'SMTPUTF8',
      'DSN',
      'ENHANCEDSTATUSCODES',
    ]
    const limits = 'LIMITS MAILMAX=10000 RCPTMAX=1000'
    expect(lines(false, true)).toEqual([...same, 'STARTTLS', limits, 'VRFY', 'HELP'])
    expect(lines(false, false)).toEqual([...same, limits, 'VRFY', 'HELP'])
    expect(lines(true, true)).toEqual([...same, 'AUTH PLAIN LOGIN', limits, 'VRFY', 'HELP'])
  })
})

describe('an alias', () => {
  const targetsOf = (...numbers: readonly number[]): Resolution => ({
    kind: 'alias',
    targets: [
      ...numbers.map((n) => ({
        kind: 'local' as const,
        account: n as AccountId,
        mailbox: n as MailboxId,
        address: `user${n}@x`,
      })),
      { kind: 'remote', address: 'far@y' },
    ],
  })
  const take = (state: State, resolution: Resolution): Step =>
    resume(state, { answer: 'resolved', recipient: TO, resolution }, OPEN)
  const to = (state: State): unknown => ('to' in state ? state.to : null)

  test('brings mail to all of its targets, elsewhere too, whoever writes to it', () => {
    const { state, reply } = take(begun, targetsOf(1, 2))
    expect(reply).toBe(replies.recipientOk)
    expect(to(state)).toEqual([
      { kind: 'local', mailbox: 1, recipient: 'user1@x' },
      { kind: 'local', mailbox: 2, recipient: 'user2@x' },
      { kind: 'remote', recipient: 'far@y' },
    ])
    expect(take(state, { kind: 'remote' }).reply).toBe(replies.relayingDenied)
  })

  test('adds only who has not been reached', () => {
    const { state } = take(take(begun, local(2)).state, targetsOf(2, 3))
    expect(to(state)).toMatchObject([{ mailbox: 2 }, { mailbox: 3 }, { recipient: 'far@y' }])
    const again = take(state, targetsOf(3, 2))
    expect(again.reply).toBe(replies.recipientOk)
    expect(to(again.state)).toEqual(to(state))
  })

  describe('and what its sender wants to be told of (RFC 3461 §5.2.7)', () => {
    const parameters = { notify: ['success', 'delay'], originalRecipient: 'rfc822;to@x' } as const
    const recipient = { mailbox: box('to'), parameters }
    const taken = (resolution: Resolution, wanted: RcptParameters = parameters): State =>
      resume(begun, { answer: 'resolved', recipient: { ...recipient, parameters: wanted }, resolution }, OPEN).state

    test('of several: that it was followed, and of each target anything else', () => {
      const state = taken(targetsOf(1, 2))
      const dsn = { ...parameters, notify: ['delay'] }
      expect(to(state)).toMatchObject([{ dsn }, { dsn }, { recipient: 'far@y', dsn }])
      expect(state).toMatchObject({ expanded: [{ recipient: 'to@x', dsn: parameters }] })
      const again = resume(state, { answer: 'resolved', recipient, resolution: targetsOf(1, 2) }, OPEN).state
      expect(again).toMatchObject({ expanded: [{}] })
    })

    test('of one: all of its target', () => {
      const state = taken(targetsOf())
      expect(to(state)).toMatchObject([{ recipient: 'far@y', dsn: parameters }])
      expect(state).not.toHaveProperty('expanded')
    })

    test('of several: nothing of its own where a success is not asked for', () => {
      for (const notify of [undefined, [], ['failure']] as const)
        expect(taken(targetsOf(1), notify === undefined ? {} : { notify })).not.toHaveProperty('expanded')
    })

    test('success alone leaves nothing for the targets', () => {
      const never = { dsn: { notify: [], originalRecipient: null } }
      expect(to(taken(targetsOf(1), { notify: ['success'] }))).toMatchObject([never, never])
    })
  })

  test('that is a loop is refused, and the transaction goes on', () => {
    const { state, reply } = take(addressed, { kind: 'loop' })
    expect(reply).toBe(replies.aliasLoop)
    expect(to(state)).toEqual(to(addressed))
  })
})

describe('limits', () => {
  test('recipients (RFC 5321 §4.5.3.1.10)', () => {
    const policy = policyOf('smtp', { maxRecipients: 2 })
    const add = (state: State, n: number): State =>
      resume(state, { answer: 'resolved', recipient: TO, resolution: local(n) }, policy).state
    const full = add(add(begun, 1), 2)
    expect(step(full, commandFor.RCPT, policy).reply).toBe(replies.tooManyRecipients)
    expect(step(full, commandFor.DATA, policy).task?.kind).toBe('receive-data')
  })

  test('452 is not the client’s fault, however often', () => {
    const policy = policyOf('smtp', { maxRecipients: 0, errors: 2 })
    let state = begun
    for (let i = 0; i < 10; i++) state = step(state, commandFor.RCPT, policy).state
    expect(state.errors).toBe(0)
  })

  test('the last error is answered, and then the connection ends', () => {
    const policy = policyOf('smtp', { errors: 2 })
    const first = step(connected, commandFor.MAIL, policy)
    const second = step(first.state, commandFor.MAIL, policy)
    expect([first.task, second.reply?.code, second.task]).toEqual([
      null,
      503,
      { kind: 'close', words: replies.tooManyErrors },
    ])
  })
})

describe('commands that bring no mail nearer', () => {
  test('are counted until a message is accepted, and then end the session', () => {
    const policy = policyOf('smtp', { idleCommands: 3 })
    let { state } = step(greeted, commandFor.NOOP, policy)
    for (const verb of ['RSET', 'VRFY', 'HELP'] as const) {
      expect(state.idle).toBeLessThanOrEqual(3)
      const next = step({ ...state, idle: state.idle - 1 }, commandFor[verb], policy)
      expect(next.task).toBeNull()
      state = next.state
    }
    const more = step({ ...state, idle: 3 }, commandFor.NOOP, policy)
    expect([more.reply, more.task]).toEqual([null, { kind: 'close', words: replies.tooManyIdle }])
    const accepted = resume(
      { ...addressed, idle: 3 },
      { answer: 'received', reply: replies.ok, accepted: true },
      policy,
    )
    expect(accepted.state.idle).toBe(0)
  })

  test('a chunk without octets is one of them', () => {
    expect(step(chunking, { verb: 'BDAT', size: 0, last: false }, OPEN).state.idle).toBe(chunking.idle + 1)
    expect(step(chunking, { verb: 'BDAT', size: 0, last: true }, OPEN).state.idle).toBe(chunking.idle)
  })

  test('messages of one connection are limited (RFC 9422, MAILMAX)', () => {
    const next = step({ ...greeted, mails: 5 }, commandFor.MAIL, policyOf('smtp', { transactions: 5 }))
    expect(next.task).toEqual({ kind: 'close', words: replies.tooManyMessages })
  })
})

describe('LMTP (RFC 2033)', () => {
  const LMTP = policyOf('lmtp')
  const hello = step(initialState(false), commandFor.LHLO, LMTP)

  test.each(['EHLO', 'HELO', 'AUTH'] as const)('has no %s', (verb) => {
    expect(step(initialState(true), commandFor[verb], LMTP).reply).toBe(replies.unrecognised)
  })

  test('offers what SMTP does, without AUTH, and asks for none', () => {
    expect(hello.reply?.lines).toContain('CHUNKING')
    expect(step(initialState(true), commandFor.LHLO, LMTP).reply?.lines.join(' ')).not.toContain('AUTH')
    expect(step(hello.state, commandFor.MAIL, LMTP).reply).toBe(replies.senderOk)
    expect(step(initialState(false), commandFor.MAIL, LMTP).reply).toBe(replies.needLhlo)
  })

  test('the end of a message is answered for each recipient that was accepted, in their order', () => {
    let { state } = step(hello.state, commandFor.MAIL, LMTP)
    for (const [name, n] of [
      ['b', 2],
      ['a', 1],
      ['b', 2],
    ] as const) {
      const recipient = { mailbox: box(name), parameters: {} }
      state = resume(state, { answer: 'resolved', recipient, resolution: local(n) }, LMTP).state
    }
    state = resume(state, { answer: 'resolved', recipient: TO, resolution: { kind: 'remote' } }, LMTP).state
    const { reply } = resume(state, { answer: 'received', reply: replies.mailboxFull, accepted: false }, LMTP)
    expect(reply?.wire).toBe(
      '552 5.2.2 <b@x> Mailbox full\r\n552 5.2.2 <a@x> Mailbox full\r\n552 5.2.2 <b@x> Mailbox full\r\n',
    )
  })

  test('without one, DATA fails once', () => {
    const { state } = step(hello.state, commandFor.MAIL, LMTP)
    expect(step(state, commandFor.DATA, LMTP).reply).toBe(replies.needRecipient)
  })
})

describe('any sequence', () => {
  const command = fc.constantFrom(...Object.values(commandFor), { verb: 'BDAT', size: 9, last: true } as const)
  const resolution = fc.oneof(
    fc.integer({ min: 0, max: 3 }).map(local),
    fc.constantFrom<Resolution>({ kind: 'loop' }, { kind: 'remote' }, { kind: 'unknown-user' }, { kind: 'disabled' }),
  )
  /** What the world makes of each task. */
  const world = fc.record({
    resolution,
    received: fc.constantFrom(true, false),
    login: fc.constantFrom<Answer>(
      { answer: 'authenticated', user: 'u@x' },
      { answer: 'not-authenticated', reply: replies.invalidCredentials, counts: true },
      { answer: 'not-authenticated', reply: replies.cancelled, counts: false },
    ),
  })
  const service = fc.constantFrom<SmtpService>('smtp', 'submission', 'submissions')
  const history = fc.array(fc.tuple(command, world), { maxLength: 60 })

  /** Plays until the end or until the machine closes; `look` sees each step. */
  function play(
    service: SmtpService,
    events: readonly [Command, { resolution: Resolution; received: boolean; login: Answer }][],
    look: (before: State, taken: Step) => void,
  ): void {
    const policy = policyOf(service, { maxRecipients: 3, errors: 8 })
    let state = initialState(service === 'submissions')
    const take = (next: Step): Step => {
      look(state, next)
      state = next.state
      return next
    }
    for (const [command, { resolution, received, login }] of events) {
      let { task } = take(step(state, command, policy))
      while (task !== null) {
        if (task.kind === 'close') return
        const answers: { readonly [K in typeof task.kind]: Answer } = {
          admit: {
            answer: 'admitted',
            mail: task.kind === 'admit' ? task.mail : (begun as Addressing),
            admission: { kind: 'admitted', room: 3 },
          },
          resolve: { answer: 'resolved', recipient: TO, resolution },
          'receive-data': { answer: 'received', reply: received ? replies.ok : replies.fault, accepted: received },
          'receive-chunk':
            task.kind === 'receive-chunk' && task.last
              ? { answer: 'received', reply: received ? replies.ok : replies.fault, accepted: received }
              : { answer: 'chunk', reply: received ? replies.ok : replies.fault, accepted: received },
          'skip-chunk': { answer: 'skipped', reply: replies.needMail, last: false },
          'start-tls': { answer: 'secured' },
          authenticate: login,
        }
        task = take(resume(state, answers[task.kind], policy)).task
      }
    }
  }

  test('a message is only received for a recipient, from who may send', () => {
    fc.assert(
      fc.property(service, history, (kind, events) =>
        play(kind, events, (before, { task }) => {
          if (task?.kind !== 'receive-data' && task?.kind !== 'receive-chunk') return
          expect(['mail', 'chunking']).toContain(before.at)
          expect(task.mail.to.length).toBeGreaterThan(0)
          expect(task.mail.to.length).toBeLessThanOrEqual(3)
          if (kind !== 'smtp') expect(before).toMatchObject({ tls: true, user: 'u@x' })
          if (before.user === null) expect(task.mail.to.every((to) => to.kind === 'local')).toBe(true)
        }),
      ),
      { numRuns: 500 },
    )
  })

  test('nobody is logged in without TLS, nor asked for credentials', () => {
    fc.assert(
      fc.property(service, history, (kind, events) =>
        play(kind, events, (before, { state, task }) => {
          if (state.user !== null) expect(state.tls).toBe(true)
          if (task?.kind === 'authenticate')
            expect([before.at, before.tls, before.user]).toEqual(['greeted', true, null])
          if (before.tls) expect(state.tls).toBe(true)
        }),
      ),
      { numRuns: 500 },
    )
  })

  test('each command gets one reply at its end, and a refusal changes nothing but the counts', () => {
    fc.assert(
      fc.property(service, history, (kind, events) =>
        play(kind, events, (before, { state, reply, task }) => {
          expect(reply === null && task === null && state.at !== 'connected').toBe(false)
          if (reply !== null && task !== null) expect(task.kind).toBe('close')
          const counts = { errors: 0, authFailures: 0, idle: 0 }
          const costsTheMessage = before.at === 'mail' && state.at === 'chunking'
          if (reply !== null && reply.code >= 500 && !costsTheMessage)
            expect({ ...state, ...counts }).toEqual({ ...before, ...counts })
        }),
      ),
      { numRuns: 500 },
    )
  })
})

test('each verb of the table is one that HELP names, with an RFC section', () => {
  const { reply } = step(connected, commandFor.HELP, OPEN)
  for (const [verb, { rfc }] of Object.entries(verbs)) {
    const named = verb !== 'LHLO' && verb !== 'EXPN'
    expect(reply?.lines.join(' ').split(' ').includes(verb)).toBe(named)
    expect(rfc).toMatch(/^RFC \d{4} §[\d.]+$/)
  }
})
