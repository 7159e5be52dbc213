/** One command as it comes from the wire: its lines joined with their literals, each buffered, streamed or refused. */
import type { ImapLimits } from '../core/limits.js'
import type { Spool } from '../store/spool.js'
import type { LiteralMark, Segment } from '../wire/imap-reader.js'
import type { Trace } from '../wire/trace.js'
import { no } from './completion.js'
import type { Context } from './context.js'
import { BadArgument, Refused } from './errors.js'
import type { Input } from './input.js'
import type { Pace } from './pace.js'
import type { Responses } from './responses.js'
import type { Admission, Row } from './row.js'
import { type Part, Scanner } from './scanner.js'

/** A command that was read to its end. `error`: it is refused, whatever its arguments are. */
export interface Frame {
  /** null: not even that could be read. */
  readonly tag: string | null
  /** In capitals; empty where there is none. */
  readonly name: string
  readonly row: Row | null
  readonly parts: readonly Part[]
  readonly error: unknown
  /** BYE has been said: the connection closes once the command is answered. */
  readonly closing: boolean
}

export interface FrameOptions {
  readonly input: Input
  readonly out: Responses
  readonly trace: Trace | null
  readonly limits: ImapLimits
  readonly newSpool: () => Spool
  readonly find: (name: string) => Row | null
  /** Why a command cannot be run now, asked before any of its literals is accepted; null: it can. */
  readonly gate: (name: string, row: Row | null) => Error | null
  /** What a row that lets a message in looks at. */
  readonly context: () => Context
  readonly pace: Pace
}

// RFC 3501 §9: tag = 1*<any ASTRING-CHAR except "+">; the name is an atom; the UID forms have two words.
const HEAD = /^([^\x00-\x20\x7f-\xff(){%*"\\+]+)(?: (UID [A-Za-z]+|[^\x00-\x20\x7f-\xff(){%*"\\\]]+))?/i

interface Head {
  readonly tag: string | null
  readonly name: string
  readonly rest: string
}

function parseHead(text: string): Head {
  const [whole = '', tag = null, name = ''] = HEAD.exec(text) ?? []
  return { tag, name: name.toUpperCase(), rest: text.slice(whole.length) }
}

function headError({ tag, name }: Head): Error | null {
  if (tag === null) return new BadArgument('Expected a tag')
  return name === '' ? new BadArgument('Expected a command behind the tag') : null
}

/** Reads one command to its end. A command that is refused is read as well, as far as its client sends it. */
export async function readFrame(options: FrameOptions): Promise<Frame> {
  const first = await options.input.segment()
  const head = parseHead(first.text.toString('latin1'))
  const row = options.find(head.name)
  traceFirst(options.trace, first, head, row)
  const assembly = new Assembly(options, head, row, headError(head) ?? options.gate(head.name, row))
  await assembly.read(first.literal)
  return {
    tag: head.tag,
    name: head.name,
    row,
    parts: assembly.parts,
    error: assembly.error,
    closing: assembly.closing,
  }
}

/** What is not a command that we know may be a password that lost its way. */
function traceFirst(trace: Trace | null, segment: Segment, { tag, name }: Head, row: Row | null): void {
  if (trace === null) return
  if (row === null) trace.clientSecret('')
  else if (row.secret === true) trace.clientSecret(`${tag} ${name} `)
  else trace.client(segment.text.toString('latin1'))
}

/** What a literal costs besides its octets, in octets of other work: there may be thousands in one piece. */
const LITERAL_WORK = 2 * 1024

/** RFC 7889 §4, and so for what is no message */
const tooBig = (why: string): Refused => new Refused(no('TOOBIG', why))

class Assembly {
  readonly parts: Part[]
  error: unknown
  closing = false
  readonly #options: FrameOptions
  readonly #row: Row | null
  #octets: number
  /** Set from the first message on. */
  #admission: Admission<Context> | null = null
  /** Of the messages that have come, and of all of them together. */
  readonly #sizes: number[] = []
  #messageOctets = 0
  /** Octets of a refused literal that are thrown away rather than the connection closed. */
  #passedOver: number

  constructor(options: FrameOptions, { rest }: Head, row: Row | null, error: Error | null) {
    this.#options = options
    this.#row = row
    this.error = error
    this.parts = [{ text: rest }]
    this.#octets = rest.length
    this.#passedOver = options.limits.discardedLiteral
  }

  async read(mark: LiteralMark | null): Promise<void> {
    try {
      while (mark !== null) {
        if (!(await this.#literal(mark))) return
        await this.#options.pace.spend(LITERAL_WORK)
        mark = await this.#text()
      }
    } catch (error) {
      for (const part of this.parts) if ('blob' in part) await part.blob.discard()
      throw error
    }
  }

  async #text(): Promise<LiteralMark | null> {
    const { text, literal } = await this.#options.input.segment()
    this.#trace(text)
    if (this.error === null) this.parts.push({ text: text.toString('latin1') })
    this.#octets += text.length
    return literal
  }

  /** Behind a message that its client counted wrongly stands more of the message. */
  #trace(text: Buffer): void {
    const { trace } = this.#options
    if (this.#row === null || this.#row.secret === true) trace?.clientSecret('')
    else if (this.#row.message !== undefined) trace?.clientContent(text.length)
    else trace?.client(text.toString('latin1'))
  }

  /** False when the command ends here, because its client was told not to go on. */
  async #literal(mark: LiteralMark): Promise<boolean> {
    const { input, out, trace } = this.#options
    const use = this.error === null ? await this.#decide(mark) : null
    if (use === null && mark.sync) {
      input.refuseLiteral()
      return false
    }
    if (use === null) return this.#discard(mark)
    if (mark.sync) out.line('+ OK')
    trace?.clientContent(mark.size)
    if (use === 'message') await this.#spool()
    else await this.#buffer(mark.size)
    return true
  }

  /** What becomes of a literal; null: it is refused, and `error` says why. */
  async #decide(mark: LiteralMark): Promise<'buffer' | 'message' | null> {
    const { limits, context } = this.#options
    try {
      if (mark.binary) throw new BadArgument('Literals of the form ~{n} are not offered')
      this.#readAnnounced()
      if (this.#admission === null) {
        this.#admit(mark.size)
        return 'buffer'
      }
      this.#admitMessage(mark.size)
      // What could have come is worth passing over: its client reads why not, and keeps its connection.
      this.#passedOver = Math.max(limits.discardedLiteral, limits.maxAppendSize)
      await this.#admission.admit(context(), [...this.#sizes, mark.size])
      this.#passedOver = limits.discardedLiteral
      return 'message'
    } catch (error) {
      this.error = error
      return null
    }
  }

  /** Only what came since the last message: there may be a thousand in front of it. */
  #readAnnounced(): void {
    const { nesting } = this.#options.limits
    if (this.#admission === null) this.#admission = this.#row?.message?.(new Scanner(this.parts, nesting)) ?? null
    else {
      const last = this.parts.slice(-1)
      const octets = last.reduce((sum, part) => sum + ('text' in part ? part.text.length : 0), 0)
      this.#admission.next(new Scanner(last, nesting, this.#octets + this.#messageOctets - octets))
    }
  }

  /** One may always have `maxAppendSize`, whatever several may have together. */
  #admitMessage(size: number): void {
    const { maxAppendSize, appendMessages, appendOctets } = this.#options.limits
    this.#admit(0)
    if (size > maxAppendSize) throw tooBig(`A message may have ${maxAppendSize} octets`)
    if (this.#sizes.length >= appendMessages)
      throw new Refused(no('LIMIT', `One APPEND may have ${appendMessages} messages`))
    if (this.#sizes.length > 0 && this.#messageOctets + size > appendOctets)
      throw tooBig(`The messages of one APPEND may have ${appendOctets} octets together`)
  }

  #admit(size: number): void {
    const { limits } = this.#options
    if (size > limits.bufferedLiteral) throw tooBig(`A literal here may have ${limits.bufferedLiteral} octets`)
    this.#octets += size
    if (this.#octets > limits.command) throw tooBig(`A command may have ${limits.command} octets`)
  }

  /** Passes over a literal that is on its way all the same (RFC 7888 §4), or closes if it is a long one. */
  async #discard(mark: LiteralMark): Promise<boolean> {
    const { input, out } = this.#options
    if (mark.size > this.#passedOver) {
      out.untagged('BYE [TOOBIG] The refused literal is too long to be passed over')
      this.closing = true
      return false
    }
    for await (const octets of input.literal()) this.#octets += octets.length
    return true
  }

  async #buffer(size: number): Promise<void> {
    const octets = Buffer.allocUnsafe(size)
    let at = 0
    for await (const piece of this.#options.input.literal()) at += piece.copy(octets, at)
    this.parts.push({ literal: octets })
  }

  /** A store that fails in the middle must not cost us our place in the stream: the rest is passed over. */
  async #spool(): Promise<void> {
    const spool = this.#options.newSpool()
    try {
      for await (const piece of this.#options.input.literal()) {
        if (this.error !== null) continue
        await this.#attempt(() => spool.write(piece))
      }
      await this.#attempt(async () => {
        if (this.error !== null) return
        const blob = await spool.seal()
        this.parts.push({ blob })
        this.#sizes.push(blob.size)
        this.#messageOctets += blob.size
      })
    } catch (error) {
      await spool.discard()
      throw error
    }
    if (this.error !== null) await spool.discard()
  }

  async #attempt(work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.error = error
    }
  }
}
