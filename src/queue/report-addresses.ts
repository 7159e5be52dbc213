/** Addresses in a report, in UTF-8 or in the ASCII form that RFC 6533 §3 has for them. */
import { isAscii, printable } from './report-lines.js'

/** An address that is not in ASCII is of another type: RFC 6533 §3. */
export const typed = (address: string, utf8: boolean): string =>
  `${isAscii(address) ? 'rfc822' : 'utf-8'}; ${shown(address, utf8)}`

/** An address; where UTF-8 may not be sent, as utf-8-addr-xtext. */
export const shown = (address: string, utf8: boolean): string =>
  utf8 || isAscii(address)
    ? printable(address)
    : address.replace(/[^!-*,-<>-[\]-~]/gu, (sign) => `\\x{${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`)

/** `addr-type;address` as ORCPT had it. */
export function original(given: string, utf8: boolean): string {
  const at = given.indexOf(';')
  const [type, address] = [given.slice(0, at), given.slice(at + 1)]
  if (type.toLowerCase() !== 'utf-8') return `${printable(type)}; ${shown(address, utf8)}`
  const plain = withoutUnitext(address)
  // What is in ASCII once it is decoded stays as it was: it was not of this type in the first place.
  return `${printable(type)}; ${isAscii(plain) ? printable(address) : shown(plain, utf8)}`
}

/** utf-8-addr-xtext or unitext as what it stands for; as it is where it is none. */
function withoutUnitext(address: string): string {
  const plain = address.replace(/\\x\{([0-9A-F]{2,6})\}/g, (whole, hex: string) => {
    const point = Number.parseInt(hex, 16)
    return point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? whole : String.fromCodePoint(point)
  })
  return /[\0-\x1f\x7f]/.test(plain) ? address : plain
}
