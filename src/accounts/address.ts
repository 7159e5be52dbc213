/** The one form in which addresses are kept and compared: local part folded, domain as A-labels. */

import { canonicalDomain } from '../core/domain-name.js'
import { readLocalPart } from '../core/local-part.js'

export interface Address {
  readonly localPart: string
  readonly domain: string
  /** localPart@domain */
  readonly address: string
}

/** Both parts as they came, unquoted. null: no user of ours can have this address. */
export function canonicalAddress(localPart: string, domain: string): Address | null {
  const local = readLocalPart(localPart)
  const host = local.kind === 'canonical' ? canonicalDomain(domain) : null
  if (local.kind === 'refused' || host === null) return null
  return { localPart: local.text, domain: host, address: `${local.text}@${host}` }
}

/** `local@domain` as people and login commands write it. */
export function parseAddress(text: string): Address | null {
  const at = text.lastIndexOf('@')
  return at === -1 ? null : canonicalAddress(text.slice(0, at), text.slice(at + 1))
}

/** `user` of `user+detail`: the detail may be what no name can have, `"user+my folder"`. null: it has no detail. */
export function withoutDetail(localPart: string, domain: string, separator: string): Address | null {
  const text = localPart.normalize('NFC')
  const at = text.indexOf(separator, 1)
  return at === -1 ? null : canonicalAddress(text.slice(0, at), domain)
}
