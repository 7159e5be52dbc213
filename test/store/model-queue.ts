/** The queue of the model store: local copies and remote recipients of what was accepted. */
import type { Clock } from '../../src/core/clock.js'
import type { BlobId } from '../../src/core/ids.js'
import type { StoreLimits } from '../../src/core/limits.js'
import {
  type Acceptance,
  type Accepted,
  type FailedMessage,
  type FailedRecipient,
  type QueueEntry,
  type QueueStore,
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

interface Failed extends Omit<FailedMessage, 'recipients'>, FailedRecipient {}

export class ModelQueue extends ModelMail implements QueueStore {
  readonly #queue: (QueueEntry & { readonly blob: BlobId })[] = []
  #failed: Failed[] = []
  readonly #recent: ModelRecent

  constructor(clock: Clock, limits: Partial<StoreLimits> = {}) {
    super(clock, limits)
    this.#recent = new ModelRecent(this.limits.duplicateWindow)
  }

  protected override isQueued(blob: BlobId): boolean {
    return [...this.#queue, ...this.#failed].some((entry) => entry.blob === blob)
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
    for (const { recipient, dsn = NO_DSN } of recipients) {
      const times = { retryCount: 0, nextRetry: receivedAt, enqueuedAt: receivedAt }
      this.#queue.push({
        id,
        from,
        recipient,
        size: blob.size,
        status: 'pending',
        ...times,
        envelope,
        dsn,
        blob: content.id,
      })
    }
    const told = diagnostic === undefined ? [] : overQuota.filter((d) => !d.answered && wantsBounce(from, d.dsn))
    for (const { recipient, dsn = NO_DSN } of told) {
      if (this.#failed.some((one) => one.id === id && one.recipient === recipient)) continue
      const message = { id, from, envelope, blob: content.id, enqueuedAt: receivedAt }
      this.#failed.push({ ...message, recipient, dsn, diagnostic: diagnostic ?? '' })
    }
    if (told.length > 0) this.duty('bounce')
    return { duplicates, overQuota }
  }

  #those({ message, recipients }: Settled): Failed[] {
    return this.#failed.filter((one) => one.id === message && recipients.includes(one.recipient))
  }

  async dropFailed(settled: Settled): Promise<void> {
    const those = this.#those(settled)
    this.#failed = this.#failed.filter((one) => !those.includes(one))
  }

  async listFailed(after: string, limit: number): Promise<readonly FailedMessage[]> {
    const ids = [...new Set(this.#failed.map(({ id }) => id))].filter((id) => id > after).sort(byBytes)
    return ids.slice(0, limit).map((id) => {
      const those = this.#failed.filter((one) => one.id === id).sort((a, b) => byBytes(a.recipient, b.recipient))
      const { recipient: _, dsn: _dsn, diagnostic: _diagnostic, ...message } = must(those[0])
      const recipients = those.map(({ recipient, dsn, diagnostic }) => ({ recipient, dsn, diagnostic }))
      return { ...message, recipients }
    })
  }

  async listQueue(limit: number): Promise<readonly QueueEntry[]> {
    return this.#queue
      .map(({ blob: _, ...entry }) => entry)
      .sort((a, b) => a.nextRetry - b.nextRetry || byBytes(a.id, b.id) || byBytes(a.recipient, b.recipient))
      .slice(0, limit)
  }
}
