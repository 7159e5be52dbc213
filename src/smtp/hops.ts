/** Counts the Received fields of a message while its octets pass, to know a loop: RFC 5321 §6.3. Sans-I/O. */

const FIELD = 'received:'
const LF = 10

export class HopCounter {
  #count = 0
  #inHeader = true
  /** The first signs of the line that runs, as many as tell whether it is a Received field. */
  #line = ''

  get count(): number {
    return this.#count
  }

  /** The next octets, cut anywhere. Nothing is looked at behind the header. */
  push(octets: Buffer): void {
    let at = 0
    while (this.#inHeader && at < octets.length) {
      const lf = octets.indexOf(LF, at)
      const end = lf === -1 ? octets.length : lf
      const missing = FIELD.length - this.#line.length
      if (missing > 0) this.#line += octets.toString('latin1', at, Math.min(end, at + missing))
      if (lf === -1) return
      this.#endLine()
      at = end + 1
    }
  }

  #endLine(): void {
    const line = this.#line
    this.#line = ''
    if (line === '' || line === '\r') this.#inHeader = false
    else if (line.toLowerCase() === FIELD) this.#count += 1
  }
}
