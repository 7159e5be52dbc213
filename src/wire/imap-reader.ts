/** What an IMAP client sends, as events: lines, and the literals that some of them announce. Sans-I/O. */
import { ByteQueue } from './byte-queue.js'

/** `{size}` at the end of a line: RFC 3501 §4.3; `+` is RFC 7888, `~` is RFC 3516. */
export interface LiteralMark {
  /** Octets; Infinity when it is more than a number can say. */
  readonly size: number
  readonly sync: boolean
  readonly binary: boolean
}

export interface Segment {
  /** The line, without CRLF and without the literal's mark. */
  readonly text: Buffer
  readonly literal: LiteralMark | null
}

const MARK = /(~?)\{(\d+)(\+?)\}$/
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

export class ImapReader {
  readonly #queue = new ByteQueue()
  #left = 0

  push(chunk: Buffer): void {
    this.#queue.push(chunk)
  }

  /** Octets that wait. Behind STARTTLS there must be none (RFC 3501 §6.2.1). */
  get pending(): number {
    return this.#queue.length
  }

  /** Octets of the open literal that have not been given out. While it is not 0, `segment` must not be called. */
  get literalLeft(): number {
    return this.#left
  }

  /**
   * The next line, or null until all of it is there. Announcing a literal opens it: read it to its end,
   * or `refuseLiteral` it where it is synchronising and will not be sent. `limit` is without CRLF.
   */
  segment(limit: number): Segment | 'too-long' | null {
    if (this.#left > 0) throw new Error('a literal is still open')
    const line = this.#queue.takeLine(limit)
    return line === null || line === 'too-long' ? line : this.#split(line)
  }

  /** The next octets of the open literal, in whatever pieces they arrive; null when none wait or it is done. */
  literal(): Buffer | null {
    if (this.#left === 0) return null
    const part = this.#queue.take(this.#left)
    if (part !== null) this.#left -= part.length
    return part
  }

  /** The client will not send the literal that it announced, because it was told not to. */
  refuseLiteral(): void {
    this.#left = 0
  }

  #split(line: Buffer): Segment {
    if (line[line.length - 1] !== CLOSE_BRACE) return { text: line, literal: null }
    const mark = MARK.exec(line.toString('latin1', Math.max(0, line.lastIndexOf(OPEN_BRACE) - 1)))
    if (mark === null) return { text: line, literal: null }
    const size = Number(mark[2])
    this.#left = Number.isSafeInteger(size) ? size : Number.POSITIVE_INFINITY
    const literal = { size: this.#left, sync: mark[3] === '', binary: mark[1] === '~' }
    return { text: line.subarray(0, line.length - mark[0].length), literal }
  }
}
