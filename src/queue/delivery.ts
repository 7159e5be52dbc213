/**
 * One attempt: a message to the recipients that are due at one destination, over one host of its plan after the other as
 * long as it is the host that fails. Whatever happens, each recipient gets a result, and it is written down before
 * anything else is done.
 */
import type { Clock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { Claim, ClaimedRecipient, RecipientResult } from '../store/outbound-store.js'
import type { OutboundContent, OutboundSession, Plan, Transaction, Verdict } from './contracts.js'
import { deliveryFault } from './events.js'
import type { Ledger } from './ledger.js'
import type { HostsPlan, Line, Opened, Resting, Trail } from './line.js'
import { isLastAttempt, mayWaitUntil, outcomeOf } from './outcome.js'

export interface DeliveryParts {
  readonly ledger: Ledger
  /** The octets of a message; null: they are gone. */
  readonly content: (claim: Claim) => Promise<OutboundContent | null>
  /** Milliseconds to wait after failure 1, 2, …. */
  readonly schedule: () => readonly number[]
  readonly clock: Clock
  readonly log: Log
}

/** What is known of a destination without asking anybody. */
export type Settled = Extract<Plan, { readonly kind: 'failed' | 'later' }>

/** well: all was taken. rested: nobody was tried. */
export type Went = 'well' | 'partly' | 'host-trouble' | 'rested'

const REPLIES = {
  fault: '451 4.3.0 Trouble of our own, it is tried again',
  noContent: '451 4.3.0 The message cannot be read now',
  noHost: '450 4.4.1 No host can be used now',
} as const

export class Delivery {
  readonly #parts: DeliveryParts

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  async attempt(claim: Claim, plan: HostsPlan, line: Line): Promise<Went> {
    const { clock, ledger } = this.#parts
    const begun = clock.now()
    const trial = new Trial(claim, this.isLast(claim))
    await this.#guarded(trial, line, async () => {
      trial.suppress(await ledger.suppressed(claim))
      if (!trial.isOver) await this.#send(trial, plan, line)
    })
    return this.#record(trial, begun)
  }

  /** For one of them it is the last attempt, which is made in earnest. */
  isLast({ recipients }: Claim): boolean {
    const schedule = this.#parts.schedule()
    return recipients.some((one) => isLastAttempt(one, schedule))
  }

  /** No host is to be tried now. Never rejects. */
  async putOff(claim: Claim, resting: Resting): Promise<void> {
    const trial = new Trial(claim, false)
    trial.suppress(await this.#parts.ledger.suppressed(claim))
    trial.stuck(resting)
    await this.#record(trial, this.#parts.clock.now())
  }

  /** What is known without asking anybody. Never rejects. */
  async settle(claim: Claim, { kind, reply }: Settled): Promise<void> {
    const trial = new Trial(claim, false)
    trial.all(kind === 'failed' ? 'refused' : 'later', reply)
    await this.#record(trial, this.#parts.clock.now())
  }

  async #send(trial: Trial, plan: HostsPlan, line: Line): Promise<void> {
    const { claim } = trial
    const content = await this.#parts.content(claim)
    if (content === null) return trial.all('later', REPLIES.noContent)
    for (;;) {
      const opened = await line.session(plan, trial.trail)
      if (opened.kind !== 'open') return trial.stuck(opened)
      const { session } = opened
      trial.note(opened.transcript)
      const { id, from, envelope } = claim
      const transaction = await session.deliver({ id, from, envelope, content, recipients: trial.left })
      trial.take(transaction, session)
      if (transaction.hostTrouble === null) line.worked()
      else await line.failed(transaction.hostTrouble)
      if (trial.isOver) return
    }
  }

  async #guarded(trial: Trial, line: Line, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error))
      const { id: message_id, destination } = trial.claim
      deliveryFault(this.#parts.log, { message_id, destination, error: message, stack: stack ?? '' })
      trial.all('later', REPLIES.fault)
      line.destroy()
      await line.close()
    }
  }

  async #record(trial: Trial, begun: number): Promise<Went> {
    const { ledger, clock, schedule } = this.#parts
    const { claim, host } = trial
    const at = clock.now()
    const results = claim.recipients.map((one) => trial.resultOf(one, schedule(), at))
    await ledger.record(claim, { message: claim.id, at, host, transcript: trial.transcript, results }, begun)
    return trial.went(results)
  }
}

/** What is known in the course of an attempt. */
class Trial {
  readonly claim: Claim
  readonly trail: Trail
  readonly #verdicts = new Map<string, Verdict>()
  /** Those without a verdict that counts. */
  #left: readonly ClaimedRecipient[]
  #transcript = ''
  #host: string | null = null
  #resting: Resting | null = null
  #stopping = false
  #troubled = false
  /** The transaction before settled nobody. */
  #wentInVain = false

  constructor(claim: Claim, insists: boolean) {
    this.claim = claim
    this.trail = { tried: new Set(), insists }
    this.#left = claim.recipients
  }

  get left(): readonly ClaimedRecipient[] {
    return this.#left
  }

  get isOver(): boolean {
    return this.#left.length === 0
  }

  get host(): string | null {
    return this.#host
  }

  get transcript(): string | null {
    return this.#transcript === '' ? null : this.#transcript
  }

  suppress(reasons: ReadonlyMap<string, string>): void {
    for (const { recipient } of this.#left) {
      const reason = reasons.get(recipient)
      if (reason === undefined) continue
      const reply = `550 5.7.1 Nothing is sent to this address: ${reason}`
      this.#verdicts.set(recipient, { recipient, kind: 'refused', reply })
    }
    this.#left = this.#left.filter(({ recipient }) => !this.#verdicts.has(recipient))
  }

  /** The same for all that are left. */
  all(kind: 'refused' | 'later', reply: string): void {
    for (const { recipient } of this.#left) this.#verdicts.set(recipient, { recipient, kind, reply })
    this.#left = []
  }

  take({ verdicts, hostTrouble }: Transaction, session: OutboundSession): void {
    this.#host = session.host
    this.note(session.transcript())
    for (const verdict of verdicts) this.#verdicts.set(verdict.recipient, verdict)
    this.#troubled = hostTrouble !== null
    // A host that did its part may have the others by another connection.
    if (hostTrouble === null) this.trail.tried.clear()
    const again = verdicts.some(({ kind }) => kind !== 'again') || !this.#wentInVain
    this.#wentInVain = verdicts.every(({ kind }) => kind === 'again')
    const isLeft = ({ recipient }: ClaimedRecipient): boolean => {
      const kind = this.#verdicts.get(recipient)?.kind
      return (again && kind === 'again') || (hostTrouble !== null && kind === 'later')
    }
    this.#left = this.#left.filter(isLeft)
  }

  /** No host is left that could be tried. Verdicts of the one before stand where there are any. */
  stuck(why: Exclude<Opened, { readonly kind: 'open' }>): void {
    this.#stopping = why.kind === 'stopping'
    if (why.kind === 'resting') this.#resting = why
    if (why.kind !== 'none') return
    this.#troubled = true
    this.note(why.transcript)
    if (why.reply !== null) this.all(why.permanent ? 'refused' : 'later', why.reply)
  }

  resultOf(one: ClaimedRecipient, schedule: readonly number[], now: number): RecipientResult {
    const { recipient } = one
    const verdict = this.#verdicts.get(recipient)
    const isLeft = this.#left.some((left) => left.recipient === recipient)
    if (this.#stopping && isLeft) return { recipient, kind: 'released', nextRetry: now }
    if (this.#resting !== null && isLeft) return this.#wait(one, this.#resting, schedule, now)
    return outcomeOf(verdict ?? { recipient, kind: 'later', reply: REPLIES.noHost }, one, schedule, now)
  }

  went(results: readonly RecipientResult[]): Went {
    if (this.#troubled) return 'host-trouble'
    if (this.#resting !== null || this.#stopping) return 'rested'
    return results.every(({ kind }) => kind === 'delivered') ? 'well' : 'partly'
  }

  #wait(
    one: ClaimedRecipient,
    { until, reply }: { readonly until: number; readonly reply: string },
    schedule: readonly number[],
    now: number,
  ): RecipientResult {
    const { recipient } = one
    if (until < mayWaitUntil(this.claim.enqueuedAt, one, schedule))
      return { recipient, kind: 'released', nextRetry: until }
    return outcomeOf({ recipient, kind: 'later', reply }, one, schedule, now)
  }

  note(said: string): void {
    this.#transcript = (this.#transcript + said).slice(0, queueLimits.attemptTranscript)
  }
}
