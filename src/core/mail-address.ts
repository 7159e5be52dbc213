/** Addresses as people and configurations write them: no quotes, ASCII, the domain in any form. */
import { canonicalDomain } from './domain-name.js'
import { smtpLimits } from './limits.js'

/** RFC 5321 §4.1.2, Dot-string; what would need quotes is not given to a user. */
const DOT_STRING = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/

/** A Dot-string of at most 64 octets. */
export const isLocalPart = (text: string): boolean => text.length <= smtpLimits.localPart && DOT_STRING.test(text)

/** Of an address that is known to be one: what is before its last `@`, and behind it. */
export function splitAddress(address: string): { readonly localPart: string; readonly domain: string } {
  const at = address.lastIndexOf('@')
  return { localPart: address.slice(0, at), domain: address.slice(at + 1) }
}

/** An address anywhere: domain in its canonical form, the local part as it came, whose case may matter there (RFC 5321 §2.4). */
export function parseMailAddress(text: string): string | null {
  const { localPart, domain: written } = splitAddress(text)
  const domain = text.includes('@') && isLocalPart(localPart) ? canonicalDomain(written) : null
  return domain === null ? null : `${localPart}@${domain}`
}
