/**
 * What the runner has from the store and tells it: claims, and what became of them. A store that cannot be used for a
 * while is asked again until it can: what another server acknowledged must not be forgotten. What is written is told in
 * the log behind it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import { foldAddress } from '../core/local-part.js'
import type { Log } from '../core/log.js'
import type { ControlStore } from '../store/control-store.js'
import type { Attempt, Claim, Destination, OutboundStore, RecipientResult } from '../store/outbound-store.js'
import { deliveryInterrupted, queueProcessed, queueStoreFailed } from './events.js'
import { tellOutcome } from './outcome-log.js'
import type { QueueSize } from './queue-size.js'
import { pause } from './waiting.js'

export type QueueData = OutboundStore & Pick<ControlStore, 'findSuppressed' | 'queueStats'>

export interface LedgerParts {
  readonly store: QueueData
  readonly size: QueueSize
  readonly clock: Clock
  readonly log: Log
  readonly stopping: AbortSignal
  /** Somebody is due again at this time. */
  readonly dueAt: (at: number) => void
}

/** Lines of the log that are written in one go: about a millisecond. */
const LINES_PER_TURN = 100

export class Ledger {
  readonly #parts: LedgerParts
  /** Recipients that were tried since `#begun`. */
  #processed = 0
  #begun: number
  #isCounting = false

  constructor(parts: LedgerParts) {
    this.#parts = parts
    this.#begun = parts.clock.now()
  }

  /** Whoever had them is gone. */
  async recover(): Promise<void> {
    const interrupted = await this.#insist('release claims', () => this.#parts.store.releaseClaims())
    for (const [n, { id, recipient }] of (interrupted ?? []).entries()) {
      deliveryInterrupted(this.#parts.log, { message_id: id, recipient })
      // Thousands may have been claimed.
      if (n % LINES_PER_TURN === LINES_PER_TURN - 1) await nextTurn()
    }
  }

  /** Empty when the end of the server comes first. */
  async claim(destination: Destination, messages: number): Promise<readonly Claim[]> {
    const { store, clock } = this.#parts
    const recipients = queueLimits.claimedRecipients
    const claim = () => store.claimDue({ destination, now: clock.now(), messages, recipients })
    return (await this.#insist('claim what is due', claim)) ?? []
  }

  /** Those of the claim to whom nothing is sent, and why. */
  async suppressed({ recipients }: Claim): Promise<ReadonlyMap<string, string>> {
    const addresses = recipients.map(({ recipient }) => recipient)
    const find = () => this.#parts.store.findSuppressed(addresses)
    const found = (await this.#insist('look for suppressed addresses', find)) ?? []
    const reasons = new Map(found.map(({ address, reason }) => [address, reason]))
    return new Map(
      addresses.flatMap((address) => {
        const reason = reasons.get(foldAddress(address))
        return reason === undefined ? [] : [[address, reason]]
      }),
    )
  }

  /** Resolves when it is written, or the end of the server cannot wait for that. @param begun when the attempt began */
  async record(claim: Claim, attempt: Attempt, begun: number): Promise<void> {
    const { store, size, log, dueAt } = this.#parts
    const written = await this.#insist('record an attempt', async () => {
      await store.recordAttempt(attempt)
      return true
    })
    if (written === null) return
    this.#processed += attempt.results.filter(({ kind }) => kind !== 'released').length
    size.add(-attempt.results.filter(({ kind }) => kind === 'delivered' || kind === 'failed').length)
    tellOutcome(log, claim, attempt, begun)
    for (const at of dates(attempt.results)) dueAt(at)
  }

  /** Nothing was tried. */
  release(claim: Claim, nextRetry: number): Promise<void> {
    const results = claim.recipients.map(
      ({ recipient }): RecipientResult => ({ recipient, kind: 'released', nextRetry }),
    )
    const at = this.#parts.clock.now()
    return this.record(claim, { message: claim.id, at, host: null, transcript: null, results }, at)
  }

  /** Tells what was done since it was called last, if anything was. */
  summarise(): void {
    const { size, clock, log } = this.#parts
    const items_processed = this.#processed
    const processing_duration_ms = clock.now() - this.#begun
    this.#begun = clock.now()
    this.#processed = 0
    if (items_processed > 0)
      queueProcessed(log, { items_pending: size.recipients, items_processed, processing_duration_ms })
  }

  /** Sets right how many wait. Nobody waits for it: it may take its time. Never rejects. */
  async count(): Promise<void> {
    const { size, log, stopping } = this.#parts
    if (this.#isCounting) return
    this.#isCounting = true
    try {
      await size.refresh()
    } catch (error) {
      if (!stopping.aborted) queueStoreFailed(log, { doing: 'count what waits', error: String(error) })
    }
    this.#isCounting = false
  }

  /** @returns null: the end of the server came first */
  async #insist<T>(doing: string, work: () => Promise<T>): Promise<T | null> {
    const { clock, log, stopping } = this.#parts
    for (let wait: number = queueLimits.storeRetry; ; wait = Math.min(wait * 2, queueLimits.storeRetryMax)) {
      try {
        return await work()
      } catch (error) {
        queueStoreFailed(log, { doing, error: error instanceof Error ? error.message : String(error) })
      }
      if (stopping.aborted) return null
      await pause(clock, wait, stopping)
    }
  }
}

const dates = (results: readonly RecipientResult[]): ReadonlySet<number> =>
  new Set(results.flatMap((result) => ('nextRetry' in result ? [result.nextRetry] : [])))
