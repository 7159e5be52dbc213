/** One message on its way in, by DATA or in chunks: from its first octet to the commit of the store. */
import { newId } from '../core/ids.js'
import type { Acceptance, Accepted, Envelope } from '../store/store.js'
import type { Connection } from '../wire/connection.js'
import type { SmtpContext } from './context.js'
import { MessageIntake } from './data.js'
import { answeredApart, placeOf } from './endings.js'
import { Farewell, replyFor } from './errors.js'
import * as events from './events.js'
import type { Input, Pace } from './input.js'
import { accepted, chunkTaken, type Reply, replies } from './reply.js'
import { fullReply } from './room.js'
import type { Answer, Mail } from './state.js'
import { Submission } from './submission.js'
import { Senders } from './submission-senders.js'
import { traceFields } from './trace-fields.js'

export interface ReceptionOptions {
  readonly cx: SmtpContext
  readonly connection: Connection
  readonly input: Input
  /** Told what went wrong on our side. */
  readonly fault: (error: unknown) => void
}

/** What goes on with the message, should it leave us again. */
const envelopeOf = ({ parameters }: Mail): Envelope => ({
  body: parameters.body ?? null,
  utf8: parameters.utf8 ?? false,
  returned: parameters.returned ?? null,
  envelopeId: parameters.envelopeId ?? null,
})

export type Outcome = Omit<Extract<Answer, { answer: 'received' }>, 'answer'>

/** Decision 7: a message that turns out larger than was announced goes to those who have room, and for the others a report is made. */
const PARTIAL = { partial: true, diagnostic: replies.mailboxFull.wire.trimEnd() } as const

/** `begin`, then `takeData` or each chunk, then `keep`; or `discard` at any time. */
export class Reception {
  readonly #mail: Mail
  readonly #options: ReceptionOptions
  /** The queue id. */
  readonly #id: string
  readonly #pace: Pace
  readonly #intake: MessageIntake
  readonly #senders: Senders

  /** @throws when there is no spool to be had */
  constructor(mail: Mail, options: ReceptionOptions) {
    const { cx } = options
    this.#mail = mail
    this.#options = options
    this.#id = newId(cx.random)
    this.#pace = { start: cx.clock.now(), octets: 0 }
    const bareNewline = mail.parameters.body === 'BINARYMIME' ? 'keep' : cx.bareNewline
    this.#senders = new Senders(cx, options.connection.remote.address)
    this.#intake = new MessageIntake(cx.store.newSpool(), {
      limits: cx.limits,
      bareNewline,
      asciiHeader: cx.eightBitHeader === 'reject' && mail.parameters.utf8 !== true,
      submission: this.#submission(),
    })
  }

  /** What a message of a user goes through: RFC 6409. */
  #submission(): Submission | null {
    const { user } = this.#mail
    const { hostname, rights } = this.#options.cx
    return user === null ? null : new Submission({ rights, user, hostname, id: this.#id, now: this.#pace.start })
  }

  async begin(): Promise<void> {
    const { cx, connection } = this.#options
    const trace = traceFields(this.#mail, cx, connection, { id: this.#id, now: this.#pace.start })
    await this.#intake.writeTrace(trace)
  }

  /** DATA: RFC 5321 §4.1.1.4. @throws what ends the session */
  async takeData(): Promise<void> {
    const { input, connection } = this.#options
    try {
      for await (const { octets, bare } of input.message(this.#pace)) {
        const written = this.#intake.write(octets, bare)
        if (written !== undefined) await written
        this.#endless(0)
      }
    } finally {
      connection.trace?.clientContent(this.#intake.size)
    }
  }

  /** BDAT: RFC 3030 §2. `size` in octets. @throws what ends the session */
  async takeChunk(size: number): Promise<void> {
    const { input, connection } = this.#options
    this.#endless(size)
    for await (const octets of input.chunk(size, this.#pace)) {
      const written = this.#intake.writeChunk(octets)
      if (written !== undefined) await written
    }
    connection.trace?.clientContent(size)
  }

  /** Nobody waits for the end of a message that is far too long: `more` octets of it are announced. */
  #endless(more: number): void {
    const { maxMessageSize, discardedMessage } = this.#options.cx.limits
    if (this.#intake.size + more > maxMessageSize + discardedMessage) throw new Farewell(replies.endless)
  }

  /** The answer to a chunk that is not the last. */
  async chunkTaken(size: number): Promise<Outcome> {
    try {
      const reply = this.#intake.refusalSoFar()
      return reply === null ? { reply: chunkTaken(size), accepted: true } : this.#refused(reply)
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** The end of the message: 250 only when the store has committed (decision 5). Whatever happens, the transaction is over. */
  async keep(): Promise<Outcome> {
    const { cx } = this.#options
    const { from: sender, to, expanded = [] } = this.#mail
    const deliveries = cx.service === 'lmtp' ? answeredApart(this.#mail) : to
    const [id, from, receivedAt] = [this.#id, sender?.address ?? '', this.#pace.start]
    try {
      const result = await this.#intake.finish()
      if (result.kind === 'refused') return this.#refused(result.reply)
      const { blob } = result
      const message = { id, from, envelope: envelopeOf(this.#mail), deliveries, expanded, blob, receivedAt, ...PARTIAL }
      const stored = await this.#accept(message)
      if ('wire' in stored) return this.#refused(stored)
      const counts = { recipients_count: deliveries.length, size_bytes: blob.size }
      events.messageAccepted(cx.log, { message_id: id, from, ...counts })
      const places = stored.overQuota.map(placeOf)
      return { reply: accepted(id), accepted: true, left: { places, reply: fullReply(cx) } }
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** Counts the message, and stores it. What is not stored does not count. @returns what was stored, or the refusal of a sender at a limit */
  async #accept(message: Acceptance): Promise<Accepted | Reply> {
    const taken = await this.#senders.take(this.#mail, message.deliveries.length).catch(async (error: unknown) => {
      await message.blob.discard()
      throw error
    })
    if (typeof taken !== 'function') {
      await message.blob.discard()
      return taken
    }
    try {
      const stored = await this.#options.cx.store.accept(message)
      this.#tellDuplicates(message, stored)
      return stored
    } catch (error) {
      taken()
      throw error
    }
  }

  /** They are as good as delivered: the client hears the same 250. */
  #tellDuplicates({ id, from, deliveries }: Acceptance, { duplicates }: Accepted): void {
    for (const delivery of deliveries) {
      if (delivery.kind !== 'local' || !duplicates.includes(delivery.mailbox)) continue
      events.duplicateSuppressed(this.#options.cx.log, { message_id: id, from, recipient: delivery.recipient })
    }
  }

  #failed(error: unknown): Outcome {
    const reply = replyFor(error)
    if (reply === null) this.#options.fault(error)
    return this.#refused(reply === replies.mailboxFull ? fullReply(this.#options.cx) : (reply ?? replies.fault))
  }

  #refused(reply: Reply): Outcome {
    const { cx, connection } = this.#options
    const words = { from: this.#mail.from?.address ?? '', reply: reply.wire.trimEnd(), size_bytes: this.#intake.size }
    events.messageRefused(cx.log, { client_ip: connection.remote.address, ...words })
    return { reply, accepted: false }
  }

  discard(): Promise<void> {
    return this.#intake.discard()
  }
}
