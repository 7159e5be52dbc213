/** Octets of a declared charset as text, piece by piece. It never throws: what cannot be read becomes U+FFFD. */
import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import iconv from 'iconv-lite'
import libmime from 'libmime'

/**
 * Octets that are decoded at a time, whatever pieces they come in: decoders read what is malformed in one way at
 * the edge of a piece, and in another within it. By the first of them it is told whether text without a known
 * charset is UTF-8.
 */
const BLOCK_OCTETS = 4096
/** Charsets that say less than the octets do: mail declares them and then holds something else. */
const VAGUE: ReadonlySet<string> = new Set(['us-ascii', 'ascii', 'ansi_x3.4-1968', 'unknown-8bit', 'x-unknown', ''])

interface Decoder {
  write(octets: Buffer): string
  end(): string | undefined
}

/** ISO-2022-JP mostly, which iconv-lite does not know and encoding-japanese does not read in pieces. @throws of an unknown one */
function platformDecoder(name: string): Decoder {
  const decoder = new TextDecoder(name)
  return { write: (octets) => decoder.decode(octets, { stream: true }), end: () => decoder.decode() }
}

/** null for a charset that is unknown, or says nothing. */
function decoderOf(label: string): Decoder | null {
  const name = label.trim().toLowerCase()
  if (VAGUE.has(name)) return null
  try {
    const known = libmime.normalizeCharset(name)
    return iconv.encodingExists(known) ? iconv.getDecoder(known) : platformDecoder(name)
  } catch {
    return null
  }
}

/** Octets of a character of UTF-8 that the end of the sample may cut off. */
const CUT_OFF = [0, 1, 2, 3]

/** UTF-8 if it may be; else Windows-1252, which has ISO 8859-1 in it. */
function guess(sample: Buffer): Decoder {
  const isCut = sample.length === BLOCK_OCTETS
  const fits = isCut ? CUT_OFF.some((n) => isUtf8(sample.subarray(0, sample.length - n))) : isUtf8(sample)
  return iconv.getDecoder(fits ? 'utf-8' : 'windows-1252')
}

/** TextDecoder has been seen to throw at what is malformed, though it is not asked to. */
function readable(decode: () => string | undefined): string {
  try {
    return decode() ?? ''
  } catch {
    return '\ufffd'
  }
}

export class CharsetDecoder {
  #decoder: Decoder | null
  /** Less than a block. */
  #held: Buffer = Buffer.alloc(0)

  /** `label` as the parameter has it, null when there is none. */
  constructor(label: string | null) {
    this.#decoder = decoderOf(label ?? '')
  }

  push(octets: Buffer): string {
    const all = Buffer.concat([this.#held, octets])
    const whole = all.length - (all.length % BLOCK_OCTETS)
    let text = ''
    for (let at = 0; at < whole; at += BLOCK_OCTETS) text += this.#block(all.subarray(at, at + BLOCK_OCTETS))
    this.#held = all.subarray(whole)
    return text
  }

  #block(octets: Buffer): string {
    this.#decoder ??= guess(octets)
    const decoder = this.#decoder
    return readable(() => decoder.write(octets))
  }

  /** What was held back when the text ends. */
  end(): string {
    return this.#block(this.#held) + readable(() => this.#decoder?.end())
  }
}

/** Their tables are made when they are first needed, 5 to 50 ms each. */
const LARGE_CHARSETS = ['iso-8859-1', 'big5', 'gb18030', 'gbk', 'shift_jis', 'euc-kr', 'euc-jp', 'iso-2022-jp']

/** Makes the tables of all charsets, some 150 ms and 5 MiB; before mail flows, for subjects are decoded while it is accepted. */
export function prepareCharsets(): void {
  for (const charset of LARGE_CHARSETS) libmime.decodeWords(`=?${charset}?q?=A4=A2?=`)
}

/** All of `octets` in one go. */
export function decodeCharset(label: string | null, octets: Buffer): string {
  const decoder = new CharsetDecoder(label)
  return decoder.push(octets) + decoder.end()
}
