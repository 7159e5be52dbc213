/** Address lists as people search for them. */
import { mimeLimits } from '../core/limits.js'
import { type Address, MISSING_DOMAIN, MISSING_MAILBOX, parseAddresses } from './addresses.js'
import { decodeWords, headerText } from './encoded-words.js'
import type { OctetString } from './index-types.js'

const FIELDS: ReadonlySet<string> = new Set(['from', 'sender', 'reply-to', 'to', 'cc', 'bcc'])

/** `name` in any case. */
export const holdsAddresses = (name: string): boolean => FIELDS.has(name.toLowerCase())

/**
 * What ENVELOPE has of a field of addresses (RFC 3501 §6.4.4 asks for that), decoded and in one spelling, without
 * quotes and comments: `Fred Smith <fred@far.example>, Ann <ann@here.example>`.
 */
export const addressesText = (value: OctetString): string =>
  parseAddresses(value, mimeLimits.addresses)
    .map(addressText)
    .filter((text) => text !== '')
    .join(', ')

/** A mailbox, or the name of a group. */
function addressText({ name, mailbox, host }: Address): string {
  const shown = decodeWords(name ?? '')
  const local = mailbox === MISSING_MAILBOX ? '' : headerText(mailbox ?? '')
  if (host === null || local === '') return host === null ? local : shown
  const address = host === MISSING_DOMAIN ? local : `${local}@${headerText(host)}`
  return shown === '' ? `<${address}>` : `${shown} <${address}>`
}
