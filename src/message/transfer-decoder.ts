/** Undoes a Content-Transfer-Encoding (RFC 2045 §6.7, §6.8) piece by piece; how the octets are cut makes no difference. */
import type { OctetString } from './index-types.js'

export interface TransferDecoder {
  push(octets: Uint8Array): Buffer
  /** What was held back when the body ends. */
  end(): Buffer
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const EQUALS = 61
const NOTHING = Buffer.alloc(0)
/** White space that waits for the end of its line; RFC 2045 §6.7 has lines of 76 octets, and longer runs are data. */
const HELD_SPACE = 1024

/** `encoding` as the field says it, in any case. An unknown one is taken for none, as BODYSTRUCTURE shows the octets. */
export function transferDecoder(encoding: string): TransferDecoder {
  switch (encoding.toLowerCase()) {
    case 'base64':
      return new Base64Decoder()
    case 'quoted-printable':
      return new QuotedPrintableDecoder()
    default:
      return identity
  }
}

const viewOf = (octets: Uint8Array): Buffer => Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)

const identity: TransferDecoder = { push: viewOf, end: () => NOTHING }

/** What is not of the alphabet is passed over (RFC 2045 §6.8); `=` ends a group, and another may follow. */
class Base64Decoder implements TransferDecoder {
  #rest: OctetString = ''

  push(octets: Uint8Array): Buffer {
    const groups = (
      this.#rest +
      viewOf(octets)
        .toString('latin1')
        .replace(/[^A-Za-z0-9+/=]+/g, '')
    ).split(/=+/)
    const open = groups.pop() ?? ''
    const whole = open.length - (open.length % 4)
    this.#rest = open.slice(whole)
    groups.push(open.slice(0, whole))
    return groups.length === 1 ? decode64(groups[0] ?? '') : Buffer.concat(groups.map(decode64))
  }

  end(): Buffer {
    const rest = this.#rest
    this.#rest = ''
    return decode64(rest)
  }
}

const decode64 = (text: string): Buffer => Buffer.from(text, 'base64')

/** The value of a hexadecimal digit, or -1. Small letters are wrong and are taken all the same (RFC 2045 §6.7, note 1). */
function hexDigit(octet: number): number {
  if (octet >= 48 && octet <= 57) return octet - 48
  const letter = octet & ~32
  return letter >= 65 && letter <= 70 ? letter - 55 : -1
}

class QuotedPrintableDecoder implements TransferDecoder {
  /** equals: behind "="; soft: behind "=" and white space; digit: behind "=" and one digit. */
  #state: 'text' | 'equals' | 'soft' | 'digit' = 'text'
  /** White space, or what stands behind "=", until it is known what it is. */
  readonly #held: number[] = []
  #out = NOTHING
  #length = 0

  push(octets: Uint8Array): Buffer {
    this.#begin(octets.length)
    for (const octet of octets) this.#take(octet)
    return this.#out.subarray(0, this.#length)
  }

  end(): Buffer {
    this.#begin(0)
    const { length } = this.#held
    if (this.#state === 'digit') this.#release()
    // A line end that is cut in half stays; white space before the end goes, and so does "=".
    else if (this.#state === 'text' && length > 0 && this.#held[length - 1] === CR) this.#put(CR)
    this.#held.length = 0
    this.#state = 'text'
    return this.#out.subarray(0, this.#length)
  }

  #begin(octets: number): void {
    this.#out = Buffer.allocUnsafe(octets + this.#held.length + 2)
    this.#length = 0
  }

  #put(octet: number): void {
    this.#out[this.#length++] = octet
  }

  #take(octet: number): void {
    if (this.#state === 'text') this.#text(octet)
    else if (this.#state === 'digit') this.#digit(octet)
    else this.#behindEquals(octet)
  }

  #text(octet: number): void {
    if (octet === SPACE || octet === TAB || octet === CR) {
      if (this.#held.push(octet) >= HELD_SPACE) this.#release()
      return
    }
    if (octet === LF) {
      const isCrlf = this.#held.at(-1) === CR
      this.#held.length = 0
      if (isCrlf) this.#put(CR)
      this.#put(LF)
      return
    }
    this.#release()
    if (octet !== EQUALS) this.#put(octet)
    else {
      this.#held.push(octet)
      this.#state = 'equals'
    }
  }

  #behindEquals(octet: number): void {
    if (octet === LF) {
      this.#held.length = 0
      this.#state = 'text'
    } else if ((octet === SPACE || octet === TAB || octet === CR) && this.#held.length < HELD_SPACE) {
      this.#held.push(octet)
      this.#state = 'soft'
    } else if (this.#state === 'equals' && hexDigit(octet) !== -1) {
      this.#held.push(octet)
      this.#state = 'digit'
    } else this.#asItIs(octet)
  }

  #digit(octet: number): void {
    const low = hexDigit(octet)
    if (low === -1) this.#asItIs(octet)
    else {
      this.#put(hexDigit(this.#held[1] ?? 0) * 16 + low)
      this.#held.length = 0
      this.#state = 'text'
    }
  }

  /** What was held is no encoding: RFC 2045 §6.7, notes 2 and 3. */
  #asItIs(octet: number): void {
    this.#release()
    this.#state = 'text'
    this.#text(octet)
  }

  #release(): void {
    for (const octet of this.#held) this.#put(octet)
    this.#held.length = 0
  }
}
