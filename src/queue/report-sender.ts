/**
 * One report: to the sender of a message, or where that cannot be to the postmaster (RFC 3461 §5.2), and then never
 * again. It is stored in the operation that takes away what was owed.
 */
import type { Clock } from '../core/clock.js'
import { newId, type Random } from '../core/ids.js'
import { queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { StoreError } from '../store/errors.js'
import type { SealedBlob } from '../store/spool.js'
import type { Delivery, OwedReport, Store } from '../store/store.js'
import { bounceDropped, bounceGenerated, doubleBounce } from './events.js'
import { excerptOf } from './excerpt.js'
import { Hourly } from './hourly.js'
import { type ComposedReport, composeReport, type Report } from './report.js'
import { isAscii } from './report-lines.js'
import { reportedOf } from './reported.js'

export interface ReportSenderParts {
  readonly store: Pick<Store, 'dropReports' | 'accept' | 'newSpool' | 'openBlob' | 'indexes'>
  /** Where mail for an address goes; null: nowhere. */
  readonly destinations: (address: string) => Promise<readonly Delivery[] | null>
  /** Our own name. */
  readonly hostname: string
  /** Milliseconds between attempts. */
  readonly retrySchedule: readonly number[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Who gets it. */
interface Reader {
  readonly to: string
  readonly deliveries: readonly Delivery[]
  readonly doubleBounce: Report['doubleBounce']
}

/** Octets that are written in one turn. */
const PIECE = 64 * 1024

/** A report on a report that fails tells nobody. */
const NEVER = { notify: [], originalRecipient: null }

export class ReportSender {
  readonly #parts: ReportSenderParts
  readonly #doubleBounces: Hourly

  constructor(parts: ReportSenderParts) {
    this.#parts = parts
    this.#doubleBounces = new Hourly(parts.clock, queueLimits.doubleBouncesPerHour)
  }

  /** Settles what is owed, one way or another. @throws what went wrong; it is owed still */
  async tell(message: OwedReport): Promise<void> {
    const { from } = message
    if (from === '') return this.#tellPostmaster(message, 'the message has the null reverse-path')
    const deliveries = await this.#parts.destinations(from)
    if (deliveries === null) return this.#tellPostmaster(message, 'the sender has no mailbox')
    const refusal = await this.#send(message, { to: from, deliveries, doubleBounce: null })
    if (refusal === 'over-quota') await this.#tellPostmaster(message, "the sender's mailbox is full")
  }

  /** What did not fail is no business of his, and too many of them help nobody. */
  async #tellPostmaster(message: OwedReport, reason: string): Promise<void> {
    if (message.recipients.every(({ kind }) => kind !== 'failed')) return this.#drop(message, reason)
    if (!this.#doubleBounces.hasRoom) return this.#drop(message, `${reason}, and too many double bounces in an hour`)
    const { hostname, destinations } = this.#parts
    const to = `postmaster@${hostname}`
    const found = await destinations(to)
    if (found === null) return this.#drop(message, `${reason}, and there is no postmaster`)
    const deliveries = found.map((delivery) => ({ ...delivery, dsn: NEVER }))
    const refusal = await this.#send(message, { to, deliveries, doubleBounce: { sender: message.from, reason } })
    if (refusal === 'over-quota') await this.#drop(message, `${reason}, and the postmaster's mailbox is full`)
  }

  async #drop(message: OwedReport, reason: string): Promise<void> {
    await this.#parts.store.dropReports(settling(message))
    bounceDropped(this.#parts.log, { message_id: message.id, to: message.from, reason })
  }

  /** @returns why it was not stored, and is owed still, or null */
  async #send(message: OwedReport, reader: Reader): Promise<'over-quota' | null> {
    try {
      await this.#store(message, reader)
      return null
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      if (error.refusal === 'over-quota') return 'over-quota'
      // Somebody else has settled it, or it is owed as something else by now.
      if (error.refusal !== 'no-such-message') throw error
      const reason = 'it was settled before'
      bounceDropped(this.#parts.log, { message_id: message.id, to: message.from, reason })
      return null
    }
  }

  async #store(message: OwedReport, reader: Reader): Promise<void> {
    const { store, clock, random } = this.#parts
    const { deliveries } = reader
    const id = newId(random)
    const report = await this.#composed(message, reader, id)
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
    this.#note(message, reader, id)
  }

  #note({ id, from, recipients }: OwedReport, { to, doubleBounce: double }: Reader, bounce_id: string): void {
    const { log } = this.#parts
    const about = { message_id: id, bounce_id, to, recipients_count: recipients.length }
    if (double === null) bounceGenerated(log, about)
    else doubleBounce(log, { ...about, from, reason: double.reason, in_this_hour: this.#doubleBounces.count() })
  }

  async #composed(message: OwedReport, { to, deliveries, doubleBounce }: Reader, id: string): Promise<ComposedReport> {
    const { hostname, clock, retrySchedule } = this.#parts
    const { enqueuedAt: arrivedAt, envelope } = message
    return await composeReport({
      ...{ hostname, id, to, at: clock.now(), arrivedAt, queueId: message.id, doubleBounce },
      envelopeId: envelope.envelopeId,
      utf8: takesUtf8(message, to, deliveries),
      international: envelope.utf8,
      recipients: reportedOf(message, retrySchedule),
      returned: await this.#returned(message),
    })
  }

  /** A message that cannot be read is not returned, and its sender is told all the same. */
  async #returned(message: OwedReport): Promise<Report['returned']> {
    try {
      return await excerptOf(this.#parts.store, message, isReturnedWhole(message))
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
      for (let at = 0; at < octets.length; at += PIECE) await spool.write(octets.subarray(at, at + PIECE))
      return await spool.seal()
    } catch (error) {
      await spool.discard()
      throw error
    }
  }
}

const settling = ({ id, recipients }: OwedReport) => ({
  message: id,
  recipients: recipients.map(({ recipient, kind }) => ({ recipient, kind })),
})

/** RFC 3461 §6.2: only what failed comes back whole. A report that failed says itself what it was about. */
const isReturnedWhole = ({ from, envelope, recipients }: OwedReport): boolean =>
  recipients.some(({ kind }) => kind === 'failed') && (envelope.returned === 'full' || from === '')

/** RFC 6533 §4.5: who sent an internationalised message can read one, unless servers in between cannot pass it on. */
const takesUtf8 = ({ envelope }: OwedReport, to: string, deliveries: readonly Delivery[]): boolean =>
  envelope.utf8 && (!isAscii(to) || deliveries.every(({ kind }) => kind === 'local'))
