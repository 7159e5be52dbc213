/** Undoes a Content-Transfer-Encoding (RFC 2045 §6.7, §6.8) piece by piece; how the octets are cut makes no difference. */
import libbase64 from 'libbase64'
import type { OctetString } from './index-types.js'
import { QuotedPrintableDecoder } from './quoted-printable.js'

export interface TransferDecoder {
  push(octets: Uint8Array): Buffer
  /** What was held back when the body ends. */
  end(): Buffer
}

const NOTHING = Buffer.alloc(0)

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
  /** At most three characters of a group. */
  #rest: OctetString = ''

  push(octets: Uint8Array): Buffer {
    const came = viewOf(octets).toString('latin1')
    const text = this.#rest + came.replace(/[^A-Za-z0-9+/=]+/g, '')
    const open = text.length - (text.lastIndexOf('=') + 1)
    const whole = text.length - (open % 4)
    this.#rest = text.slice(whole)
    return libbase64.decode(text.slice(0, whole))
  }

  end(): Buffer {
    const rest = this.#rest
    this.#rest = ''
    return libbase64.decode(rest)
  }
}
