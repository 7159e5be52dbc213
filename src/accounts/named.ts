/** What administrators name, in its canonical form or refused in words. */
import { canonicalDomain } from '../core/domain-name.js'
import { parseMailAddress } from '../core/mail-address.js'
import { type Address, parseAddress } from './address.js'
import { AccountError } from './errors.js'

/** @throws AccountError 'bad-domain' */
export function domainOf(name: string): string {
  const domain = canonicalDomain(name)
  if (domain === null) throw new AccountError('bad-domain', `${JSON.stringify(name)} is not a domain name`)
  return domain
}

const badAddress = (text: string): AccountError =>
  new AccountError('bad-address', `${JSON.stringify(text)} is not an address of the form user@domain`)

/** @throws AccountError 'bad-address' */
export function addressOf(text: string): Address {
  const address = parseAddress(text)
  if (address === null) throw badAddress(text)
  return address
}

/** An address anywhere, its local part as it was written. @throws AccountError 'bad-address' */
export function targetOf(text: string): string {
  const target = parseMailAddress(text)
  if (target === null) throw badAddress(text)
  return target
}
