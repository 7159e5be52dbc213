/** The messages that a SCRAM client sends: RFC 5802 §7. */
import { isUtf8 } from 'node:buffer'
import { authLimits } from '../core/limits.js'

export interface ClientFirst {
  /** gs2-cbind-flag: `n` it knows no channel binding, `y` it believes that we do not, `p` it binds. */
  readonly flag: 'n' | 'y' | 'p'
  /** cb-name with flag `p`, else ''. */
  readonly bindingType: string
  /** gs2-header, with its last comma. */
  readonly header: string
  /** '' for none. */
  readonly authzid: string
  readonly username: string
  readonly nonce: string
  /** client-first-message-bare */
  readonly bare: string
}

export interface ClientFinal {
  /** The octets of c=: gs2-header and channel binding data. */
  readonly binding: Buffer
  readonly nonce: string
  readonly proof: Buffer
  /** client-final-message-without-proof */
  readonly withoutProof: string
}

/** gs2-header = gs2-cbind-flag "," [ "a=" saslname ] "," and what is behind it */
const GS2 = /^((?:(n|y)|p=([A-Za-z0-9.-]+)),(?:a=([^,]+))?,)(.*)$/s
/** client-first-message-bare. An `m=` in front, an extension that must be understood, does not match. */
const FIRST_BARE = /^n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,]+)*$/
/** client-final-message */
const FINAL = /^(c=([A-Za-z0-9+/]+={0,2}),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-ln-z]=[^,]+)*),p=([A-Za-z0-9+/]+={0,2})$/

const textOf = (octets: Buffer): string => {
  const text = isUtf8(octets) ? octets.toString('utf8') : ''
  return text.includes('\0') ? '' : text
}

/** saslname: only "=2C" and "=3D" may stand behind an "=". null: another one does. */
function decodedName(text: string): string | null {
  if (/=(?!2c|3d)/i.test(text)) return null
  return text.replace(/=2c/gi, ',').replace(/=3d/gi, '=')
}

/** null: the octets are no client-first-message. */
export function parseClientFirst(octets: Buffer): ClientFirst | null {
  const [, header = '', plainFlag, bindingType = '', a = '', bare = ''] = GS2.exec(textOf(octets)) ?? []
  const [, n = '', nonce = ''] = FIRST_BARE.exec(bare) ?? []
  const [username, authzid] = [decodedName(n), decodedName(a)]
  if (n === '' || username === null || authzid === null || nonce.length > authLimits.nonce) return null
  const flag = plainFlag === 'n' || plainFlag === 'y' ? plainFlag : 'p'
  return { flag, bindingType, header, authzid, username, nonce, bare }
}

/** null: the octets are no client-final-message. */
export function parseClientFinal(octets: Buffer): ClientFinal | null {
  const [, withoutProof = '', c = '', nonce = '', p = ''] = FINAL.exec(textOf(octets)) ?? []
  const [binding, proof] = [decoded(c), decoded(p)]
  if (withoutProof === '' || binding === null || proof === null) return null
  return { binding, nonce, proof, withoutProof }
}

/** Strict, as RFC 5802 §5.1 refers to RFC 3548: what is encoded again must be what came. */
function decoded(base64: string): Buffer | null {
  const octets = Buffer.from(base64, 'base64')
  return octets.toString('base64') === base64 ? octets : null
}
