/**
 * Tells senders what became of their mail. What they are owed stands in the data until the report on it is stored
 * in the same transaction that forgets it, so that a crash neither loses nor repeats one.
 */
import { Chore } from '../core/chore.js'
import type { Clock } from '../core/clock.js'
import { newId, type Random } from '../core/ids.js'
import { queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { StoreError } from '../store/errors.js'
import type { SealedBlob } from '../store/spool.js'
import type { Delivery, OwedReport, ReportKind, Store } from '../store/store.js'
import { bounceDropped, bounceFailed, bounceGenerated } from './events.js'
import { excerptOf } from './excerpt.js'
import { type ComposedReport, composeReport, type Report } from './report.js'
import { isAscii } from './report-lines.js'

export interface BouncerParts {
  readonly store: Pick<Store, 'listReports' | 'dropReports' | 'accept' | 'newSpool' | 'openBlob' | 'indexes'>
  /** Where mail for an address goes; null: nowhere. */
  readonly destinations: (address: string) => Promise<readonly Delivery[] | null>
  /** Our own name. */
  readonly hostname: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export class Bouncer {
  readonly #parts: BouncerParts
  readonly #chore: Chore

  constructor(parts: BouncerParts) {
    this.#parts = parts
    const round = (stopped: () => boolean): Promise<boolean> => this.#round(stopped)
    this.#chore = new Chore({ clock: parts.clock, retry: queueLimits.bounceRetry, round })
  }

  /** Call at the start and when a recipient has failed. It returns at once. */
  wake(): void {
    this.#chore.wake()
  }

  /** Ends after the report that is being made. Calling it twice is fine. */
  stop(): Promise<void> {
    return this.#chore.stop()
  }

  /** One look at all that is owed. @returns whether all of it is settled */
  async #round(stopped: () => boolean): Promise<boolean> {
    let settled = true
    for (let after: OwedReport | null = null; !stopped(); ) {
      const some: readonly OwedReport[] | null = await this.#owed(after).catch((error: unknown) => {
        this.#failed('', error)
        return null
      })
      if (some === null) return false
      for (const message of some) settled = !stopped() && (await this.#settle(message)) && settled
      after = some.at(-1) ?? null
      if (some.length < queueLimits.bouncesPerLook) break
    }
    return settled
  }

  /** Whatever is owed, due or not. */
  #owed(after: OwedReport | null): Promise<readonly OwedReport[]> {
    return this.#parts.store.listReports(Number.MAX_SAFE_INTEGER, after, queueLimits.bouncesPerLook)
  }

  async #settle(message: OwedReport): Promise<boolean> {
    try {
      await this.#tell(message)
      return true
    } catch (error) {
      this.#failed(message.id, error)
      return false
    }
  }

  async #tell(message: OwedReport): Promise<void> {
    const { id, from } = message
    // RFC 5321 §4.5.5: nobody is told, so that no report is ever made on a report.
    const deliveries = from === '' ? null : await this.#parts.destinations(from)
    if (deliveries === null) return this.#drop(message, from === '' ? 'no sender' : 'the sender has no mailbox')
    try {
      await this.#send(message, deliveries)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      if (error.refusal === 'over-quota') return this.#drop(message, "the sender's mailbox is full")
      // Somebody else has settled it.
      if (error.refusal !== 'no-such-message') throw error
      bounceDropped(this.#parts.log, { message_id: id, to: from, reason: 'it was settled before' })
    }
  }

  async #drop(message: OwedReport, reason: string): Promise<void> {
    await this.#parts.store.dropReports(settling(message))
    bounceDropped(this.#parts.log, { message_id: message.id, to: message.from, reason })
  }

  async #send(message: OwedReport, deliveries: readonly Delivery[]): Promise<void> {
    const { store, clock, random, log } = this.#parts
    const id = newId(random)
    const report = await this.#composed(message, deliveries, id)
    const { body, utf8 } = report
    await store.accept({
      id,
      from: '',
      envelope: { body, utf8, returned: null, envelopeId: null },
      deliveries,
      blob: await this.#sealed(report, deliveries),
      receivedAt: clock.now(),
      partial: true,
      settles: settling(message),
    })
    const counts = { recipients_count: message.recipients.length }
    bounceGenerated(log, { message_id: message.id, bounce_id: id, to: message.from, ...counts })
  }

  async #composed(message: OwedReport, deliveries: readonly Delivery[], id: string): Promise<ComposedReport> {
    const { hostname, clock } = this.#parts
    const { from: to, enqueuedAt: arrivedAt, envelope } = message
    return composeReport({
      ...{ hostname, id, to, at: clock.now(), arrivedAt, queueId: message.id },
      envelopeId: envelope.envelopeId,
      utf8: takesUtf8(message, deliveries),
      international: envelope.utf8,
      recipients: reported(message),
      returned: await this.#returned(message),
      doubleBounce: null,
    })
  }

  /** A message that cannot be read is not returned, and its sender is told all the same. */
  async #returned(message: OwedReport): Promise<Report['returned']> {
    try {
      return await excerptOf(this.#parts.store, message, message.envelope.returned === 'full')
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return null
    }
  }

  async #sealed({ octets }: ComposedReport, deliveries: readonly Delivery[]): Promise<SealedBlob> {
    // RFC 5321 §4.4: the last server writes down the reverse-path.
    const final = deliveries.some(({ kind }) => kind === 'local')
    const spool = this.#parts.store.newSpool()
    try {
      if (final) await spool.write(Buffer.from('Return-Path: <>\r\n'))
      await spool.write(octets)
      return await spool.seal()
    } catch (error) {
      await spool.discard()
      throw error
    }
  }

  #failed(message_id: string, error: unknown): void {
    bounceFailed(this.#parts.log, { message_id, error: error instanceof Error ? error.message : String(error) })
  }
}

const settling = ({ id, recipients }: OwedReport) => ({
  message: id,
  recipients: recipients.map(({ recipient, kind }) => ({ recipient, kind })),
})

/** RFC 6533 §4.5: who sent an internationalised message can read one, unless servers in between cannot pass it on. */
const takesUtf8 = ({ envelope, from }: OwedReport, deliveries: readonly Delivery[]): boolean =>
  envelope.utf8 && (!isAscii(from) || deliveries.every(({ kind }) => kind === 'local'))

const reported = ({ recipients }: OwedReport): Report['recipients'] =>
  recipients.map(({ recipient, dsn, kind, reply, host, lastAttempt }) => ({
    recipient,
    originalRecipient: dsn.originalRecipient,
    action: kind,
    status: statusOf(reply ?? '', CLASSES[kind]),
    diagnostic: reply,
    remote: host,
    lastAttempt,
    willRetryUntil: null,
  }))

const CLASSES: { readonly [K in ReportKind]: string } = {
  failed: '5',
  delayed: '4',
  delivered: '2',
  relayed: '2',
  expanded: '2',
}

/** RFC 3463, of an SMTP reply. `usual`: the class where the reply has no enhanced code, and is no reply. */
const statusOf = (reply: string, usual: string): string =>
  /^[245]\d\d[ -](\d\.\d{1,3}\.\d{1,3})/.exec(reply)?.[1] ?? `${/^[245]/.exec(reply)?.[0] ?? usual}.0.0`
