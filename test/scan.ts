/** Command text of a test, literals and all, as the Scanner that a parser gets. */
import { imapLimits } from '../src/core/limits.js'
import { type Part, Scanner } from '../src/imap/scanner.js'
import { ImapReader } from '../src/wire/imap-reader.js'

/** `wire` is octets, without the CRLF that ends the command: ` 1 BODY[HEADER.FIELDS ({4}\r\nDate)]`. */
export function scan(wire: string): Scanner {
  const reader = new ImapReader()
  reader.push(Buffer.from(`${wire}\r\n`, 'latin1'))
  const parts: Part[] = []
  for (;;) {
    const segment = reader.segment(Number.POSITIVE_INFINITY)
    if (segment === null || segment === 'too-long') throw new Error(`not a whole command: ${wire}`)
    parts.push({ text: segment.text.toString('latin1') })
    if (segment.literal === null) return new Scanner(parts, imapLimits.nesting)
    parts.push({ literal: readLiteral(reader, segment.literal.size) })
  }
}

function readLiteral(reader: ImapReader, size: number): Buffer {
  const pieces: Buffer[] = []
  while (reader.literalLeft > 0) {
    const piece = reader.literal()
    if (piece === null) throw new Error(`a literal of ${size} octets is not all there`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
