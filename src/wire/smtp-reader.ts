/** What an SMTP client sends, as events: command lines, then the octets of a message. Sans-I/O. */
import { ByteQueue } from './byte-queue.js'
import { DotDecoder } from './dot-decoder.js'

export type SmtpLine =
  /** A command line without its CRLF. `bare`: it holds a CR or LF of its own. */
  | { readonly kind: 'line'; readonly octets: Buffer; readonly bare: boolean }
  /** A line over the limit; all of it has been thrown away. */
  | { readonly kind: 'too-long' }
  /** A line so long that nobody waits for its end: close the connection. */
  | { readonly kind: 'flood' }

export interface SmtpData {
  readonly octets: Buffer
  /** True with the last octets: the end mark has been consumed. */
  readonly done: boolean
  /** True once a bare CR or LF was seen in this message. */
  readonly bare: boolean
}

export class SmtpReader {
  readonly #queue = new ByteQueue()
  #decoder: DotDecoder | null = null
  /** Octets of an over-long line thrown away so far, or null outside of one. */
  #discarded: number | null = null

  push(chunk: Buffer): void {
    this.#queue.push(chunk)
  }

  /** Octets that wait. Behind STARTTLS there must be none (RFC 3207 §4.2). */
  get pending(): number {
    return this.#queue.length
  }

  /** The next line, or null until all of it is there. `limit` counts the CRLF, as RFC 5321 §4.5.3.1 does. */
  line(limit: number, discardLimit: number): SmtpLine | null {
    if (this.#discarded !== null) return this.#discard(discardLimit)
    const line = this.#queue.takeLine(limit - 2)
    if (line === null) return null
    if (line === 'too-long') {
      this.#discarded = 0
      return this.#discard(discardLimit)
    }
    return { kind: 'line', octets: line, bare: line.includes(13) || line.includes(10) }
  }

  /** The next octets of a dot-terminated message, dots undone; null when none wait. */
  data(): SmtpData | null {
    const chunk = this.#queue.take(this.#queue.length)
    if (chunk === null) return null
    this.#decoder ??= new DotDecoder()
    const { data, used, done } = this.#decoder.push(chunk)
    const bare = this.#decoder.bareLineEnd
    this.#queue.untake(chunk.subarray(used))
    if (done) this.#decoder = null
    return { octets: data, done, bare }
  }

  /** Up to `max` octets as they are (BDAT, RFC 3030 §2); null when none wait. */
  octets(max: number): Buffer | null {
    return this.#queue.take(max)
  }

  #discard(limit: number): SmtpLine | null {
    const { dropped, ended } = this.#queue.dropLine()
    this.#discarded = (this.#discarded ?? 0) + dropped
    if (this.#discarded > limit) return { kind: 'flood' }
    if (!ended) return null
    this.#discarded = null
    return { kind: 'too-long' }
  }
}
