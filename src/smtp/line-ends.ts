/** Makes every bare CR and bare LF of a message a CRLF, for `smtp.bare_newline = "normalise"` (decision 8). Sans-I/O. */

const CR = 13
const LF = 10

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
