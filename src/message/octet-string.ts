/** Octets as an IMAP string: quoted where that may be, else a literal (RFC 3501 §4.3). */
import type { OctetString } from './index-types.js'

/** What an octet asks of the string it is in: nothing, a backslash before it, a literal, to be left out. */
const PLAIN = 0
const ESCAPED = 1
const LITERAL = 2
const UNSENDABLE = 4
const NEEDS = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet === 0) return UNSENDABLE
  if (octet === 10 || octet === 13 || octet > 127) return LITERAL
  return octet === 34 || octet === 92 ? ESCAPED : PLAIN
})

/** `string` of RFC 3501 §9. NUL cannot be sent in one and is left out. */
export function string(value: OctetString): OctetString {
  let needs = PLAIN
  for (let i = 0; i < value.length; i++) needs |= NEEDS[value.charCodeAt(i)] ?? LITERAL
  if (needs === PLAIN) return `"${value}"`
  const sendable = (needs & UNSENDABLE) === 0 ? value : value.replaceAll('\0', '')
  if ((needs & LITERAL) !== 0) return `{${sendable.length}}\r\n${sendable}`
  return `"${sendable.replace(/["\\]/g, '\\$&')}"`
}

/** `nstring` of RFC 3501 §9: NIL for what is not there. */
export const nstring = (value: OctetString | null): OctetString => (value === null ? 'NIL' : string(value))
