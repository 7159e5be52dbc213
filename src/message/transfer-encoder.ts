/** Makes quoted-printable and base64 (RFC 2045 §6.7, §6.8) piece by piece; how the octets are cut makes no difference. */

/** What puts any octets into lines of US-ASCII. */
export type SafeEncoding = 'quoted-printable' | 'base64'

export interface TransferEncoder {
  /** The result shares no memory with `octets`. */
  push(octets: Uint8Array): Buffer
  /** What was held back when the body ends. `closesLine`: ended with a CRLF that decodes to nothing. */
  end(closesLine: boolean): Buffer
}

export const transferEncoder = (encoding: SafeEncoding): TransferEncoder =>
  encoding === 'base64' ? new Base64Encoder() : new QuotedPrintableEncoder()

/** An upper bound of what becomes of `octets`, of which `escaped` are no printable US-ASCII, in `lines` lines. */
export function encodedOctets(
  encoding: SafeEncoding,
  { octets, escaped, lines }: { readonly octets: number; readonly escaped: number; readonly lines: number },
): number {
  if (encoding === 'base64') return Math.ceil(octets / 57) * 78 + 78
  // White space at the end of a line, and a dash or a bare LF at its beginning, are written with two octets more each.
  const written = octets + 2 * escaped + 4 * (lines + 1)
  const softLines = Math.ceil(written / (LONGEST_LINE - 6)) + 1
  return written + softLines * 5
}

/** RFC 2045 §6.7 (5), §6.8: octets of a line, without its CRLF. */
const LONGEST_LINE = 76
/** Octets that make one line of base64. */
const LINE_OCTETS = 57

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const DASH = 45
const EQUALS = 61
/** 1: it may stand for itself wherever it is, but a dash. */
const LITERAL = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet > SPACE && octet < 127 && octet !== EQUALS ? 1 : 0,
)
const HEX = Buffer.from('0123456789ABCDEF')
const CRLF = Buffer.from('\r\n')
const NOTHING = Buffer.alloc(0)

class Base64Encoder implements TransferEncoder {
  /** Less than a line. */
  #rest: Buffer = NOTHING

  push(octets: Uint8Array): Buffer {
    const all = Buffer.concat([this.#rest, octets])
    const whole = all.length - (all.length % LINE_OCTETS)
    this.#rest = all.subarray(whole)
    const lines: string[] = []
    for (let at = 0; at < whole; at += LINE_OCTETS) lines.push(all.toString('base64', at, at + LINE_OCTETS), '\r\n')
    return Buffer.from(lines.join(''), 'latin1')
  }

  end(closesLine: boolean): Buffer {
    const rest = this.#rest
    this.#rest = NOTHING
    return Buffer.from(`${rest.toString('base64')}${closesLine && rest.length > 0 ? '\r\n' : ''}`, 'latin1')
  }
}

/**
 * A CRLF stays the end of a line; CR or LF alone are octets like others. No line begins with a dash, so none is taken
 * for a boundary where there was none.
 */
class QuotedPrintableEncoder implements TransferEncoder {
  #out = NOTHING
  #length = 0
  #column = 0
  /** White space or CR, whose meaning depends on what follows; -1: none. */
  #held = -1

  push(octets: Uint8Array): Buffer {
    this.#reserve(octets.length)
    for (let at = 0; at < octets.length; ) {
      if (this.#held === -1) at = this.#run(octets, at)
      if (at < octets.length) this.#next(octets[at++] ?? 0)
    }
    return this.#taken()
  }

  /** Most octets: those that stay as they are, in the middle of a line. @returns where there is one that needs a look */
  #run(octets: Uint8Array, from: number): number {
    if (this.#column === 0) return from
    const out = this.#out
    const stop = Math.min(octets.length, from + LONGEST_LINE - 1 - this.#column)
    let at = from
    let length = this.#length
    for (; at < stop; at++) {
      const octet = octets[at] ?? 0
      const stays = LITERAL[octet] === 1 || (octet === SPACE && LITERAL[octets[at + 1] ?? 0] === 1)
      if (!stays) break
      out[length++] = octet
    }
    this.#column += at - from
    this.#length = length
    return at
  }

  end(closesLine: boolean): Buffer {
    this.#reserve(1)
    if (this.#held !== -1) this.#escape(this.#held)
    this.#held = -1
    const open = closesLine && this.#column > 0
    this.#column = 0
    return Buffer.concat([this.#taken(), open ? SOFT_BREAK : NOTHING])
  }

  #next(octet: number): void {
    if (this.#held === CR && octet === LF) {
      this.#endLine()
      return
    }
    if (this.#held !== -1) this.#release(this.#held, octet)
    this.#held = octet === SPACE || octet === TAB || octet === CR ? octet : -1
    if (this.#held !== -1) return
    if (LITERAL[octet] === 1 && !(octet === DASH && this.#startsLine(1))) this.#literal(octet)
    else this.#escape(octet)
  }

  /** White space may stand before anything but the end of a line. */
  #release(held: number, next: number): void {
    if (held !== CR && next !== CR) this.#literal(held)
    else this.#escape(held)
  }

  #endLine(): void {
    this.#held = -1
    this.#write(CR)
    this.#write(LF)
    this.#column = 0
  }

  /** Whether an octet that is written with `width` is the first of a line. */
  #startsLine(width: number): boolean {
    return this.#column === 0 || this.#column + width >= LONGEST_LINE
  }

  #literal(octet: number): void {
    this.#makeRoom(1)
    this.#write(octet)
  }

  #escape(octet: number): void {
    this.#makeRoom(3)
    this.#write(EQUALS)
    this.#write(HEX[octet >> 4] ?? 0)
    this.#write(HEX[octet & 15] ?? 0)
  }

  /** The last place of a line is that of a `=`. */
  #makeRoom(width: number): void {
    if (this.#column + width < LONGEST_LINE) return
    this.#write(EQUALS)
    this.#write(CR)
    this.#write(LF)
    this.#column = 0
  }

  #write(octet: number): void {
    this.#out[this.#length++] = octet
    this.#column++
  }

  #reserve(octets: number): void {
    // Each, and the one that is held, takes three and at most one soft line break.
    this.#out = Buffer.allocUnsafe((octets + 1) * 6)
    this.#length = 0
  }

  #taken(): Buffer {
    const taken = this.#out.subarray(0, this.#length)
    this.#out = NOTHING
    return taken
  }
}

const SOFT_BREAK = Buffer.concat([Buffer.from('='), CRLF])
