/**
 * Reads the reports that come in on mail of ours: what they say becomes part of the history, and where it is so configured
 * nothing more is sent to an address that is no good. Each stands in the data until it was read; the user has it anyway.
 */
import { Chore } from '../core/chore.js'
import type { Clock } from '../core/clock.js'
import { mimeLimits, queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { parseDeliveryStatus } from '../message/delivery-status.js'
import type { PartIndex, Range } from '../message/index-types.js'
import { type EncodedRange, findReport } from '../message/report-parts.js'
import { transferDecoder } from '../message/transfer-decoder.js'
import { StoreError } from '../store/errors.js'
import type { BlobReader, Bounced, IncomingReport, Store } from '../store/store.js'
import { type Bounce, bouncesIn, queueIdsIn } from './bounce-match.js'
import { addressSuppressed, bounceReceived, bounceUnread } from './events.js'

export interface BounceReaderParts {
  readonly store: Pick<Store, 'listIncomingReports' | 'dropIncomingReport' | 'recordBounces' | 'openBlob' | 'indexes'>
  /** Nothing more is sent to this address. Asked for twice it stays as it is. */
  readonly suppress: (address: string, reason: string) => Promise<unknown>
  /** Our own name, as in the Received fields that we write. */
  readonly hostname: string
  /** Messages to an address that have to fail because of it before nothing more is sent there; 0: it always is. */
  readonly suppressAfter: number
  readonly clock: Clock
  readonly log: Log
}

/** What a report is about: one of these messages. */
interface Told {
  readonly ids: readonly string[]
  readonly bounces: readonly Bounce[]
}

export class BounceReader {
  readonly #parts: BounceReaderParts
  readonly #chore: Chore

  constructor(parts: BounceReaderParts) {
    this.#parts = parts
    const round = (stopped: () => boolean): Promise<boolean> => this.#round(stopped)
    this.#chore = new Chore({ clock: parts.clock, retry: queueLimits.bounceRetry, round })
  }

  /** Call at the start and when a report has come. It returns at once. */
  wake(): void {
    this.#chore.wake()
  }

  /** Ends after the report that is being read. Calling it twice is fine. */
  stop(): Promise<void> {
    return this.#chore.stop()
  }

  /** @returns whether all that came are read */
  async #round(stopped: () => boolean): Promise<boolean> {
    let all = true
    for (let after = 0; !stopped(); ) {
      const some = await this.#list(after)
      for (const report of some ?? []) all = !stopped() && (await this.#settle(report)) && all
      after = some?.at(-1)?.serial ?? after
      if (some === null) return false
      if (some.length < queueLimits.bouncesPerLook) break
    }
    return all
  }

  #list(after: number): Promise<readonly IncomingReport[] | null> {
    return this.#parts.store.listIncomingReports(after, queueLimits.bouncesPerLook).catch((error: unknown) => {
      bounceUnread(this.#parts.log, { error: String(error) })
      return null
    })
  }

  /** What the disk refuses now is read later; what we cannot make anything of is not tried again. */
  async #settle(report: IncomingReport): Promise<boolean> {
    const { store, log } = this.#parts
    try {
      await this.#read(report).catch((error: unknown) => {
        if (error instanceof StoreError) throw error
        bounceUnread(log, { error: String(error) })
      })
      await store.dropIncomingReport(report.serial)
      return true
    } catch (error) {
      bounceUnread(log, { error: String(error) })
      return false
    }
  }

  async #read({ blob }: IncomingReport): Promise<void> {
    const { store } = this.#parts
    const reader = await store.openBlob(blob)
    const [index] = await store.indexes([blob])
    const told = reader === null || !index ? null : await this.#told(reader, index.root)
    if (told !== null && told.bounces.length > 0) await this.#record(told)
  }

  /** null: it is no report, or on nothing that we know of. */
  async #told(reader: BlobReader, root: PartIndex): Promise<Told | null> {
    const report = await findReport(root, ({ header }) => octetsOf(reader, header, mimeLimits.headerOctets))
    if (report === null || report.returned === null) return null
    const header = await decoded(reader, report.returned, queueLimits.returnedHeader)
    const ids = queueIdsIn(header, this.#parts.hostname)
    if (ids.length === 0) return null
    return {
      ids,
      bounces: bouncesIn(parseDeliveryStatus(await decoded(reader, report.status, mimeLimits.statusOctets))),
    }
  }

  /** A message that passed us twice has two ids; the later one is in the history. */
  async #record({ ids, bounces }: Told): Promise<void> {
    const { store, clock } = this.#parts
    const at = clock.now()
    for (const message of ids) {
      const countFrom = at - queueLimits.failureMemory
      const bounced = await store.recordBounces({ message, at, recipients: bounces, countFrom })
      for (const one of bounced) await this.#tell(message, one, bounces[one.reported])
      if (bounced.length > 0) return
    }
  }

  /** Suppressed before the report is forgotten: after a crash it is done again. */
  async #tell(message_id: string, { recipient, isNew, failures }: Bounced, bounce: Bounce | undefined): Promise<void> {
    const { suppress, log, suppressAfter } = this.#parts
    if (bounce === undefined) return
    const { status, action, reply } = bounce
    if (isNew) bounceReceived(log, { message_id, recipient, status, action })
    if (suppressAfter === 0 || failures < suppressAfter) return
    await suppress(recipient, reply)
    addressSuppressed(log, { recipient, failures, reason: reply })
  }
}

/** As many of the octets as `limit` says. */
async function octetsOf(reader: BlobReader, { start, end }: Range, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of reader.read(start, Math.min(end, start + limit))) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function decoded(reader: BlobReader, { range, encoding }: EncodedRange, limit: number): Promise<Buffer> {
  const decoder = transferDecoder(encoding)
  const octets = await octetsOf(reader, range, limit)
  return Buffer.concat([decoder.push(octets), decoder.end()])
}
