/** Whether a header that streams past holds octets beyond ASCII, which only SMTPUTF8 allows (RFC 6532 §3.2). */

const LF = 0x0a
const CR = 0x0d

/** Call `push` for each piece, in order; `eightBit` stands once the header is over. */
export class HeaderOctets {
  #eightBit = false
  /** Nothing but a CR since the last LF, or since the start. */
  #emptyLine = true
  #over = false

  get eightBit(): boolean {
    return this.#eightBit
  }

  push(octets: Uint8Array): void {
    for (let i = 0; i < octets.length && !this.#over; i++) this.#take(octets[i] ?? 0)
  }

  #take(octet: number): void {
    if (octet === LF) {
      this.#over = this.#emptyLine
      this.#emptyLine = true
    } else if (octet !== CR) {
      this.#emptyLine = false
      this.#eightBit ||= octet > 0x7f
    }
  }
}
