import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientLimits } from '../core/limits.js'
import type { ClientEvent, Effect, Failure } from './client-steps.js'
import { ClientTransaction, type TransactionEnd, type TransactionPlan } from './client-transaction.js'

const PLAN: TransactionPlan = {
  mail: 'MAIL',
  recipients: ['a', 'b'].map((recipient) => ({ recipient, line: `RCPT ${recipient}` })),
  ...{ chunked: null, pipelining: false, reports: false, reset: false, reused: false, host: 'mx [192.0.2.1]' },
}

const reply = (line: string): ClientEvent => {
  const [, code = '', text = ''] = /^(\d+) ?(.*)$/.exec(line) ?? []
  return {
    kind: 'reply',
    reply: { code: Number(code), enhanced: /^\d\.\d+\.\d+/.exec(text)?.[0] ?? null, lines: [text] },
  }
}
const LOST: Failure = { kind: 'lost', why: null }
const TIMEOUT: Failure = { kind: 'timeout' }
const GARBAGE: Failure = { kind: 'garbage', why: 'what it said is no SMTP reply' }

const shown = (effect: Effect): string =>
  effect.kind === 'write'
    ? effect.line
    : effect.kind === 'await'
      ? `(${effect.phase})`
      : effect.kind === 'chunk'
        ? `${effect.octets} octets`
        : 'content.'

/** The dialogue, and its end. What the server says comes in order; content is sent as soon as it is asked for. */
function play(
  plan: Partial<TransactionPlan>,
  ...said: (string | Failure)[]
): { log: string; end: TransactionEnd | null } {
  const machine = new ClientTransaction({ ...PLAN, ...plan })
  const log: string[] = []
  const run = (effects: readonly Effect[]): void => {
    log.push(...effects.map(shown))
    if (effects.some(({ kind }) => kind === 'content' || kind === 'chunk')) run(machine.on({ kind: 'sent' }))
  }
  run(machine.start())
  for (const one of said) {
    if (machine.end !== null) throw new Error(`it was over before ${JSON.stringify(one)}: ${log.join(' ')}`)
    run(machine.on(typeof one === 'string' ? reply(one) : one))
  }
  return { log: log.join(' '), end: machine.end }
}

/** `a: accepted 250 ok` */
const verdicts = (end: TransactionEnd | null): string[] | undefined =>
  end?.verdicts.map((verdict) => `${verdict.recipient}: ${verdict.kind} ${verdict.reply}`)

const outcome = (plan: Partial<TransactionPlan>, ...said: (string | Failure)[]) => {
  const { end } = play(plan, ...said)
  return { verdicts: verdicts(end), trouble: end?.hostTrouble, usable: end?.usable, reset: end?.reset }
}

const GROUP = { pipelining: true }
const FINE = { trouble: null, usable: true, reset: false }
const LEFT = { trouble: null, usable: true, reset: true }
const both = (kind: string, text: string): string[] => [`a: ${kind} ${text}`, `b: ${kind} ${text}`]

describe('a transaction goes', () => {
  test('one by one', () => {
    const { log, end } = play({ reports: true }, '250', '250', '250', '354', '250 2.0.0 ok')
    expect(log).toBe('MAIL (mail) RCPT a (rcpt) RCPT b (rcpt) DATA (data) content. (final)')
    expect(end).toEqual({
      verdicts: ['a', 'b'].map((recipient) => ({ recipient, kind: 'accepted', reply: '250 2.0.0 ok', reports: true })),
      ...{ hostTrouble: null, usable: true, reset: false },
    })
  })

  test('in one group', () => {
    const { log, end } = play({ ...GROUP, reset: true }, '250', '250', '250', '250', '354', '250 ok')
    expect(log).toBe('RSET MAIL RCPT a RCPT b DATA (rset) (mail) (rcpt) (rcpt) (data) content. (final)')
    expect(verdicts(end)).toEqual(both('accepted', '250 ok'))
  })

  test('in groups of a bounded size', () => {
    const many = Array.from({ length: 250 }, (_, i) => ({ recipient: `r${i}`, line: `RCPT ${i}` }))
    const machine = new ClientTransaction({ ...PLAN, ...GROUP, recipients: many })
    const groups: number[] = []
    for (let effects = machine.start(); effects.length > 0; ) {
      const lines = effects.filter(({ kind }) => kind === 'write').length
      if (lines > 0) groups.push(lines)
      const { kind } = effects[0] as Effect
      effects = machine.on(kind === 'content' ? { kind: 'sent' } : reply(groups.length === 3 ? '354' : '250'))
      if (groups.length === 3) break
    }
    expect(groups).toEqual([clientLimits.pipelinedCommands, clientLimits.pipelinedCommands, 52])
  })

  test('in chunks', () => {
    const { chunk } = clientLimits
    const { log, end } = play({ ...GROUP, chunked: chunk + 5 }, '250', '250', '250', '250', '250 ok')
    expect(log).toBe(
      `MAIL RCPT a RCPT b (mail) (rcpt) (rcpt) BDAT ${chunk} ${chunk} octets (chunk) BDAT 5 LAST 5 octets (final)`,
    )
    expect(verdicts(end)).toEqual(both('accepted', '250 ok'))
  })
})

describe.each([
  ['one by one', {}],
  ['in one group', GROUP],
])('refusals %s', (_, way) => {
  const grouped = 'pipelining' in way
  /** Answers to what was sent already. */
  const rest = (...replies: string[]): string[] => (grouped ? replies : [])

  test.each([
    ['550 5.7.1 no', 'refused'],
    ['552 5.3.4 too big', 'refused'],
    ['451 4.7.1 later', 'later'],
    ['452 4.3.1 full', 'later'],
    ['503 order', 'refused'],
  ])('MAIL %s', (line, kind) => {
    expect(outcome(way, line, ...rest('503', '503', '503'))).toEqual({ verdicts: both(kind, line), ...LEFT })
  })

  test.each([
    ['550 5.1.1 nobody', 'refused'],
    ['553 5.1.3 what', 'refused'],
    ['450 4.2.0 grey', 'later'],
    ['452 4.5.3 enough', 'later'],
    ['452 4.2.2 full', 'later'],
    ['452 enough', 'later'],
    ['552 full', 'refused'],
    ['552 5.2.2 full', 'refused'],
    ['552 5.5.3 enough', 'later'],
    ['550 5.5.3 enough', 'refused'],
  ])('the only RCPT %s', (line, kind) => {
    const recipients = PLAN.recipients.slice(0, 1)
    expect(outcome({ ...way, recipients }, '250', line, ...rest('503'))).toEqual({
      verdicts: [`a: ${kind} ${line}`],
      ...LEFT,
    })
  })

  test.each([
    ['550 5.1.1 nobody', 'refused'],
    ['450 4.2.0 grey', 'later'],
    ['452 4.5.3 enough', 'again'],
    ['452 4.2.2 full', 'later'],
    ['452 enough', 'again'],
    ['552 enough', 'again'],
    ['552 5.5.3 enough', 'again'],
    ['552 5.2.2 full', 'refused'],
  ])('the second RCPT %s', (line, kind) => {
    expect(outcome(way, '250', '250', line, '354', '250 ok')).toEqual({
      verdicts: ['a: accepted 250 ok', `b: ${kind} ${line}`],
      ...FINE,
    })
  })

  test('DATA, with and without somebody for whom it was', () => {
    expect(outcome(way, '250', '250', '550 no', '451 4.3.0 no')).toEqual({
      verdicts: ['a: later 451 4.3.0 no', 'b: refused 550 no'],
      ...LEFT,
    })
    expect(outcome(way, '250', '550 no', '451 no', ...rest('554 5.5.1 nobody'))).toEqual({
      verdicts: ['a: refused 550 no', 'b: later 451 no'],
      ...LEFT,
    })
  })

  test.each([
    ['554 5.7.1 spam', 'refused'],
    ['451 4.3.0 busy', 'later'],
    ['552 too large', 'refused'],
  ])('the end of the message: %s', (line, kind) => {
    expect(outcome(way, '250', '250', '250', '354', line)).toEqual({ verdicts: both(kind, line), ...LEFT })
  })

  test('a chunk', () => {
    const chunked = 2 * clientLimits.chunk
    const end = outcome({ ...way, chunked }, '250', '250', '550 no', '552 5.3.4 large')
    expect(end).toEqual({ verdicts: ['a: refused 552 5.3.4 large', 'b: refused 550 no'], ...LEFT })
    expect(play({ ...way, chunked }, '250', '550 no', '550 no').log).not.toContain('BDAT')
  })

  test('RSET', () => {
    expect(outcome({ ...way, reset: true }, '500 what')).toEqual({
      verdicts: both('later', '500 what'),
      ...{ trouble: '500 what', usable: false, reset: false },
    })
  })
})

test('a server that wants a message for nobody gets an empty one', () => {
  const { log, end } = play(GROUP, '250', '550 no', '550 no', '354', '250 thanks')
  expect(log).toMatch(/\(data\) \. \(final\)$/)
  expect(verdicts(end)).toEqual(both('refused', '550 no'))
  expect(outcome(GROUP, '250', '550 no', '550 no', '354', LOST)).toMatchObject({ usable: false, trouble: null })
})

describe('a server that goes', () => {
  const said = ['250', '250', '250', '354']
  const stages: [number, Failure, string][] = [0, 1, 2, 3].flatMap((stage): [number, Failure, string][] => {
    const words = `its answer to ${['MAIL', 'RCPT', 'RCPT', 'DATA'][stage]}`
    return [
      [stage, LOST, `450 4.4.2 Connection lost waiting for ${words}: mx [192.0.2.1]`],
      [stage, TIMEOUT, `450 4.4.2 Timed out waiting for ${words}: mx [192.0.2.1]`],
      [stage, GARBAGE, `450 4.5.0 Waiting for ${words}, mx [192.0.2.1] was not understood: ${GARBAGE.why}`],
    ]
  })
  test.each(stages)('behind %i replies: %j', (stage, failure, text) => {
    for (const way of [{}, GROUP])
      expect(outcome(way, ...said.slice(0, stage), failure)).toEqual({
        verdicts: both('later', text),
        ...{ trouble: text, usable: false, reset: false },
      })
  })

  test.each([0, 1, 2, 3, 4])('says 421 behind %i replies', (stage) => {
    for (const way of [{}, GROUP])
      expect(outcome(way, ...said.slice(0, stage), '421 4.3.2 bye')).toEqual({
        verdicts: both('later', '421 4.3.2 bye'),
        ...{ trouble: '421 4.3.2 bye', usable: false, reset: false },
      })
  })

  test.each([LOST, TIMEOUT, GARBAGE])('behind the end of the message: %j', (failure) => {
    const end = outcome({}, ...said, failure)
    expect(end).toMatchObject({ trouble: null, usable: false })
    expect(end.verdicts?.[0]).toMatch(/^a: later 450 4\.[45]\.\d .*\(the message may have been taken\)$/)
  })

  test('keeps what it said of others', () => {
    expect(outcome(GROUP, '250', '550 no', LOST)).toMatchObject({
      verdicts: ['a: refused 550 no', expect.stringMatching(/^b: later 450 4\.4\.2/)],
      trouble: expect.stringMatching(/^450/),
    })
    expect(outcome(GROUP, '550 no', LOST)).toMatchObject({
      verdicts: both('refused', '550 no'),
      trouble: null,
      usable: false,
    })
  })

  test.each([{ reset: true }, {}])('before it took anything of a second message has said nothing: %j', (left) => {
    for (const failure of [LOST, TIMEOUT, '421 4.4.2 idle'])
      expect(outcome({ ...left, reused: true }, failure)).toMatchObject({
        verdicts: [expect.stringMatching(/^a: again 4/), expect.stringMatching(/^b: again 4/)],
        ...{ trouble: null, usable: false },
      })
    expect(outcome({ reused: true }, '250', LOST).trouble).toMatch(/^450 4\.4\.2/)
  })
})

describe('in the middle of the message', () => {
  /** The machine, with the message under way. */
  const sending = (chunked: number | null = null) => {
    const machine = new ClientTransaction({ ...PLAN, chunked })
    machine.start()
    for (const line of ['250', '250', '250', ...(chunked === null ? ['354'] : [])]) machine.on(reply(line))
    return machine
  }

  test.each([null, 10])('a refusal is one, chunks %s', (chunked) => {
    const machine = sending(chunked)
    expect(machine.on(reply('552 5.3.4 large'))).toEqual([])
    expect(verdicts(machine.end)).toEqual(both('refused', '552 5.3.4 large'))
    expect(machine.end).toMatchObject({ usable: false, hostTrouble: null })
  })

  test('a server that takes nothing, or is gone, has not taken the message', () => {
    for (const failure of [LOST, TIMEOUT]) {
      const machine = sending()
      machine.on(failure)
      expect(machine.end).toMatchObject({ usable: false, hostTrouble: expect.stringContaining('to take the message') })
    }
  })

  test('anything else means nothing', () => {
    const machine = sending()
    machine.on(reply('250 ok'))
    expect(machine.end?.hostTrouble).toMatch(/^450 4\.5\.0 .* "250 ok" is no answer to that$/)
  })
})

test.each([
  [['354 go']],
  [['250', '354 go']],
  [['250', '250', '250', '250 ok']],
  [['250', '250', '250', '354', '354 more']],
])('%j makes no sense', (said) => {
  for (const way of [{}, GROUP])
    expect(outcome(way, ...said)).toMatchObject({
      usable: false,
      verdicts: both('later', expect.anything()).map(() => expect.stringMatching(/later 450 4\.5\.0/)),
    })
})

const anything = fc.oneof(
  fc.constantFrom('250', '251 x', '354', '421 bye', '450 4.2.0 x', '452', '550 5.1.1 x', '552').map(reply),
  fc.constantFrom<ClientEvent>(LOST, TIMEOUT, GARBAGE, { kind: 'sent' }),
)

test('whatever is said, it ends, with one verdict for each', () => {
  fc.assert(
    fc.property(
      fc.array(anything, { maxLength: 12 }),
      fc.boolean(),
      fc.option(fc.nat(3_000_000)),
      (events, pipelining, chunked) => {
        const machine = new ClientTransaction({ ...PLAN, pipelining, chunked })
        machine.start()
        for (const event of [...events, LOST]) machine.on(event)
        const { end } = machine
        expect(end?.verdicts.map(({ recipient }) => recipient)).toEqual(['a', 'b'])
        if (end?.verdicts.some(({ kind }) => kind === 'accepted')) expect(end.hostTrouble).toBe(null)
      },
    ),
  )
})
