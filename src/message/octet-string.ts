/** Octets as an IMAP string: quoted where that may be, else a literal (RFC 3501 §4.3). */
import type { OctetString } from './index-types.js'

/** QUOTED-CHAR without the two that need a backslash. */
const PLAIN = /^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]*$/
const QUOTABLE = /^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/

/** `string` of RFC 3501 §9. NUL cannot be sent in one and is left out. */
export function string(value: OctetString): OctetString {
  if (PLAIN.test(value)) return `"${value}"`
  const sendable = value.replaceAll('\0', '')
  if (QUOTABLE.test(sendable)) return `"${sendable.replace(/["\\]/g, '\\$&')}"`
  return `{${sendable.length}}\r\n${sendable}`
}

/** `nstring` of RFC 3501 §9: NIL for what is not there. */
export const nstring = (value: OctetString | null): OctetString => (value === null ? 'NIL' : string(value))
