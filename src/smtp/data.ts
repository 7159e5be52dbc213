/**
 * The octets of one message on their way into the spool, and what is wrong with them. A message that is
 * refused is still taken to its end, so that the next command is found: its octets are thrown away at once.
 */
import type { SmtpLimits } from '../core/limits.js'
import type { SealedBlob, Spool } from '../store/spool.js'
import type { SmtpContext } from './context.js'
import { HeaderOctets } from './header-octets.js'
import { BareLineEnds, LineEnds } from './line-ends.js'
import { type Reply, replies } from './reply.js'
import type { Submission } from './submission.js'

const [SPACE, TAB] = [0x20, 0x09]
const CRLF = Buffer.from('\r\n')

/** The Received field that we have put in front does not speak for a loop. */
const OUR_HOPS = 1

export type Intake =
  | { readonly kind: 'sealed'; readonly blob: SealedBlob }
  | { readonly kind: 'refused'; readonly reply: Reply }

/** Decision 8; keep: BODY=BINARYMIME has no lines. */
export type BareNewline = SmtpContext['bareNewline'] | 'keep'

export interface IntakeOptions {
  readonly limits: SmtpLimits
  readonly bareNewline: BareNewline
  /** True: the header may hold nothing beyond ASCII. */
  readonly asciiHeader?: boolean
  /** Of a client that has logged in. */
  readonly submission?: Submission | null
}

/** One message. Call `write` for each piece, in order, then `finish`, or `discard` when the client is gone. */
export class MessageIntake {
  readonly #spool: Spool
  readonly #limits: SmtpLimits
  readonly #bareNewline: BareNewline
  readonly #lineEnds = new LineEnds()
  readonly #bareLineEnds = new BareLineEnds()
  readonly #header: HeaderOctets | null
  readonly #submission: Submission | null
  #size = 0
  #begun = false
  #bare = false
  /** Nothing more is kept. */
  #over = false
  #failure: { readonly error: unknown } | null = null

  constructor(spool: Spool, { limits, bareNewline, asciiHeader = false, submission = null }: IntakeOptions) {
    this.#header = asciiHeader ? new HeaderOctets() : null
    this.#submission = submission
    this.#spool = spool
    this.#limits = limits
    this.#bareNewline = bareNewline
  }

  /** Octets that the client sent, dots undone; the trace fields do not count. */
  get size(): number {
    return this.#size
  }

  /** The trace fields, in front of what the client sends (RFC 5321 §4.4). */
  async writeTrace(fields: Buffer): Promise<void> {
    await this.#store(fields)
    this.#spool.mark()
  }

  /** Resolves when more may come. Never rejects: a failing spool is told by `finish`. */
  write(octets: Buffer, bare: boolean): Promise<void> | void {
    this.#size += octets.length
    this.#bare = bare
    if (this.#over) return
    if (this.#objection !== null) return this.#giveUp()
    return this.#pass(this.#bareNewline === 'normalise' ? this.#lineEnds.push(octets, bare) : octets)
  }

  /** As `write`, for octets of BDAT. A CR at their end may be half of a CRLF. */
  writeChunk(octets: Buffer): Promise<void> | void {
    return this.write(octets, this.#bareNewline !== 'keep' && this.#bareLineEnds.push(octets))
  }

  /** Behind a chunk that is not the last: what costs the message already, or null. @throws what the spool threw */
  refusalSoFar(): Reply | null {
    const reply = this.#objection
    if (reply === null && this.#failure !== null) throw this.#failure.error
    return reply
  }

  /** After the end mark or the last chunk. @throws what the spool threw, StoreError or fault */
  async finish(): Promise<Intake> {
    this.#bare ||= this.#bareNewline !== 'keep' && this.#bareLineEnds.end()
    const owed = this.#lineEnds.end()
    if (!this.#over) await this.#pass(owed)
    if (!this.#over && this.#submission !== null) await this.#keep(this.#submission.end())
    const reply = this.#objection
    if (reply !== null) return { kind: 'refused', reply }
    if (this.#failure !== null) throw this.#failure.error
    const verdict = await this.#verdict()
    if (verdict !== null) return { kind: 'refused', reply: verdict }
    const blob = await this.#seal()
    const complaint = this.#complaintOf(blob)
    if (complaint === null) return { kind: 'sealed', blob }
    await blob.discard()
    return { kind: 'refused', reply: complaint }
  }

  /** A header that is too long to be looked at whole could hide a loop. */
  #complaintOf({ index, headerFields }: SealedBlob): Reply | null {
    const { start, end } = index.root.header
    if (end - start > this.#limits.header || headerFields > this.#limits.headerFields) return replies.headerTooBig
    return index.receivedFields > this.#limits.receivedFields + OUR_HOPS ? replies.loop : null
  }

  discard(): Promise<void> {
    return this.#spool.discard()
  }

  /** What speaks against the message so far. It depends on all octets together, not on how they were cut. */
  get #objection(): Reply | null {
    if (this.#size > this.#limits.maxMessageSize) return replies.tooBig
    if (this.#bare && this.#bareNewline === 'reject') return replies.bareNewline
    return this.#header?.eightBit ? replies.asciiHeader : null
  }

  /** What the header of a submitted message says against it. The spool is gone then, or when nobody can tell. */
  async #verdict(): Promise<Reply | null> {
    if (this.#submission === null) return null
    try {
      const reply = await this.#submission.verdict()
      if (reply !== null) await this.#giveUp()
      return reply
    } catch (error) {
      await this.#giveUp()
      throw error
    }
  }

  #giveUp(): Promise<void> {
    this.#over = true
    return this.#spool.discard()
  }

  async #seal(): Promise<SealedBlob> {
    try {
      return await this.#spool.seal()
    } catch (error) {
      await this.#spool.discard()
      throw error
    }
  }

  /** A first line that begins with white space would continue our own field: it is no header, so the body begins there. */
  #pass(octets: Buffer): Promise<void> | void {
    const [first] = octets
    const headless = !this.#begun && (first === SPACE || first === TAB)
    this.#begun ||= first !== undefined
    this.#header?.push(octets)
    const whole = headless ? Buffer.concat([CRLF, octets]) : octets
    return this.#keep(this.#submission === null ? whole : this.#submission.push(whole))
  }

  #keep(octets: Buffer): Promise<void> | void {
    if (octets.length > 0) return this.#store(octets)
  }

  #store(octets: Buffer): Promise<void> | void {
    try {
      const written = this.#spool.write(octets)
      return written instanceof Promise ? written.catch((error: unknown) => this.#fail(error)) : written
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(error: unknown): Promise<void> {
    this.#failure ??= { error }
    return this.#giveUp()
  }
}
