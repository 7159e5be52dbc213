/** A message as DATA carries it: a second dot in front of lines that begin with one, and the end mark (RFC 5321 §4.5.2). */

const CR = 13
const LF = 10
const DOT = 46

type At = 'line-start' | 'text' | 'cr'

export class DotEncoder {
  #at: At = 'line-start'
  #bare = false

  /** True once a CR or LF outside a CRLF came: with it some servers see an end where there is none. */
  get bareLineEnd(): boolean {
    return this.#bare
  }

  /** What goes out for `chunk`, in pieces that share its memory. */
  push(chunk: Buffer): readonly Buffer[] {
    const pieces: Buffer[] = []
    let at = this.#at
    let from = 0
    for (let i = 0; i < chunk.length; i++) {
      const c = chunk[i] as number
      if (at === 'line-start' && c === DOT) {
        pieces.push(chunk.subarray(from, i + 1))
        from = i
      }
      if ((at === 'cr') !== (c === LF)) this.#bare = true
      at = c === CR ? 'cr' : at === 'cr' && c === LF ? 'line-start' : 'text'
    }
    this.#at = at
    if (from < chunk.length) pieces.push(chunk.subarray(from))
    return pieces
  }

  /** The end mark, behind a CRLF if the message has none at its end. */
  end(): Buffer {
    if (this.#at === 'cr') this.#bare = true
    return Buffer.from(this.#at === 'line-start' ? '.\r\n' : '\r\n.\r\n')
  }
}
