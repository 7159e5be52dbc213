/** Whether new mail waits until somebody releases it: what the operator's rules say of its sender and a recipient. */
import { canonicalDomain, lowerAscii } from '../core/domain-name.js'
import { splitAddress } from '../core/mail-address.js'
import type { HoldRule } from './control-store.js'

/** What a rule has beside its name. */
export type HoldPattern = Pick<HoldRule, 'sender' | 'recipient'>

/** Patterns and addresses in any case. `from` without angle brackets; empty for <>. */
export const isHeld = (rules: readonly HoldPattern[], from: string, recipient: string): boolean =>
  rules.some(
    (rule) =>
      (rule.sender === null || fits(rule.sender, from)) && (rule.recipient === null || fits(rule.recipient, recipient)),
  )

/** `local@domain`, `*@domain`, `*@*.domain` */
function fits(pattern: string, address: string): boolean {
  const wanted = partsOf(pattern)
  const given = partsOf(address)
  if (wanted.localPart !== '*' && wanted.localPart !== given.localPart) return false
  return wanted.domain.startsWith('*.')
    ? given.domain.endsWith(`.${domainOf(wanted.domain.slice(2))}`)
    : given.domain === wanted.domain
}

function partsOf(address: string): { readonly localPart: string; readonly domain: string } {
  const { localPart, domain } = splitAddress(address)
  return { localPart: lowerAscii(localPart), domain: domainOf(domain) }
}

const domainOf = (domain: string): string => canonicalDomain(domain) ?? lowerAscii(domain)
