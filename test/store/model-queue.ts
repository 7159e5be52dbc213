/** The queue of the model store: local copies and remote recipients of what was accepted. */
import type { Clock } from '../../src/core/clock.js'
import type { BlobId } from '../../src/core/ids.js'
import type { StoreLimits } from '../../src/core/limits.js'
import { mayBeReport } from '../../src/message/report-parts.js'
import { destinationOf } from '../../src/store/destination.js'
import { isHeld } from '../../src/store/hold-rules.js'
import {
  type Acceptance,
  type Accepted,
  type Claim,
  type Destination,
  type FinishedDelivery,
  type HoldRule,
  type IncomingReport,
  type QueueStatus,
  type QueueStore,
  type RecipientDsn,
  type ReportKind,
  type SettledReport,
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
  /** Its sender has not been told that it takes long, and may be. */
  unwarned: boolean
  /** What its sender is to be told. */
  report: ReportKind | null
}

export class ModelQueue extends ModelMail implements QueueStore {
  protected queue: Queued[] = []
  /** By queue id, since when the sender is owed a report, and when it is due. */
  protected readonly reports = new Map<string, { readonly since: number; readonly due: number }>()
  readonly #recent: ModelRecent
  /** In the order in which they left the queue. */
  protected finished: (FinishedDelivery & { readonly transcript: string | null })[] = []
  protected incoming: IncomingReport[] = []
  #serial = 0
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
    expanded = [],
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
    if (settles !== undefined) this.settle(settles)
    for (const box of boxes) this.#recent.note(box.id, blob, receivedAt)
    const remote = deliveries.filter((d) => d.kind === 'remote')
    const recipients = remote.filter((d, i) => remote.findIndex((e) => e.recipient === d.recipient) === i)
    const content = this.keep(blob)
    const flags = { system: 0, keywords: [] }
    for (const box of boxes) {
      this.add(box, box.keywords, [{ content, flags, internalDate: receivedAt, internalZone: 0 }], null)
    }
    if (from === '' && settles === undefined && boxes.size > 0 && mayBeReport(blob.index))
      this.#noteIncoming(content.id)
    const message = { id, from, envelope, blob: content.id, size: blob.size, enqueuedAt: receivedAt }
    for (const { recipient, dsn = NO_DSN } of recipients) {
      const status = isHeld(this.holdRules, from, recipient) ? 'held' : 'pending'
      this.queue.push({ ...fresh(message, recipient, dsn), status })
    }
    const told = diagnostic === undefined ? [] : overQuota.filter((d) => !d.answered && wantsBounce(from, d.dsn))
    const got = deliveries.flatMap((d) => (d.kind === 'local' && !full.includes(this.box(d.mailbox)) ? [d] : []))
    const owed = [
      ...told.map((d) => ({ ...d, status: 'failed', report: 'failed', lastReply: diagnostic ?? '' }) as const),
      ...got
        .filter((d) => from !== '' && d.dsn?.notify?.includes('success'))
        .map((d) => ({ ...d, status: 'delivered', report: 'delivered', lastReply: null }) as const),
      ...expanded
        .filter(() => from !== '')
        .map((one) => ({ ...one, status: 'delivered', report: 'expanded', lastReply: null }) as const),
    ]
    for (const { recipient, dsn = NO_DSN, status, report, lastReply } of owed) {
      if (this.queue.some((one) => one.id === id && one.recipient === recipient)) continue
      this.queue.push({ ...fresh(message, recipient, dsn), status, report, lastReply, unwarned: false })
    }
    if (recipients.length > 0) this.noteQueued?.()
    this.scheduleReport(id, receivedAt)
    return { duplicates, overQuota }
  }

  #noteIncoming(blob: BlobId): void {
    this.incoming.push({ serial: ++this.#serial, blob })
    this.duty('incoming-report')
  }

  #those({ message, recipients }: SettledReport): Queued[] {
    return this.queue.filter(
      (one) => one.id === message && recipients.some((r) => r.recipient === one.recipient && r.kind === one.report),
    )
  }

  /** Who is delayed goes on waiting. */
  protected settle(settled: SettledReport): void {
    const those = this.#those(settled)
    for (const one of those) one.report = null
    this.queue = this.queue.filter((one) => !those.includes(one) || one.status === 'pending' || one.status === 'held')
    this.tidyReports()
  }

  protected tidyReports(): void {
    for (const id of [...this.reports.keys()])
      if (!this.queue.some((one) => one.id === id && one.report !== null)) this.reports.delete(id)
  }

  protected scheduleReport(id: string, at: number): void {
    this.tidyReports()
    const those = this.queue.filter((one) => one.id === id)
    if (those.every(({ report }) => report === null)) return
    const awaited = those.some((one) => one.status === 'pending' && (one.claimed || one.lastAttempt === null))
    const since = this.reports.get(id)?.since ?? at
    this.reports.set(id, { since, due: since + (awaited ? this.limits.reportWait : 0) })
    this.duty('bounce')
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
  unwarned: message.from !== '' && (dsn.notify === null || dsn.notify.includes('delay')),
  report: null,
})
