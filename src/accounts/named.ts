/** What administrators name, in its canonical form or refused in words. */
import { canonicalDomain } from '../core/domain-name.js'
import { readLocalPart } from '../core/local-part.js'
import { parseMailAddress, splitAddress } from '../core/mail-address.js'
import { quoted } from '../core/quoted.js'
import { type Address, parseAddress } from './address.js'
import { AccountError } from './errors.js'

/** @throws AccountError 'bad-domain' */
export function domainOf(name: string): string {
  const domain = canonicalDomain(name)
  if (domain === null) throw new AccountError('bad-domain', `${quoted(name)} is not a domain name`)
  return domain
}

const badAddress = (text: string, problem = 'is not an address of the form user@domain'): AccountError =>
  new AccountError('bad-address', `${quoted(text)} ${problem}`)

/** @throws AccountError 'bad-address' */
export function addressOf(text: string): Address {
  const address = parseAddress(text)
  if (address !== null) return address
  const { localPart } = splitAddress(text)
  const local = /.@/s.test(text) ? readLocalPart(localPart) : null
  throw badAddress(text, local?.kind === 'refused' ? `cannot be an address here: ${local.reason}` : undefined)
}

/** An address anywhere, its local part as it was written. @throws AccountError 'bad-address' */
export function targetOf(text: string): string {
  const target = parseMailAddress(text)
  if (target === null) throw badAddress(text)
  return target
}
