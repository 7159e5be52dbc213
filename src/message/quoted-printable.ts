/** Hands quoted-printable (RFC 2045 §6.7) to libqp line by line, in bounded memory and in linear time. */
import libqp from 'libqp'
import type { OctetString } from './index-types.js'

/** A line of more octets is decoded in parts; RFC 2045 §6.7 has lines of 76. */
const LONGEST_LINE = 2048
/** The end of a part whose meaning depends on what follows: white space, `=`, `=4`. */
const UNDECIDED = /(?:(?<![\t ])[\t ]+\r?|=[\t ]*\r?|=[0-9A-Fa-f]|\r)$/
const SPACE_AT_END = /(?<![\t ])[\t ]+(?=\r?\n?$)/
/** Goes round libqp, which looks for the end of the line from each octet of it; `=` before it is no soft line break. */
const LONG_SPACE = /(=?(?<![\t ])[\t ]{8,})/

export class QuotedPrintableDecoder {
  /** The beginning of a line. */
  #open: OctetString = ''

  push(octets: Uint8Array): Buffer {
    const came = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1')
    const lines = (this.#open + came).split(/(?<=\n)/)
    this.#open = ''
    return Buffer.concat(lines.flatMap((line) => this.#decoded(line)))
  }

  /** What can be decoded of a line, or of the beginning of the last one. */
  #decoded(line: OctetString): Buffer[] {
    const decoded: Buffer[] = []
    let at = 0
    while (line.length - at >= LONGEST_LINE) {
      const part = line.slice(at, at + LONGEST_LINE)
      const decided = UNDECIDED.exec(part)?.index ?? part.length
      decoded.push(decided === 0 ? Buffer.from(part, 'latin1') : decodeLine(part.slice(0, decided)))
      at += decided === 0 ? part.length : decided
    }
    if (line.endsWith('\n')) decoded.push(decodeLine(line.slice(at)))
    else this.#open = line.slice(at)
    return decoded
  }

  end(): Buffer {
    const open = this.#open
    this.#open = ''
    return decodeLine(open)
  }
}

/** A line, or a part of one that ends with nothing undecided. */
function decodeLine(line: OctetString): Buffer {
  const text = line.replace(SPACE_AT_END, '')
  const pieces = text.split(LONG_SPACE)
  if (pieces.length === 1) return libqp.decode(text)
  return Buffer.concat(pieces.map((piece, i) => (i % 2 === 0 ? libqp.decode(piece) : Buffer.from(piece, 'latin1'))))
}
