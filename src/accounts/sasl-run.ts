/** The shell around an exchange, for SMTP and IMAP alike: sends challenges, looks up, and has the end judged. */
import { authLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { Authenticator, AuthMethod, Caller, Lookup, Verdict } from './contracts.js'
import { channelBindingRefused } from './events.js'
import type { SaslMechanism } from './sasl.js'
import type { SaslExchange, SaslStep } from './sasl-exchange.js'

/** `Stop` is how the protocol refuses an answer: one that is given up, not base64 or too long. It is no Buffer. */
export interface SaslRun<Stop> {
  readonly mechanism: SaslMechanism
  readonly exchange: SaslExchange
  readonly caller: Caller
  readonly authenticator: Authenticator
  readonly log: Log
  /** Sends a challenge and gives the octets of the client's answer. */
  readonly ask: (challenge: Buffer) => Promise<Buffer | Stop>
}

export type SaslOutcome<Stop> =
  | { readonly kind: 'verdict'; readonly username: string; readonly verdict: Verdict }
  /** The client's message is not what the mechanism wants; it asked to act as somebody else. */
  | { readonly kind: 'malformed' | 'authorization' }
  | { readonly kind: 'stopped'; readonly by: Stop }

type End = Exclude<SaslStep, { readonly kind: 'challenge' | 'lookup' }>

const METHODS: { readonly [M in SaslMechanism]: AuthMethod } = {
  PLAIN: 'password',
  LOGIN: 'password',
  'CRAM-MD5': 'cram-md5',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-256-PLUS': 'scram-sha-256-plus',
}

/** `initial` is the client's initial response, null where it gave none. Rejects for faults, and as `ask` does. */
export async function runSasl<Stop>(run: SaslRun<Stop>, initial: Buffer | null): Promise<SaslOutcome<Stop>> {
  let step = run.exchange.start(initial)
  let found: Found | null = null
  for (;;) {
    if (step.kind === 'challenge') {
      const answer: Buffer | Stop = await run.ask(step.octets)
      if (!Buffer.isBuffer(answer)) return { kind: 'stopped', by: answer }
      step = run.exchange.answer(answer)
    } else if (step.kind === 'lookup') {
      found = await lookUp(run, step.username)
      if (found.lookup.kind === 'throttled') return verdict(step.username, found.lookup)
      step = step.supply(found.lookup.secrets)
    } else return conclude(run, step, found)
  }
}

interface Found {
  readonly username: string
  readonly lookup: Lookup
}

const verdict = (username: string, verdict: Verdict) => ({ kind: 'verdict', username, verdict }) as const

async function lookUp({ authenticator, caller, mechanism }: SaslRun<unknown>, username: string): Promise<Found> {
  return { username, lookup: await authenticator.lookUp({ ...caller, username, method: METHODS[mechanism] }) }
}

async function conclude<Stop>(run: SaslRun<Stop>, end: End, found: Found | null): Promise<SaslOutcome<Stop>> {
  switch (end.kind) {
    case 'verify': {
      const { username, password } = end
      return verdict(username, await run.authenticator.verify({ ...run.caller, username, password }))
    }
    case 'proof':
      if (found === null) throw new Error('an exchange has judged without a look-up')
      return proven(run, end, found)
    case 'binding':
      return unbound(run, found ?? (await lookUp(run, end.username)))
    default:
      return { kind: end.kind }
  }
}

type Proof = Extract<End, { readonly kind: 'proof' }>

/** The verdict first, our own proof then: a client that takes it has still to say so (RFC 5802 §5). */
async function proven<Stop>(run: SaslRun<Stop>, { right, final }: Proof, found: Found): Promise<SaslOutcome<Stop>> {
  const { username, lookup } = found
  const judged = lookup.kind === 'throttled' ? lookup : await lookup.conclude(right)
  if (judged.kind !== 'accepted' || final === null) return verdict(username, judged)
  const answer = await run.ask(final)
  if (!Buffer.isBuffer(answer)) return { kind: 'stopped', by: answer }
  if (answer.length > 0) return { kind: 'malformed' }
  // The client may have taken its time over it, so as to come in behind a change of its password.
  return verdict(username, lookup.kind === 'found' && (await lookup.confirm()) ? judged : { kind: 'invalid' })
}

/** Fails like a wrong password, whatever the proof would have been. */
async function unbound(run: SaslRun<unknown>, { username, lookup }: Found) {
  if (lookup.kind === 'throttled') return verdict(username, lookup)
  const { remoteAddress, sessionId } = run.caller
  const about = { email: username.slice(0, authLimits.username), ip_address: remoteAddress, session_id: sessionId }
  channelBindingRefused(run.log, { ...about, auth_method: METHODS[run.mechanism] })
  return verdict(username, await lookup.conclude(false))
}
