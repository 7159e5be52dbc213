/** Addresses as people and configurations write them: no quotes, the domain in any form. */
import { canonicalDomain } from './domain-name.js'
import { isLocalPart } from './local-part.js'

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
