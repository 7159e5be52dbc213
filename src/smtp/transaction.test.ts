import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Resolution } from '../accounts/contracts.js'
import type { AccountId, MailboxId } from '../core/ids.js'
import { smtpLimits } from '../core/limits.js'
import type { SmtpService } from './context.js'
import type { Mailbox } from './parse.js'
import { replies } from './reply.js'
import { type Answer, initialState, type Policy, resume, type State, type Step, step } from './transaction.js'
import { type Command, type Verb, verbs } from './verbs.js'

const policyOf = (service: SmtpService, limits = {}): Policy => ({
  service,
  hostname: 'mx.posthorn.test',
  startTls: true,
  limits: { ...smtpLimits, ...limits },
})
const OPEN = policyOf('smtp')
const box = (localPart: string): Mailbox => ({ localPart, domain: 'x', address: `${localPart}@x` })
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
  HELP: { verb: 'HELP' },
  STARTTLS: { verb: 'STARTTLS' },
  AUTH: { verb: 'AUTH', mechanism: 'PLAIN', initial: null },
}
const connected = initialState(true)
const greeted = step(connected, commandFor.EHLO, OPEN).state
const begun = step(greeted, commandFor.MAIL, OPEN).state
const addressed = resume(begun, { answer: 'resolved', mailbox: box('to'), resolution: local(1) }, OPEN).state
const chunking = step(addressed, commandFor.BDAT, OPEN).state

/** What a step says, or what it does before it can say something. */
const outcome = ({ reply, task }: Step): string => (reply === null ? (task?.kind ?? 'nothing') : String(reply.code))

describe('verb × state (RFC 5321 §4.1.4)', () => {
  test.each<[Verb, string, string, string, string, string]>([
    // connected, greeted, after MAIL, after RCPT, after BDAT
    ['EHLO', '250', '250', '250', '250', '250'],
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
    expect({ ...state, errors: 0 }).toEqual(addressed)
  })

  test.each(['RSET', 'EHLO'] as const)('%s ends the transaction and nothing else', (verb) => {
    expect(step(addressed, commandFor[verb], OPEN).state).toEqual(greeted)
  })

  test('a chunk that was refused costs the message, and those on their way behind it cost nothing more', () => {
    let { state } = resume(chunking, { answer: 'chunk', reply: replies.tooBig, accepted: false }, OPEN)
    expect(state.errors).toBe(1)
    for (let i = 0; i < 30; i++) {
      const next = step(state, commandFor.BDAT, OPEN)
      expect(next.task).toEqual({ kind: 'skip-chunk', size: 1, last: false, reply: replies.tooBig })
      state = resume(next.state, { answer: 'skipped', reply: replies.tooBig, last: i === 29 }, OPEN).state
    }
    expect(state).toEqual({ ...greeted, errors: 1 })
  })

  test('BINARYMIME goes with BDAT alone (RFC 3030 §3)', () => {
    const binary = { ...addressed, parameters: { body: 'BINARYMIME' } } as State
    expect(step(binary, commandFor.DATA, OPEN).reply).toBe(replies.binaryByData)
    expect(step(binary, commandFor.BDAT, OPEN).task?.kind).toBe('receive-chunk')
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
    const same = ['PIPELINING', 'SIZE 52428800', '8BITMIME', 'CHUNKING', 'BINARYMIME', 'ENHANCEDSTATUSCODES']
    expect(lines(false, true)).toEqual([...same, 'STARTTLS', 'HELP'])
    expect(lines(false, false)).toEqual([...same, 'HELP'])
    expect(lines(true, true)).toEqual([...same, 'AUTH PLAIN LOGIN', 'HELP'])
  })
})

describe('limits', () => {
  test('recipients (RFC 5321 §4.5.3.1.10)', () => {
    const policy = policyOf('smtp', { maxRecipients: 2 })
    const add = (state: State, n: number): State =>
      resume(state, { answer: 'resolved', mailbox: box('to'), resolution: local(n) }, policy).state
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

describe('any sequence', () => {
  const command = fc.constantFrom(...Object.values(commandFor), { verb: 'BDAT', size: 9, last: true } as const)
  const resolution = fc.oneof(
    fc.integer({ min: 0, max: 3 }).map(local),
    fc.constantFrom<Resolution>({ kind: 'remote' }, { kind: 'unknown-user' }, { kind: 'disabled' }),
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
          resolve: { answer: 'resolved', mailbox: box('to'), resolution },
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
          const counts = { errors: 0, authFailures: 0 }
          if (reply !== null && reply.code >= 500) expect({ ...state, ...counts }).toEqual({ ...before, ...counts })
        }),
      ),
      { numRuns: 500 },
    )
  })
})

test('each verb of the table is one that HELP names, with an RFC section', () => {
  const { reply } = step(connected, commandFor.HELP, OPEN)
  for (const [verb, { rfc }] of Object.entries(verbs)) {
    expect(reply?.lines.join(' ')).toContain(verb)
    expect(rfc).toMatch(/^RFC \d{4} §[\d.]+$/)
  }
})
