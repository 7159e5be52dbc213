/** What operators do with the queue, on the model store: it looks at everybody each time. */
import { foldAddress } from '../../src/core/local-part.js'
import type {
  Controlled,
  ControlStore,
  DestinationStats,
  FinishedDelivery,
  FinishedFilter,
  HoldRule,
  QueueAction,
  QueuedRecipient,
  QueueFilter,
  QueuePosition,
  QueueStats,
  QueueStatus,
  Suppressed,
} from '../../src/store/store.js'
import { ModelBounces } from './model-bounces.js'
import { byBytes, refuse } from './model-data.js'
import type { Queued } from './model-queue.js'

const GIVEN_UP = '554 5.0.0 Given up by the administrator'

const holds = (text: string | null, part: string | undefined): boolean =>
  part === undefined || (text?.toLowerCase().includes(part.toLowerCase()) ?? false)

const isFrom = (from: string, part: string | undefined): boolean => (part === '' ? from === '' : holds(from, part))
const is = <T>(value: T, wanted: T | undefined): boolean => wanted === undefined || value === wanted

const byPlace = (a: QueuePosition, b: QueuePosition): number => byBytes(a.id, b.id) || byBytes(a.recipient, b.recipient)
const least = (times: readonly number[]): number | null => (times.length === 0 ? null : Math.min(...times))

const SUITS: { readonly [A in QueueAction]: readonly string[] } = {
  retry: ['pending'],
  hold: ['pending'],
  release: ['held'],
  fail: ['pending', 'held'],
  drop: ['pending', 'held'],
}

export class ModelControl extends ModelBounces implements ControlStore {
  readonly #suppressed = new Map<string, Suppressed>()

  #those({ id, sender, recipient, domain, status, before, error }: QueueFilter): Queued[] {
    return this.queue
      .filter((one) => is(one.id, id) && is(one.destination, domain) && is(one.status, status))
      .filter((one) => isFrom(one.from, sender) && holds(one.recipient, recipient) && holds(one.lastReply, error))
      .filter((one) => one.status !== 'delivered' && (before === undefined || one.enqueuedAt <= before))
      .sort(byPlace)
  }

  async listRecipients(filter: QueueFilter, after: QueuePosition | null, limit: number) {
    return this.#those(filter)
      .filter((one) => after === null || byPlace(one, after) > 0)
      .slice(0, limit)
      .map(
        ({
          blob: _,
          transcript: _transcript,
          report: _report,
          unwarned: _unwarned,
          status,
          ...one
        }): QueuedRecipient => ({
          ...one,
          status: status as QueueStatus,
        }),
      )
  }

  async control(action: QueueAction, filter: QueueFilter): Promise<Controlled> {
    const those = this.#those(filter)
    const free = those.filter(({ claimed }) => !claimed)
    const suited = free.filter(({ status }) => SUITS[action].includes(status))
    for (const one of suited) this.#do(action, one)
    for (const { id } of suited) this.scheduleReport(id, this.clock.now())
    if (suited.length > 0 && (action === 'retry' || action === 'release')) this.noteQueued?.()
    return { done: suited.length, claimed: those.length - free.length, unsuited: free.length - suited.length }
  }

  #do(action: QueueAction, one: Queued): void {
    if (action === 'hold') one.status = 'held'
    else if (action === 'retry' || action === 'release') {
      one.status = 'pending'
      one.nextRetry = this.clock.now()
    } else if (action === 'fail') this.#fail(one)
    else {
      this.remember(one, 'dropped', one.lastReply, this.clock.now(), one.lastHost)
      this.queue = this.queue.filter((other) => other !== one)
    }
  }

  #fail(one: Queued): void {
    this.remember(one, 'failed', GIVEN_UP, this.clock.now(), one.lastHost)
    one.lastReply = GIVEN_UP
    one.lastHost = null
    this.leave(one, { recipient: one.recipient, kind: 'failed', reply: GIVEN_UP })
  }

  async queueStats(): Promise<QueueStats> {
    const count = (status: string): number => this.queue.filter((one) => one.status === status).length
    const messages = new Map(this.queue.map(({ id, enqueuedAt }) => [id, enqueuedAt]))
    return {
      messages: messages.size,
      pending: count('pending'),
      held: count('held'),
      failed: count('failed'),
      claimed: this.queue.filter(({ claimed }) => claimed).length,
      oldest: least([...messages.values()]),
    }
  }

  async destinationStats(after: string, limit: number): Promise<readonly DestinationStats[]> {
    const waiting = this.queue.filter(({ status }) => status === 'pending' || status === 'held')
    return [...new Set([...waiting.map(({ destination }) => destination), ...this.paused])]
      .filter((destination) => byBytes(destination, after) > 0)
      .sort(byBytes)
      .slice(0, limit)
      .map((destination) => {
        const those = waiting.filter((one) => one.destination === destination)
        const pending = those.filter(({ status }) => status === 'pending')
        return {
          destination,
          pending: pending.length,
          held: those.length - pending.length,
          oldest: least(those.map(({ enqueuedAt }) => enqueuedAt)),
          nextRetry: least(pending.filter(({ claimed }) => !claimed).map(({ nextRetry }) => nextRetry)),
          paused: this.paused.has(destination),
        }
      })
  }

  async listPaused(): Promise<readonly string[]> {
    return [...this.paused].sort(byBytes)
  }

  async pauseDestination(destination: string): Promise<void> {
    if (!this.paused.has(destination) && this.paused.size >= this.limits.pauses) throw refuse('too-many-pauses')
    this.paused.add(destination)
  }

  async resumeDestination(destination: string): Promise<void> {
    if (!this.paused.delete(destination)) throw refuse('no-such-destination')
    this.noteQueued?.()
  }

  async listHoldRules(): Promise<readonly HoldRule[]> {
    return [...this.holdRules].sort((a, b) => byBytes(a.name, b.name))
  }

  async addHoldRule({ name, sender, recipient }: Omit<HoldRule, 'createdAt'>): Promise<HoldRule> {
    if (this.holdRules.some((one) => one.name === name)) throw refuse('hold-rule-exists')
    if (this.holdRules.length >= this.limits.holdRules) throw refuse('too-many-hold-rules')
    const rule = { name, sender, recipient, createdAt: this.clock.now() }
    this.holdRules.push(rule)
    return rule
  }

  async removeHoldRule(name: string): Promise<void> {
    const at = this.holdRules.findIndex((one) => one.name === name)
    if (at === -1) throw refuse('no-such-hold-rule')
    this.holdRules.splice(at, 1)
  }

  async listFinished(
    { id, sender, recipient, domain, error, outcome }: FinishedFilter,
    before: number | null,
    limit: number,
  ): Promise<readonly FinishedDelivery[]> {
    return this.finished
      .toReversed()
      .filter((one) => is(one.id, id) && is(one.destination, domain) && is(one.outcome, outcome))
      .filter((one) => isFrom(one.from, sender) && holds(one.recipient, recipient) && holds(one.reply, error))
      .filter(({ serial }) => before === null || serial < before)
      .slice(0, limit)
      .map(({ transcript: _, ...one }) => one)
  }

  async transcript({ id, recipient }: QueuePosition): Promise<string | null> {
    const here = (one: QueuePosition): boolean => one.id === id && one.recipient === recipient
    return this.queue.find(here)?.transcript ?? this.finished.findLast(here)?.transcript ?? null
  }

  async forgetFinished(until: number): Promise<number> {
    const gone = this.finished.filter(({ finishedAt }) => finishedAt < until)
    this.finished = this.finished.filter((one) => !gone.includes(one))
    return gone.length
  }

  async listSuppressed(after: string, limit: number): Promise<readonly Suppressed[]> {
    return [...this.#suppressed.values()]
      .filter(({ address }) => byBytes(address, after) > 0)
      .sort((a, b) => byBytes(a.address, b.address))
      .slice(0, limit)
  }

  async findSuppressed(addresses: readonly string[]): Promise<readonly Suppressed[]> {
    return [...new Set(addresses.map(foldAddress))].flatMap((address) => this.#suppressed.get(address) ?? [])
  }

  async suppress(written: string, reason: string): Promise<Suppressed> {
    const address = foldAddress(written)
    const since = this.#suppressed.get(address)?.since ?? this.clock.now()
    this.#suppressed.set(address, { address, reason, since })
    return { address, reason, since }
  }

  async unsuppress(address: string): Promise<void> {
    if (!this.#suppressed.delete(foldAddress(address))) throw refuse('no-such-address')
  }
}
