/** The queue of the model store: local copies and remote recipients of what was accepted. */
import type { Clock } from '../../src/core/clock.js'
import type { BlobId } from '../../src/core/ids.js'
import type { StoreLimits } from '../../src/core/limits.js'
import type { Acceptance, Accepted, QueueEntry, QueueStore } from '../../src/store/store.js'
import { type Box, byBytes, must, refuse } from './model-data.js'
import { ModelMail } from './model-mail.js'
import { ModelRecent } from './model-recent.js'

const NO_ENVELOPE = { body: null, utf8: false, returned: null, envelopeId: null }
const NO_DSN = { notify: null, originalRecipient: null }

const localTo = (box: Box, deliveries: Acceptance['deliveries']) =>
  must(deliveries.flatMap((d) => (d.kind === 'local' && d.mailbox === box.id ? [d] : []))[0])

export class ModelQueue extends ModelMail implements QueueStore {
  readonly #queue: (QueueEntry & { readonly blob: BlobId })[] = []
  readonly #recent: ModelRecent

  constructor(clock: Clock, limits: Partial<StoreLimits> = {}) {
    super(clock, limits)
    this.#recent = new ModelRecent(this.limits.duplicateWindow)
  }

  protected override isQueued(blob: BlobId): boolean {
    return this.#queue.some((entry) => entry.blob === blob)
  }

  async accept({
    id,
    from,
    envelope = NO_ENVELOPE,
    deliveries,
    blob,
    receivedAt,
    partial = false,
  }: Acceptance): Promise<Accepted> {
    const all = [...new Set(deliveries.flatMap((d) => (d.kind === 'local' ? [this.box(d.mailbox)] : [])))]
    const duplicates = all.filter((box) => this.#recent.had(box.id, blob, receivedAt)).map((box) => box.id)
    const wanted = all.filter((box) => !duplicates.includes(box.id))
    const boxes = this.boxesWithRoom(wanted, blob.size)
    const full = wanted.filter((box) => !boxes.has(box))
    const overQuota = full.map((box) => localTo(box, deliveries))
    const nobody = boxes.size === 0 && deliveries.every((d) => d.kind === 'local')
    if (full.length > 0 && (nobody || !partial)) throw refuse('over-quota')
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
    return { duplicates, overQuota }
  }

  async listQueue(limit: number): Promise<readonly QueueEntry[]> {
    return this.#queue
      .map(({ blob: _, ...entry }) => entry)
      .sort((a, b) => a.nextRetry - b.nextRetry || byBytes(a.id, b.id) || byBytes(a.recipient, b.recipient))
      .slice(0, limit)
  }
}
