/** The queue of the model store: local copies and remote recipients of what was accepted. */
import type { Clock } from '../../src/core/clock.js'
import type { BlobId } from '../../src/core/ids.js'
import type { StoreLimits } from '../../src/core/limits.js'
import { destinationOf } from '../../src/store/destination.js'
import { isHeld } from '../../src/store/hold-rules.js'
import {
  type Acceptance,
  type Accepted,
  type Claim,
  type Destination,
  type FailedMessage,
  type FinishedDelivery,
  type HoldRule,
  type QueueEntry,
  type QueueStatus,
  type QueueStore,
  type RecipientDsn,
  type Settled,
  wantsBounce,
} from '../../src/store/store.js'
import { type Box, byBytes, must, refuse } from './model-data.js'
import { ModelMail } from './model-mail.js'
import { ModelRecent } from './model-recent.js'

const NO_ENVELOPE = { body: null, utf8: false, returned: null, envelopeId: null }
const NO_DSN = { notify: null, originalRecipient: null }

const localTo = (box: Box, deliveries: Acceptance['deliveries']) =>
  must(deliveries.flatMap((d) => (d.kind === 'local' && d.mailbox === box.id ? [d] : []))[0])

/** A recipient in the queue, with what it has in common with the others of its message. */
export interface Queued
  extends Pick<Claim, 'id' | 'from' | 'envelope' | 'blob' | 'size' | 'enqueuedAt' | 'destination'> {
  readonly recipient: string
  readonly dsn: RecipientDsn
  status: QueueStatus | 'delivered'
  claimed: boolean
  retryCount: number
  nextRetry: number
  lastAttempt: number | null
  lastHost: string | null
  lastReply: string | null
  transcript: string | null
  /** What its sender is to be told. */
  report: 'failed' | 'relayed' | null
}

export class ModelQueue extends ModelMail implements QueueStore {
  protected queue: Queued[] = []
  readonly #recent: ModelRecent
  /** In the order in which they left the queue. */
  protected finished: (FinishedDelivery & { readonly transcript: string | null })[] = []
  protected readonly paused = new Set<Destination>()
  protected readonly holdRules: HoldRule[] = []
  protected noteQueued: (() => void) | null = null

  constructor(clock: Clock, limits: Partial<StoreLimits> = {}) {
    super(clock, limits)
    this.#recent = new ModelRecent(this.limits.duplicateWindow)
  }

  protected override isQueued(blob: BlobId): boolean {
    return this.queue.some((entry) => entry.blob === blob)
  }

  async accept({
    id,
    from,
    envelope = NO_ENVELOPE,
    deliveries,
    blob,
    receivedAt,
    partial = false,
    diagnostic,
    settles,
  }: Acceptance): Promise<Accepted> {
    if (settles !== undefined && this.#those(settles).length < settles.recipients.length)
      throw refuse('no-such-message')
    const all = [...new Set(deliveries.flatMap((d) => (d.kind === 'local' ? [this.box(d.mailbox)] : [])))]
    const duplicates = all.filter((box) => this.#recent.had(box.id, blob, receivedAt)).map((box) => box.id)
    const wanted = all.filter((box) => !duplicates.includes(box.id))
    const boxes = this.boxesWithRoom(wanted, blob.size)
    const full = wanted.filter((box) => !boxes.has(box))
    const overQuota = full.map((box) => localTo(box, deliveries))
    const nobody = boxes.size === 0 && deliveries.every((d) => d.kind === 'local')
    if (full.length > 0 && (nobody || !partial)) throw refuse('over-quota')
    if (settles !== undefined) await this.dropFailed(settles)
    for (const box of boxes) this.#recent.note(box.id, blob, receivedAt)
    const remote = deliveries.filter((d) => d.kind === 'remote')
    const recipients = remote.filter((d, i) => remote.findIndex((e) => e.recipient === d.recipient) === i)
    const content = this.keep(blob)
    const flags = { system: 0, keywords: [] }
    for (const box of boxes) {
      this.add(box, box.keywords, [{ content, flags, internalDate: receivedAt, internalZone: 0 }], null)
    }
    const message = { id, from, envelope, blob: content.id, size: blob.size, enqueuedAt: receivedAt }
    for (const { recipient, dsn = NO_DSN } of recipients) {
      const status = isHeld(this.holdRules, from, recipient) ? 'held' : 'pending'
      this.queue.push({ ...fresh(message, recipient, dsn), status })
    }
    const told = diagnostic === undefined ? [] : overQuota.filter((d) => !d.answered && wantsBounce(from, d.dsn))
    for (const { recipient, dsn = NO_DSN } of told) {
      if (this.queue.some((one) => one.id === id && one.recipient === recipient)) continue
      const failed = { status: 'failed', report: 'failed', lastReply: diagnostic ?? '' } as const
      this.queue.push({ ...fresh(message, recipient, dsn), ...failed })
    }
    if (recipients.length > 0) this.noteQueued?.()
    if (told.length > 0) this.duty('bounce')
    return { duplicates, overQuota }
  }

  #those({ message, recipients }: Settled): Queued[] {
    return this.queue.filter(
      (one) => one.id === message && one.report === 'failed' && recipients.includes(one.recipient),
    )
  }

  async dropFailed(settled: Settled): Promise<void> {
    const those = this.#those(settled)
    this.queue = this.queue.filter((one) => !those.includes(one))
  }

  async listFailed(after: string, limit: number): Promise<readonly FailedMessage[]> {
    const failed = this.queue.filter(({ report }) => report === 'failed')
    const ids = [...new Set(failed.map(({ id }) => id))].filter((id) => id > after).sort(byBytes)
    return ids.slice(0, limit).map((id) => {
      const those = failed.filter((one) => one.id === id).sort((a, b) => byBytes(a.recipient, b.recipient))
      const { from, envelope, blob, enqueuedAt } = must(those[0])
      const recipients = those.map(({ recipient, dsn, lastReply }) => ({ recipient, dsn, diagnostic: lastReply ?? '' }))
      return { id, from, envelope, blob, enqueuedAt, recipients }
    })
  }

  async listQueue(limit: number): Promise<readonly QueueEntry[]> {
    return this.queue
      .flatMap(({ id, from, recipient, size, status, retryCount, nextRetry, enqueuedAt, envelope, dsn }) =>
        status === 'pending'
          ? [{ id, from, recipient, size, status, retryCount, nextRetry, enqueuedAt, envelope, dsn } as const]
          : [],
      )
      .sort(byTurn)
      .slice(0, limit)
  }
}

/** Earliest first, then by id and recipient. */
export const byTurn = (a: Turn, b: Turn): number =>
  a.nextRetry - b.nextRetry || byBytes(a.id, b.id) || byBytes(a.recipient, b.recipient)

type Turn = Pick<Queued, 'id' | 'recipient' | 'nextRetry'>

type Common = Pick<Queued, 'id' | 'from' | 'envelope' | 'blob' | 'size' | 'enqueuedAt'>

const fresh = (message: Common, recipient: string, dsn: RecipientDsn): Queued => ({
  ...message,
  recipient,
  dsn,
  destination: destinationOf(recipient),
  status: 'pending',
  claimed: false,
  retryCount: 0,
  nextRetry: message.enqueuedAt,
  lastAttempt: null,
  lastHost: null,
  lastReply: null,
  transcript: null,
  report: null,
})
