/** The one form in which IP addresses are kept and compared, and the form that stands in a mail address. */
import { isIP } from 'node:net'

/** RFC 5952 for IPv6; null for what is no address, or has a zone. */
export function canonicalIp(address: string): string | null {
  if (isIP(address) !== 6) return isIP(address) === 4 ? address : null
  return address.includes('%') ? null : new URL(`http://[${address}]/`).hostname.slice(1, -1)
}

/** The IP address of `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3) in its canonical form; '' for another literal, null for none. */
export function literalAddress(domain: string): string | null {
  const [, inside] = /^\[(.*)\]$/.exec(domain) ?? []
  if (inside === undefined) return null
  if (isIP(inside) === 4) return inside
  const six = /^ipv6:/i.test(inside) ? inside.slice('IPv6:'.length) : ''
  return (isIP(six) === 6 ? canonicalIp(six) : null) ?? ''
}

/** The inverse: the literal of an address in its canonical form. */
export const addressLiteral = (address: string): string => (isIP(address) === 6 ? `[IPv6:${address}]` : `[${address}]`)
