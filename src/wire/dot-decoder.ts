/** The end of DATA and the dots in front of lines: RFC 5321 §4.5.2. Reports bare CR and LF and does not judge them. */

/** Where we are in "<CRLF>.<CRLF>". */
type At = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr'

export interface Decoded {
  /** It may share memory with the chunk. */
  readonly data: Buffer
  /** Octets of the chunk that were consumed: less than its length only when `done`. */
  readonly used: number
  readonly done: boolean
}

const CR = 13
const LF = 10
const DOT = 46

/** Undoes dot-stuffing. Every octet that was sent comes out unchanged, except one leading dot of each line. */
export class DotDecoder {
  #at: At = 'line-start'
  #bare = false

  /** True once a CR or LF outside a CRLF was seen: the means of SMTP smuggling. */
  get bareLineEnd(): boolean {
    return this.#bare
  }

  push(chunk: Buffer): Decoded {
    const kept = new KeptRuns(chunk)
    let at = this.#at
    // The CR behind a dot was held back with the chunk before; it was not the end, so it is given back.
    if (at === 'dot-cr' && chunk.length > 0 && chunk[0] !== LF) kept.heldCr()
    for (let i = 0; i < chunk.length; i++) {
      if (at === 'text') i = endOfText(chunk, i)
      if (i === chunk.length) break
      const c = chunk[i]
      if (at === 'line-start' && c === DOT) {
        kept.skip(i)
        at = 'dot'
      } else if (at === 'dot' && c === CR) {
        at = 'dot-cr'
      } else if (at === 'dot-cr' && c === LF) {
        this.#at = 'line-start'
        return { data: kept.closed(), used: i + 1, done: true }
      } else {
        if (at === 'dot-cr' || (at === 'cr') !== (c === LF)) this.#bare = true
        at = c === CR ? 'cr' : at === 'cr' && c === LF ? 'line-start' : 'text'
      }
    }
    this.#at = at
    return { data: at === 'dot-cr' ? kept.closed() : kept.all(), used: chunk.length, done: false }
  }
}

/** The next octet from `i` on that may be a CR or LF: nothing above them matters inside a line. */
function endOfText(chunk: Buffer, i: number): number {
  while (i < chunk.length && (chunk[i] as number) > CR) i++
  return i
}

/** Below so many octets a loop is faster than a call of copy(). */
const SHORT_RUN = 48

/** What is left of a chunk when some octets are skipped. Copies nothing while it is one run. */
class KeptRuns {
  readonly #chunk: Buffer
  #out: Buffer | null = null
  #length = 0
  /** Where the run begins that is not closed yet. */
  #from = 0

  constructor(chunk: Buffer) {
    this.#chunk = chunk
  }

  heldCr(): void {
    this.#buffer()[this.#length++] = CR
  }

  /** Closes the run before octet `i`, and leaves that octet out. */
  skip(i: number): void {
    this.#close(i)
    this.#from = i + 1
  }

  /** The closed runs. */
  closed(): Buffer {
    return this.#out === null ? this.#chunk.subarray(0, 0) : this.#out.subarray(0, this.#length)
  }

  /** The closed runs and the open one. */
  all(): Buffer {
    if (this.#out === null) return this.#chunk.subarray(this.#from)
    this.#close(this.#chunk.length)
    return this.closed()
  }

  #close(end: number): void {
    if (end === this.#from) return
    const out = this.#buffer()
    if (end - this.#from >= SHORT_RUN) {
      this.#length += this.#chunk.copy(out, this.#length, this.#from, end)
      return
    }
    for (let i = this.#from; i < end; i++) out[this.#length++] = this.#chunk[i] as number
  }

  #buffer(): Buffer {
    // One octet more than came in: the CR held back with the chunk before.
    this.#out ??= Buffer.allocUnsafe(this.#chunk.length + 1)
    return this.#out
  }
}

/** The inverse: what a client sends for `message`, which ends in CRLF, end mark included. */
export function dotEncode(message: Buffer): Buffer {
  const text = message.toString('latin1').replace(/(^|\r\n)\./g, '$1..')
  return Buffer.from(`${text}.\r\n`, 'latin1')
}
