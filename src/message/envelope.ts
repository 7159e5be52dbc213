/** ENVELOPE as it goes on the wire (RFC 3501 §7.4.2). */
import type { MimeLimits } from '../core/limits.js'
import { type Address, parseAddresses } from './addresses.js'
import type { OctetString } from './index-types.js'
import type { NamedFields } from './named-fields.js'
import { nstring } from './octet-string.js'

/** Of a message that has no header field at all, or none that was looked at. */
export const EMPTY_ENVELOPE: OctetString = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'

/** Six lists of an eighth each leave a quarter of the response for the other fields: as much as a header may hold. */
const SHARE_OF_LIST = 8

const addressText = (address: Address): OctetString =>
  `(${nstring(address.name)} ${nstring(address.route)} ${nstring(address.mailbox)} ${nstring(address.host)})`

/** All fields of that name as one list, cut at a whole address where a limit is reached; NIL when empty. */
function addressList(values: readonly OctetString[], limits: MimeLimits): OctetString {
  const room = limits.responseOctets / SHARE_OF_LIST
  let left = limits.addresses
  let text = ''
  for (const value of values) {
    if (left <= 0) break
    for (const address of parseAddresses(value, left)) {
      const item = addressText(address)
      left--
      if (text.length + item.length > room) return closeList(text)
      text += item
    }
  }
  return closeList(text)
}

const closeList = (text: OctetString): OctetString => (text === '' ? 'NIL' : `(${text})`)

/** Sender and Reply-To that are absent or empty are the same as From (RFC 3501 §7.4.2). */
export function envelope(fields: NamedFields, limits: MimeLimits): OctetString {
  const list = (name: string): OctetString => addressList(fields.all(name), limits)
  const from = list('from')
  const orFrom = (name: string): OctetString => {
    const text = list(name)
    return text === 'NIL' ? from : text
  }
  const items = [nstring(fields.text('date')), nstring(fields.text('subject')), from, orFrom('sender')]
  items.push(orFrom('reply-to'), list('to'), list('cc'), list('bcc'))
  items.push(nstring(fields.text('in-reply-to')), nstring(fields.text('message-id')))
  return `(${items.join(' ')})`
}

/** msg-id of RFC 5322 §3.6.4, spaces inside tolerated only where they were folds; null if there is none. */
export function messageId(fields: NamedFields): OctetString | null {
  const value = fields.text('message-id')
  if (value === null) return null
  const start = value.indexOf('<')
  const end = value.indexOf('>', start)
  const id = start === -1 || end === -1 ? '' : value.slice(start + 1, end)
  return /^[\x21-\x3b\x3d\x3f-\x7e\x80-\xff]+$/.test(id) ? ['<', id, '>'].join('') : null
}
