/**
 * Bare CR and bare LF in a message (decision 8): finds them in what came by BDAT, where no decoder has looked
 * at the octets, and makes each a CRLF for `smtp.bare_newline = "normalise"`. Sans-I/O.
 */

const CR = 13
const LF = 10

/** Looks for a CR or LF outside a CRLF in octets cut anywhere. */
export class BareLineEnds {
  #afterCr = false
  #found = false

  /** Octets that follow may still make a CRLF of a CR at the end. */
  get found(): boolean {
    return this.#found
  }

  /** @returns `found` */
  push(octets: Buffer): boolean {
    for (let i = 0; i < octets.length && !this.#found; i++) {
      const octet = octets[i]
      this.#found = this.#afterCr !== (octet === LF)
      this.#afterCr = octet === CR
    }
    return this.#found
  }

  /** No octets follow. @returns `found` */
  end(): boolean {
    this.#found ||= this.#afterCr
    return this.#found
  }
}

export class LineEnds {
  /** The last octet of the piece before was a CR, which has been given out. */
  #afterCr = false

  /** The next octets, cut anywhere, with line ends of CRLF only. `bare` as the decoder reports it: false up to here means that nothing is to be changed. */
  push(octets: Buffer, bare: boolean): Buffer {
    if (octets.length === 0) return octets
    const out = bare ? this.#normalised(octets) : octets
    this.#afterCr = octets[octets.length - 1] === CR
    return out
  }

  /** What is still owed at the end of the message: the LF of a CR that ended it. */
  end(): Buffer {
    const owed = this.#afterCr ? '\n' : ''
    this.#afterCr = false
    return Buffer.from(owed)
  }

  #normalised(octets: Buffer): Buffer {
    const out = Buffer.allocUnsafe(2 * octets.length + 1)
    let n = 0
    let afterCr = this.#afterCr
    for (const octet of octets) {
      if (afterCr && octet !== LF) out[n++] = LF
      if (octet === LF && !afterCr) out[n++] = CR
      out[n++] = octet
      afterCr = octet === CR
    }
    return out.subarray(0, n)
  }
}
