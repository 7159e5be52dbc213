/** Logins that are refused, by every mechanism and for every reason: what login-timing.ts holds against each other. */
import { performance } from 'node:perf_hooks'
import type { Authenticator } from '../src/accounts/contracts.js'
import { saslExchange } from '../src/accounts/sasl.js'
import { runSasl } from '../src/accounts/sasl-run.js'
import { silentLog } from '../src/cli/silent-log.js'
import { systemClock } from '../src/core/clock.js'
import { systemRandom } from '../src/core/ids.js'

export const RIGHT = 'the right password'
/** One that SASLprep refuses, so that SCRAM has no keys of it. */
export const UNPREPARED = 'the right\u0007password'
const WRONG = 'the wrong password'
/** Of the shape of an app password, and none. */
const WRONG_APP = 'aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa'

/** The first of them is what the others are held against. */
const USERS = {
  'wrong proof': 'user@bench.test',
  'wrong proof, again': 'user@bench.test',
  'disabled user': 'disabled@bench.test',
  'unknown user': 'nobody@bench.test',
  'unknown domain': 'nobody@elsewhere.test',
  'no address': 'nobody',
} as const

const PASSWORDS = {
  'wrong password': { username: 'user@bench.test', password: WRONG },
  'wrong password, again': { username: 'user@bench.test', password: WRONG },
  'disabled user': { username: 'disabled@bench.test', password: WRONG },
  'unknown user': { username: 'nobody@bench.test', password: WRONG },
  'unknown domain': { username: 'nobody@elsewhere.test', password: WRONG },
  'no address': { username: 'nobody', password: WRONG },
  'wrong app password': { username: 'user@bench.test', password: WRONG_APP },
  'wrong app password, unknown user': { username: 'nobody@bench.test', password: WRONG_APP },
} as const

/** Milliseconds of each part of an attempt that a client can see. */
export type Attempt = () => Promise<{ readonly [part: string]: number }>

export interface Group {
  readonly name: string
  /** bcrypt is at work in each: a hundred times as long. */
  readonly isSlow: boolean
  readonly attempts: ReadonlyMap<string, Attempt>
}

const CALLER = { protocol: 'imap', remoteAddress: '127.0.0.1', sessionId: 'bench' } as const

export function groups(authenticator: Authenticator): readonly Group[] {
  const attempts = <T>(all: { readonly [kind: string]: T }, attempt: (of: T) => Attempt): Map<string, Attempt> =>
    new Map(Object.entries(all).map(([kind, of]) => [kind, attempt(of)]))
  const scramUsers = { ...USERS, 'user without keys': 'unprepared@bench.test' }
  return [
    { name: 'PLAIN', isSlow: true, attempts: attempts(PASSWORDS, (given) => plain(authenticator, given)) },
    { name: 'SCRAM-SHA-256', isSlow: false, attempts: attempts(scramUsers, (name) => scram(authenticator, name)) },
    { name: 'CRAM-MD5', isSlow: false, attempts: attempts(USERS, (name) => cram(authenticator, name)) },
  ]
}

const plain =
  (authenticator: Authenticator, given: { readonly username: string; readonly password: string }): Attempt =>
  async () => {
    const begun = performance.now()
    const { kind } = await authenticator.verify({ ...CALLER, ...given })
    if (kind !== 'invalid') throw new Error(`${given.username} was ${kind}`)
    return { verdict: performance.now() - begun }
  }

/** `answers`: to the challenges in their order. Gives when each challenge and the verdict came, behind what went before. */
async function proving(
  authenticator: Authenticator,
  mechanism: 'SCRAM-SHA-256' | 'CRAM-MD5',
  answers: readonly ((challenge: Buffer) => string)[],
): Promise<number[]> {
  const surroundings = {
    hostname: 'mail.bench.test',
    random: systemRandom,
    clock: systemClock,
    channelBinding: () => null,
  }
  const exchange = saslExchange(mechanism, [mechanism], surroundings)
  if (exchange === null) throw new Error(`${mechanism} is not known`)
  const times: number[] = []
  let begun = performance.now()
  const lap = (): void => {
    times.push(performance.now() - begun)
  }
  const ask = async (challenge: Buffer): Promise<Buffer> => {
    lap()
    const answer = Buffer.from(answers[times.length - 1]?.(challenge) ?? '')
    begun = performance.now()
    return answer
  }
  const outcome = await runSasl({ mechanism, exchange, caller: CALLER, authenticator, log: silentLog, ask }, null)
  lap()
  if (outcome.kind !== 'verdict' || outcome.verdict.kind !== 'invalid')
    throw new Error(`an attempt ended as ${JSON.stringify(outcome)}`)
  return times
}

/** RFC 5802 §5: a proof that is none. */
const scram = (authenticator: Authenticator, username: string): Attempt => {
  const first = (): string => `n,,n=${username},r=client`
  const final = (challenge: Buffer): string => {
    const [, nonce = ''] = /^r=([^,]*)/.exec(challenge.toString()) ?? []
    return `c=biws,r=${nonce},p=${Buffer.alloc(32, 'x').toString('base64')}`
  }
  return async () => {
    const [, challenge = 0, verdict = 0] = await proving(authenticator, 'SCRAM-SHA-256', [first, final])
    return { challenge, verdict }
  }
}

const cram =
  (authenticator: Authenticator, username: string): Attempt =>
  async () => {
    const [, verdict = 0] = await proving(authenticator, 'CRAM-MD5', [() => `${username} ${'0'.repeat(32)}`])
    return { verdict }
  }
