/** The one form in which addresses are kept and compared: lower case, domain as A-labels. */
import { canonicalDomain, lowerAscii } from '../core/domain-name.js'
import { smtpLimits } from '../core/limits.js'

/** RFC 5321 §4.1.2, Dot-string; what would need quotes is not given to a user. */
const DOT_STRING = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/

export interface Address {
  readonly localPart: string
  readonly domain: string
  /** localPart@domain */
  readonly address: string
}

/** Lower case; null when it is not a Dot-string of at most 64 octets. */
function canonicalLocalPart(localPart: string): string | null {
  if (localPart.length > smtpLimits.localPart) return null
  const name = lowerAscii(localPart)
  return DOT_STRING.test(name) ? name : null
}

/** Both parts as they came, unquoted. null: no user of ours can have this address. */
export function canonicalAddress(localPart: string, domain: string): Address | null {
  const local = canonicalLocalPart(localPart)
  const host = canonicalDomain(domain)
  return local === null || host === null ? null : { localPart: local, domain: host, address: `${local}@${host}` }
}

/** `local@domain` as people and login commands write it. */
export function parseAddress(text: string): Address | null {
  const at = text.lastIndexOf('@')
  return at === -1 ? null : canonicalAddress(text.slice(0, at), text.slice(at + 1))
}
