/** By what messages are sorted (RFC 5256 §3, RFC 5957 §3) and put into threads, from the message's own header. */
import { type MimeLimits, mimeLimits } from '../core/limits.js'
import { type Address, MISSING_DOMAIN, MISSING_MAILBOX, parseAddresses } from './addresses.js'
import { baseSubject } from './base-subject.js'
import { casemapKey } from './casemap.js'
import { parseDate } from './date.js'
import { decodeWords } from './encoded-words.js'
import { messageId } from './envelope.js'
import type { OctetString } from './index-types.js'
import { type NamedFields, NO_FIELDS } from './named-fields.js'
import { messageIds } from './references.js'

/** Texts are keys of i;unicode-casemap (RFC 5051), cut at mimeLimits.sortKey characters; empty where there is nothing. */
export interface MessageKeys {
  /** Of the base subject (RFC 5256 §2.1). */
  readonly subject: string
  /** The subject says that this is a reply or a forward. */
  readonly isReply: boolean
  /** addr-mailbox of the first address. */
  readonly from: string
  readonly to: string
  readonly cc: string
  /** RFC 5957: its name, or else its address. */
  readonly displayFrom: string
  readonly displayTo: string
  /** Date in milliseconds since the epoch; null: it cannot be read, and INTERNALDATE takes its place (RFC 5256 §2.2). */
  readonly sentDate: number | null
  /** With their angle brackets; at most mimeLimits.references. */
  readonly messageId: OctetString | null
  readonly inReplyTo: readonly OctetString[]
  /** Oldest first. Of too many the first and the last ones. */
  readonly references: readonly OctetString[]
}

/** A key of no more characters than are kept; no half of a character at its end. */
const cut = (text: string, limit: number): string => text.slice(0, limit).replace(/[\ud800-\udbff]$/, '')

/** So many octets may be needed for one character that is kept: encoded words are long. */
const OCTETS_OF_A_CHARACTER = 8

function decode(text: OctetString, { sortKey }: MimeLimits): string {
  const octets = text.slice(0, OCTETS_OF_A_CHARACTER * sortKey)
  return cut(isPlain(octets) ? octets : decodeWords(octets), sortKey)
}

/** Most texts are, and then need no decoder. */
const isPlain = (text: OctetString): boolean => !text.includes('=?') && !/[\x80-\xff]/.test(text)

const key = (text: string, { sortKey }: MimeLimits): string => cut(casemapKey(text.replace(/\p{Cc}+/gu, ' ')), sortKey)

/** The first address structure that ENVELOPE has of these fields. */
function firstAddress(values: readonly OctetString[]): Address | null {
  for (const value of values) {
    const [address] = parseAddresses(value, 1)
    if (address !== undefined) return address
  }
  return null
}

const mailboxOf = (address: Address | null): OctetString =>
  address?.mailbox === MISSING_MAILBOX ? '' : (address?.mailbox ?? '')

/** RFC 5957 §3 */
function displayOf(address: Address | null, limits: MimeLimits): string {
  const name = decode(address?.name ?? '', limits)
  if (name !== '') return name
  const mailbox = mailboxOf(address)
  const host = address?.host ?? MISSING_DOMAIN
  return decode(host === MISSING_DOMAIN ? mailbox : `${mailbox}@${host}`, limits)
}

/** `fields`: those of the message's own header. */
export function messageKeys(fields: NamedFields, limits: MimeLimits = mimeLimits): MessageKeys {
  const subject = baseSubject(decode(fields.text('subject') ?? '', limits))
  const from = firstAddress(fields.all('from'))
  const to = firstAddress(fields.all('to'))
  const cc = firstAddress(fields.all('cc'))
  return {
    subject: key(subject.text, limits),
    isReply: subject.isReply,
    from: key(decode(mailboxOf(from), limits), limits),
    to: key(decode(mailboxOf(to), limits), limits),
    cc: key(decode(mailboxOf(cc), limits), limits),
    displayFrom: key(displayOf(from, limits), limits),
    displayTo: key(displayOf(to, limits), limits),
    sentDate: parseDate(fields.first('date') ?? '')?.ms ?? null,
    messageId: messageId(fields),
    inReplyTo: messageIds(fields.all('in-reply-to'), limits),
    references: messageIds(fields.all('references'), limits),
  }
}

/** Of a message without a header. */
export const NO_KEYS: MessageKeys = messageKeys(NO_FIELDS)
