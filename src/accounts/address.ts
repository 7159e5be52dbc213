/** The one form in which addresses and domains are kept and compared: lower case, A-labels. */
import { domainToASCII } from 'node:url'
import { smtpLimits } from '../core/limits.js'

/** RFC 1035 §2.3.4, and RFC 5321 §2.3.5: letters, digits and inner hyphens. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** RFC 5321 §4.1.2, Dot-string; what would need quotes is not given to a user. */
const DOT_STRING = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
/** ASCII that no domain has. They are looked for before the conversion, which gives some a meaning of its own. */
const NOT_IN_DOMAINS = /[\0-,/:-@[-`{-\x7f]/
const NOT_ASCII = /[^\0-\x7f]/
/** A name whose last label is a number is an IPv4 address to many a program (RFC 3696 §2). */
const NUMERIC_END = /(?:^|\.)\d+$/

/** ASCII letters alone: Unicode has letters whose lower case is an ASCII one, and they are not the same address. */
export const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** Lower case, U-labels turned into A-labels (RFC 5891); null when it is no domain name. */
export function canonicalDomain(domain: string): string | null {
  if (domain.length > smtpLimits.domain || NOT_IN_DOMAINS.test(domain)) return null
  const name = NOT_ASCII.test(domain) ? domainToASCII(domain) : lowerAscii(domain)
  const whole = name !== '' && name.length < smtpLimits.domain && !NUMERIC_END.test(name)
  return whole && name.split('.').every((label) => LABEL.test(label)) ? name : null
}

/** Lower case; null when it is not a Dot-string of at most 64 octets. */
export function canonicalLocalPart(localPart: string): string | null {
  const name = lowerAscii(localPart)
  return name.length <= smtpLimits.localPart && DOT_STRING.test(name) ? name : null
}

export interface Address {
  readonly localPart: string
  readonly domain: string
  /** localPart@domain */
  readonly address: string
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
