/** The charsets in which the texts of a search may be given: RFC 3501 §6.4.4. */
import { TextDecoder } from 'node:util'
import { decodeCharset } from '../../message/charset.js'

export interface Charset {
  /** As an error names it. */
  readonly name: string
  /** null when that is no text in this charset. */
  readonly decode: (octets: Buffer) => string | null
}

const usAscii: Charset = {
  name: 'US-ASCII',
  decode: (octets) => (octets.every((octet) => octet < 0x80) ? octets.toString('latin1') : null),
}

/** TextDecoder takes them for Windows-1252, in which all octets are characters. */
const US_ASCII: ReadonlySet<string> = new Set(['us-ascii', 'ascii', 'ansi_x3.4-1968'])

/** It says what is well-formed; what that means is said by what decodes messages as well. */
function platformCharset(label: string): Charset {
  const decoder = new TextDecoder(label, { fatal: true })
  const name = decoder.encoding
  const decode = (octets: Buffer): string | null => {
    try {
      decoder.decode(octets)
    } catch {
      return null
    }
    return decodeCharset(name, octets)
  }
  return { name: name.toUpperCase(), decode }
}

/** What a search is in that names no charset: clients send UTF-8 then, and US-ASCII is a part of it. */
export const UTF_8: Charset = platformCharset('utf-8')

/**
 * A charset by any of its names: US-ASCII and those of the WHATWG Encoding Standard, which are those of mail. null
 * for others, and for UTF-16, whose texts have NUL in them, which no string of IMAP may.
 */
export function findCharset(label: string): Charset | null {
  const name = label.trim().toLowerCase()
  if (US_ASCII.has(name)) return usAscii
  try {
    const charset = platformCharset(name)
    return charset.name.startsWith('UTF-16') ? null : charset
  } catch {
    return null
  }
}
