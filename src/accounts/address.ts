/** The one form in which addresses are kept and compared: lower case, domain as A-labels. */

import { isIP } from 'node:net'
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

/** Of an address that is known to be one: what is before its last `@`, and behind it. */
export function splitAddress(address: string): { readonly localPart: string; readonly domain: string } {
  const at = address.lastIndexOf('@')
  return { localPart: address.slice(0, at), domain: address.slice(at + 1) }
}

/** An address anywhere as it is written to: the case of its local part may matter there (RFC 5321 §2.4). */
export function parseTarget(text: string): string | null {
  const address = parseAddress(text)
  return address === null ? null : `${splitAddress(text).localPart}@${address.domain}`
}

/** The IP address of `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3), as RFC 5952 has it; '' for another literal, null for none. */
export function literalAddress(domain: string): string | null {
  const [, inside] = /^\[(.*)\]$/.exec(domain) ?? []
  if (inside === undefined) return null
  if (isIP(inside) === 4) return inside
  const six = /^ipv6:/i.test(inside) ? inside.slice('IPv6:'.length) : ''
  return isIP(six) === 6 && !six.includes('%') ? new URL(`http://[${six}]/`).hostname.slice(1, -1) : ''
}
