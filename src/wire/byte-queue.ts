/** Octets received and not yet consumed. Does no I/O and knows no protocol: any cut of any input can be fed to it. */

/** What `takeLine` found: a line without its CRLF, a line over the limit, or not enough octets yet. */
export type TakenLine = Buffer | 'too-long' | null

const LF = 10
const CR = 13
const SMALLEST = 4096
const EMPTY = Buffer.alloc(0)

/** Only CRLF ends a line: a bare CR or LF is data (RFC 5321 §2.3.8). */
export class ByteQueue {
  /** Octets [start, end) wait. What lies before `start` may still be in the hands of a caller: it is never written again. */
  #buffer: Buffer = EMPTY
  #start = 0
  #end = 0
  /** True while #buffer is ours, so that its free end may be written to. */
  #owned = false
  /** Position up to which no CRLF was found, so that a slow drip is not searched again and again. */
  #searched = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** The chunk is kept, not copied, where nothing else waits. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    if (this.length === 0) this.#adopt(chunk)
    else this.#append(chunk)
  }

  /**
   * The next line without its CRLF, or null until all of it is there. 'too-long' as soon as more than
   * `limit` octets can only be a line over the limit; the octets stay, see `dropLine`.
   */
  takeLine(limit: number): TakenLine {
    const at = this.#findEnd()
    const length = at === -1 ? this.length : at - this.#start
    // Without an end yet, one octet over the limit may be the CR of a line that just fits.
    if (length > limit + (at === -1 ? 1 : 0)) return 'too-long'
    if (at === -1) return null
    const line = this.#buffer.subarray(this.#start, at)
    this.#drop(at + 2 - this.#start)
    return line
  }

  /** Throws away octets up to and with the next CRLF. `ended` is false while the CRLF has not come. */
  dropLine(): { readonly dropped: number; readonly ended: boolean } {
    const at = this.#findEnd()
    if (at !== -1) {
      const dropped = at + 2 - this.#start
      this.#drop(dropped)
      return { dropped, ended: true }
    }
    const keep = this.length > 0 && this.#buffer[this.#end - 1] === CR ? 1 : 0
    const dropped = this.length - keep
    this.#drop(dropped)
    return { dropped, ended: false }
  }

  /** Between 1 and `max` octets, without copying, or null when empty. */
  take(max: number): Buffer | null {
    if (this.length === 0) return null
    const part = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + max))
    this.#drop(part.length)
    return part
  }

  /** Puts octets that were taken last, and not used, back in front. */
  untake(rest: Buffer): void {
    if (rest.length === 0) return
    const waiting = this.take(this.length)
    this.#adopt(rest)
    if (waiting !== null) this.#append(waiting)
  }

  #findEnd(): number {
    // What lies behind #end is free memory: to search it again with each octet of a drip would be quadratic.
    const held = this.#buffer.subarray(0, this.#end)
    let lf = held.indexOf(LF, Math.max(this.#start, this.#searched))
    while (lf !== -1) {
      if (lf > this.#start && held[lf - 1] === CR) return lf - 1
      lf = held.indexOf(LF, lf + 1)
    }
    this.#searched = this.#end
    return -1
  }

  #adopt(chunk: Buffer): void {
    this.#buffer = chunk
    this.#start = 0
    this.#end = chunk.length
    this.#owned = false
    this.#searched = 0
  }

  #append(chunk: Buffer): void {
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) this.#grow(chunk.length)
    chunk.copy(this.#buffer, this.#end)
    this.#end += chunk.length
  }

  #grow(more: number): void {
    const length = this.length
    const bigger = Buffer.allocUnsafeSlow(Math.max(SMALLEST, 2 * (length + more)))
    this.#buffer.copy(bigger, 0, this.#start, this.#end)
    this.#searched = Math.max(0, this.#searched - this.#start)
    this.#buffer = bigger
    this.#start = 0
    this.#end = length
    this.#owned = true
  }

  #drop(n: number): void {
    this.#start += n
    if (this.#start < this.#end) return
    // Nothing waits: let the memory go, it may be a small part of a large chunk.
    this.#adopt(EMPTY)
  }
}
