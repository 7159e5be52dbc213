/** The end of DATA and the dots in front of lines: RFC 5321 §4.5.2. Reports bare CR and LF and does not judge them. */

/** Where we are in "<CRLF>.<CRLF>". */
type At = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr'

export interface Decoded {
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
    // One octet more than came in: a CR held back at the end of the chunk before.
    const out = Buffer.allocUnsafe(chunk.length + 1)
    let at = this.#at
    let n = 0
    for (let i = 0; i < chunk.length; i++) {
      const c = chunk[i] as number
      if (c > DOT && at === 'text') {
        out[n++] = c
        continue
      }
      switch (at) {
        case 'line-start':
          if (c === DOT) {
            at = 'dot'
            continue
          }
          break
        case 'dot':
          if (c === CR) {
            at = 'dot-cr'
            continue
          }
          break
        case 'dot-cr':
          if (c === LF) {
            this.#at = 'line-start'
            return { data: out.subarray(0, n), used: i + 1, done: true }
          }
          out[n++] = CR // a lone CR behind a dot was not the end: give it back
          this.#bare = true
          break
        case 'cr':
          if (c !== LF) this.#bare = true
          break
        case 'text':
          break
      }
      if (c === LF && at !== 'cr') this.#bare = true
      out[n++] = c
      at = c === LF && at === 'cr' ? 'line-start' : c === CR ? 'cr' : 'text'
    }
    this.#at = at
    return { data: out.subarray(0, n), used: chunk.length, done: false }
  }
}

/** The inverse: what a client sends for `message`, which ends in CRLF, end mark included. */
export function dotEncode(message: Buffer): Buffer {
  const text = message.toString('latin1').replace(/(^|\r\n)\./g, '$1..')
  return Buffer.from(`${text}.\r\n`, 'latin1')
}
