/** Header fields as people read them: encoded words decoded by libmime, folds undone (RFC 2047, RFC 5322 §2.2.3). */
import libmime from 'libmime'
import { decodeCharset } from './charset.js'
import type { OctetString } from './index-types.js'
import { unfold } from './lexer.js'

/** A half of a character beyond U+FFFF, as a word in UTF-16 may hold it: no text can be stored with it. */
export const LONE_SURROGATE = /\p{Cs}/gu

/** Octets of a header without encoded words as text: US-ASCII mostly, which needs no decoder to be made. */
export const headerText = (octets: OctetString): string =>
  /[\x80-\xff]/.test(octets) ? decodeCharset(null, Buffer.from(octets, 'latin1')) : octets

const Q_WORD = /=\?[^?\s]+\?q\?[^?\r\n]*\?=/gi

/** Octets beyond US-ASCII stand for themselves in a Q word: RFC 2047 §2 allows none, but the word says what they are. */
const withoutRawOctets = (value: OctetString): OctetString =>
  value.replace(Q_WORD, (word) =>
    word.replace(/[\x80-\xff]/g, (octet) => `=${octet.charCodeAt(0).toString(16).toUpperCase()}`),
  )

/** Undoes encoded words, also where RFC 2047 §5 has none: mail is full of them. White space between two goes (§6.2). */
export function decodeWords(value: OctetString): string {
  const text = headerText(withoutRawOctets(value))
  return text.includes('=?') ? libmime.decodeWords(text).replace(LONE_SURROGATE, '\ufffd') : text
}

/** The value of a field on one line, decoded. */
export const fieldText = (value: OctetString): string => decodeWords(unfold(value))
