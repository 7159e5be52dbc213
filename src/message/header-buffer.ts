/** Collects the octets of one header as they arrive in pieces, as many as are looked at. */

const FIRST_OCTETS = 4096
const LF = 10

export class HeaderBuffer {
  readonly #limit: number
  #octets: Buffer | null = null
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Copies `piece`, for a header that goes on in the next chunk. */
  add(piece: Buffer): void {
    const taken = Math.min(piece.length, this.#limit - this.#length)
    if (taken <= 0) return
    this.#reserve(this.#length + taken)
    this.#octets?.set(piece.subarray(0, taken), this.#length)
    this.#length += taken
  }

  #reserve(length: number): void {
    if (this.#octets !== null && this.#octets.length >= length) return
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(FIRST_OCTETS, 2 * length)))
    this.#octets?.copy(grown, 0, 0, this.#length)
    this.#octets = grown
  }

  /**
   * The first `length` octets of the header, `last` being its newest piece; past the limit only whole
   * lines. The buffer is empty then.
   */
  take(last: Buffer, length: number): Buffer {
    let whole = last
    if (this.#length > 0) {
      this.add(last)
      whole = this.#octets?.subarray(0, this.#length) ?? last
    }
    this.#octets = null
    this.#length = 0
    if (length <= this.#limit) return whole.subarray(0, length)
    return whole.subarray(0, whole.subarray(0, this.#limit).lastIndexOf(LF) + 1)
  }
}
