/** Octets of a declared charset as text, piece by piece. It never throws: what cannot be read becomes U+FFFD. */
import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'

/** Octets by which it is told whether text without a known charset is UTF-8. */
const SAMPLE_OCTETS = 4096
/** Charsets that say less than the octets do: mail declares them and then holds something else. */
const VAGUE: ReadonlySet<string> = new Set(['us-ascii', 'ascii', 'ansi_x3.4-1968', 'unknown-8bit', 'x-unknown', ''])

/** null for a charset that is unknown, or says nothing. */
function decoderOf(label: string): TextDecoder | null {
  const name = label.trim().toLowerCase()
  if (VAGUE.has(name)) return null
  try {
    return new TextDecoder(name)
  } catch {
    return null
  }
}

/** Octets of a character of UTF-8 that the end of the sample may cut off. */
const CUT_OFF = [0, 1, 2, 3]

/** UTF-8 if it may be; else Windows-1252, which has ISO 8859-1 in it. */
function guess(sample: Buffer): TextDecoder {
  const isCut = sample.length === SAMPLE_OCTETS
  const fits = isCut ? CUT_OFF.some((n) => isUtf8(sample.subarray(0, sample.length - n))) : isUtf8(sample)
  return new TextDecoder(fits ? 'utf-8' : 'windows-1252')
}

export class CharsetDecoder {
  #decoder: TextDecoder | null
  #sample: Buffer = Buffer.alloc(0)

  /** `label` as the parameter has it, null when there is none. */
  constructor(label: string | null) {
    this.#decoder = decoderOf(label ?? '')
  }

  push(octets: Uint8Array): string {
    if (this.#decoder !== null) return this.#decoder.decode(octets, { stream: true })
    const all = Buffer.concat([this.#sample, octets])
    if (all.length < SAMPLE_OCTETS) {
      this.#sample = all
      return ''
    }
    this.#decoder = guess(all.subarray(0, SAMPLE_OCTETS))
    return this.#decoder.decode(all, { stream: true })
  }

  /** What was held back when the text ends. */
  end(): string {
    if (this.#decoder !== null) return this.#decoder.decode()
    return guess(this.#sample).decode(this.#sample)
  }
}

/** All of `octets` in one go. */
export function decodeCharset(label: string | null, octets: Uint8Array): string {
  const decoder = new CharsetDecoder(label)
  return decoder.push(octets) + decoder.end()
}
