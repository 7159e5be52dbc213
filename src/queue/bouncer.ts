/**
 * Tells senders of recipients that failed for good. Who failed stands in the data until the report on it is stored
 * in the same transaction that forgets it, so that a crash neither loses nor repeats one.
 */
import { Chore } from '../core/chore.js'
import type { Clock } from '../core/clock.js'
import { newId, type Random } from '../core/ids.js'
import { queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { StoreError } from '../store/errors.js'
import type { SealedBlob } from '../store/spool.js'
import type { BlobReader, Delivery, FailedMessage, Store } from '../store/store.js'
import { bounceDropped, bounceFailed, bounceGenerated } from './events.js'
import { composeReport, type Report, type Returned } from './report.js'

export interface BouncerParts {
  readonly store: Pick<Store, 'listFailed' | 'dropFailed' | 'accept' | 'newSpool' | 'openBlob' | 'indexes'>
  /** Where mail for an address goes; null: nowhere. */
  readonly destinations: (address: string) => Promise<readonly Delivery[] | null>
  /** Our own name. */
  readonly hostname: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** What of a message goes back to its sender, and its octets. */
interface Excerpt {
  readonly returned: Returned
  readonly octets: AsyncIterable<Buffer> | null
}

const NOTHING: Excerpt = { returned: null, octets: null }

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

  /** One look at all that failed. @returns whether all of it is settled */
  async #round(stopped: () => boolean): Promise<boolean> {
    let settled = true
    for (let after = ''; !stopped(); ) {
      const some = await this.#parts.store.listFailed(after, queueLimits.bouncesPerLook).catch((error: unknown) => {
        this.#failed('', error)
        return null
      })
      if (some === null) return false
      for (const message of some) settled = !stopped() && (await this.#settle(message)) && settled
      after = some.at(-1)?.id ?? ''
      if (some.length < queueLimits.bouncesPerLook) break
    }
    return settled
  }

  async #settle(message: FailedMessage): Promise<boolean> {
    try {
      await this.#tell(message)
      return true
    } catch (error) {
      this.#failed(message.id, error)
      return false
    }
  }

  async #tell(message: FailedMessage): Promise<void> {
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

  async #drop(message: FailedMessage, reason: string): Promise<void> {
    await this.#parts.store.dropFailed(settling(message))
    bounceDropped(this.#parts.log, { message_id: message.id, to: message.from, reason })
  }

  async #send(message: FailedMessage, deliveries: readonly Delivery[]): Promise<void> {
    const { store, clock, random, log } = this.#parts
    const id = newId(random)
    // Who sends an internationalised message can read one (RFC 6533 §1).
    const { utf8 } = message.envelope
    const blob = await this.#sealed(message, deliveries, { id, utf8 })
    await store.accept({
      id,
      from: '',
      envelope: { body: '8BITMIME', utf8, returned: null, envelopeId: null },
      deliveries,
      blob,
      receivedAt: clock.now(),
      partial: true,
      settles: settling(message),
    })
    const counts = { recipients_count: message.recipients.length }
    bounceGenerated(log, { message_id: message.id, bounce_id: id, to: message.from, ...counts })
  }

  /** A message that cannot be read is not returned, and its sender is told all the same. */
  async #sealed(
    message: FailedMessage,
    deliveries: readonly Delivery[],
    own: Pick<Report, 'id' | 'utf8'>,
  ): Promise<SealedBlob> {
    const write = (excerpt: Excerpt): Promise<SealedBlob> => this.#write(message, deliveries, own, excerpt)
    try {
      return await write(await this.#excerpt(message))
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return write(NOTHING)
    }
  }

  /** RFC 3461 §4.3: as much as the sender wants; unless that is too long, or no lines. */
  async #excerpt({ blob, envelope }: FailedMessage): Promise<Excerpt> {
    const { store } = this.#parts
    const reader = await store.openBlob(blob)
    if (reader === null) return NOTHING
    const whole =
      envelope.returned === 'full' && envelope.body !== 'BINARYMIME' && reader.size <= queueLimits.returnedOctets
    if (whole) return { returned: 'full', octets: reader.read(0, reader.size) }
    return { returned: 'headers', octets: reader.read(0, await this.#headerEnd(blob, reader)) }
  }

  async #headerEnd(blob: FailedMessage['blob'], { size }: BlobReader): Promise<number> {
    const [index] = await this.#parts.store.indexes([blob])
    return Math.min(index?.root.header.end ?? 0, queueLimits.returnedOctets, size)
  }

  async #write(
    message: FailedMessage,
    deliveries: readonly Delivery[],
    { id, utf8 }: Pick<Report, 'id' | 'utf8'>,
    { returned, octets }: Excerpt,
  ): Promise<SealedBlob> {
    const { store, hostname, clock } = this.#parts
    const { from: to, enqueuedAt: arrivedAt, envelope } = message
    const rest = {
      envelopeId: envelope.envelopeId,
      eightBit: envelope.body !== '7BIT',
      returned,
      recipients: reported(message),
    }
    const { head, tail } = composeReport({ hostname, id, to, at: clock.now(), arrivedAt, utf8, ...rest })
    // RFC 5321 §4.4: the last server writes down the reverse-path.
    const final = deliveries.some(({ kind }) => kind === 'local')
    const spool = store.newSpool()
    try {
      await spool.write(Buffer.from(`${final ? 'Return-Path: <>\r\n' : ''}${head}`))
      for await (const piece of octets ?? []) await spool.write(piece)
      await spool.write(Buffer.from(tail))
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

const settling = ({ id, recipients }: FailedMessage) => ({
  message: id,
  recipients: recipients.map(({ recipient }) => recipient),
})

const reported = ({ recipients }: FailedMessage): Report['recipients'] =>
  recipients.map(({ recipient, dsn, diagnostic }) => ({
    recipient,
    originalRecipient: dsn.originalRecipient,
    action: 'failed',
    status: /^[245]\d\d (\d\.\d+\.\d+)/.exec(diagnostic)?.[1] ?? '5.0.0',
    diagnostic,
  }))
