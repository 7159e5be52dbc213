/** Where mail for a recipient goes: what stands behind the last `@`, in the one form in which destinations are compared. */
import { canonicalDomain, lowerAscii } from '../core/domain-name.js'
import { splitAddress } from '../core/mail-address.js'
import type { Destination } from './outbound-store.js'

/** The canonical domain; an address literal with its brackets, and whatever else it may be, in lower case. */
export function destinationOf(recipient: string): Destination {
  const { domain } = splitAddress(recipient)
  return canonicalDomain(domain) ?? lowerAscii(domain)
}
