/** The one form in which domain names are kept and compared: lower case, A-labels. */
import { domainToASCII } from 'node:url'
import { smtpLimits } from './limits.js'

/** RFC 1035 §2.3.4, and RFC 5321 §2.3.5: letters, digits and inner hyphens. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** ASCII that no domain has. It is looked for before the conversion, which gives some of it a meaning of its own. */
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
