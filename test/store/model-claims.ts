/** What the runner does with the queue, on the model store: it looks at everybody each time. */
import type {
  Attempt,
  Claim,
  ClaimRequest,
  DueDestination,
  Interrupted,
  OutboundStore,
  Outcome,
  RecipientResult,
} from '../../src/store/store.js'
import { byBytes, must } from './model-data.js'
import { byTurn, ModelQueue, type Queued } from './model-queue.js'

export class ModelClaims extends ModelQueue implements OutboundStore {
  #free(): Queued[] {
    return this.queue
      .filter(({ status, claimed, destination }) => status === 'pending' && !claimed && !this.paused.has(destination))
      .sort(byTurn)
  }

  async dueDestinations(
    until: number,
    limit: number,
    after: DueDestination = { due: -1, destination: '' },
  ): Promise<readonly DueDestination[]> {
    const due = new Map(
      this.#free()
        .filter(({ nextRetry }) => nextRetry <= until)
        .toReversed()
        .map(({ destination, nextRetry }) => [destination, nextRetry]),
    )
    return [...due]
      .map(([destination, due]) => ({ destination, due }))
      .sort(byDue)
      .filter((one) => byDue(one, after) > 0)
      .slice(0, limit)
  }

  async nextDue(after: number): Promise<number | null> {
    const first = new Map(
      this.#free()
        .toReversed()
        .map(({ destination, nextRetry }) => [destination, nextRetry]),
    )
    return [...first.values()].filter((due) => due > after).sort((a, b) => a - b)[0] ?? null
  }

  async claimDue({ destination, now, messages, recipients }: ClaimRequest): Promise<readonly Claim[]> {
    const due = this.#free().filter((one) => one.destination === destination && one.nextRetry <= now)
    const ids = [...new Set(due.map(({ id }) => id))].slice(0, messages)
    return ids.map((id) => {
      const those = due.filter((one) => one.id === id).slice(0, recipients)
      for (const one of those) one.claimed = true
      const { from, envelope, blob, size, enqueuedAt } = must(those[0])
      const named = those
        .sort((a, b) => byBytes(a.recipient, b.recipient))
        .map(({ recipient, dsn, retryCount }) => ({ recipient, dsn, retryCount }))
      return { id, from, envelope, blob, size, enqueuedAt, destination, recipients: named }
    })
  }

  async recordAttempt(attempt: Attempt): Promise<void> {
    let any = false
    for (const result of attempt.results) {
      const one = this.queue.find((q) => q.id === attempt.message && q.recipient === result.recipient && q.claimed)
      if (one === undefined) continue
      this.#record(one, result, attempt)
      any = true
    }
    if (any) this.scheduleReport(attempt.message, attempt.at)
  }

  #record(one: Queued, result: RecipientResult, { at, host, transcript }: Attempt): void {
    one.claimed = false
    if (result.kind === 'deferred' || result.kind === 'released') one.nextRetry = result.nextRetry
    if (result.kind === 'released') return
    if (result.kind === 'deferred' && one.lastAttempt === null && one.unwarned) this.duty('bounce')
    Object.assign(one, { lastAttempt: at, lastHost: host, lastReply: result.reply, transcript })
    if (result.kind === 'deferred') one.retryCount = result.retryCount
    else this.#finish(one, result, { at, host })
  }

  #finish(one: Queued, result: Final, { at, host }: Pick<Attempt, 'at' | 'host'>): void {
    this.remember(one, result.kind, result.reply, at, host)
    this.leave(one, result)
  }

  /** Puts it into the history. */
  protected remember(one: Queued, outcome: Outcome, reply: string | null, at: number, host: string | null): void {
    const { id, from, recipient, destination, retryCount, size, enqueuedAt, transcript } = one
    const message = { id, from, recipient, destination, retryCount, size, enqueuedAt, transcript }
    const serial = 1 + (this.finished.at(-1)?.serial ?? 0)
    this.finished.push({ serial, ...message, outcome, reply, host, finishedAt: at })
  }

  /** Out of the queue, or what is left of it as long as a report is owed. */
  protected leave(one: Queued, result: Final): void {
    const { notify } = one.dsn
    const failure = result.kind === 'failed' && (notify === null || notify.includes('failure'))
    const relayed = result.kind === 'delivered' && !result.reports && one.from !== '' && notify?.includes('success')
    one.status = result.kind
    one.report = failure ? 'failed' : relayed ? 'relayed' : null
    if (one.report === null) this.queue = this.queue.filter((other) => other !== one)
  }

  async releaseClaims(): Promise<readonly Interrupted[]> {
    const claimed = this.queue.filter((one) => one.claimed)
    for (const one of claimed) one.claimed = false
    return claimed
      .map(({ id, recipient }) => ({ id, recipient }))
      .sort((a, b) => byBytes(a.id, b.id) || byBytes(a.recipient, b.recipient))
  }

  onQueued(listener: (() => void) | null): void {
    this.noteQueued = listener
  }
}

type Final = Extract<RecipientResult, { kind: 'delivered' | 'failed' }>

const byDue = (a: DueDestination, b: DueDestination): number => a.due - b.due || byBytes(a.destination, b.destination)
