/** The name of an attachment: decoded (RFC 2231, RFC 2047), and made harmless as the name of a file. */
import { decodeCharset } from './charset.js'
import { decodeWords } from './encoded-words.js'
import type { OctetString } from './index-types.js'
import type { Parameter } from './parameters.js'

/** Octets of a name that every file system takes (NAME_MAX of Linux, as UTF-8). */
const LONGEST_NAME = 255

/** Control characters, and those that turn the direction of writing: `exe.txt` must not look like `txt.exe`. */
const INVISIBLE = /[\p{Cc}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu

const percentOctets = (text: OctetString): OctetString =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** The charset and the octets of `name*` or of its pieces `name*0*`, `name*1` … (RFC 2231 §3, §4). */
function extendedValue(found: ReadonlyMap<string, OctetString>, name: string): [string | null, OctetString] | null {
  const first = found.get(`${name}*`) ?? found.get(`${name}*0*`)
  const [, charset = '', , rest = ''] = /^([^']*)'([^']*)'(.*)$/s.exec(first ?? '') ?? ['', '', '', first ?? '']
  if (found.has(`${name}*`)) return [charset, percentOctets(rest)]
  let octets = first === undefined ? found.get(`${name}*0`) : percentOctets(rest)
  if (octets === undefined) return null
  for (let i = 1; ; i++) {
    const encoded = found.get(`${name}*${i}*`)
    const piece = encoded === undefined ? found.get(`${name}*${i}`) : percentOctets(encoded)
    if (piece === undefined) return [charset === '' ? null : charset, octets]
    octets += piece
  }
}

/** The value of one parameter as people read it, or null. RFC 2231 before what RFC 2047 §5 forbids and mailers do. */
export function parameterText(parameters: readonly Parameter[], name: string): string | null {
  const found = new Map<string, OctetString>()
  for (const parameter of parameters) {
    const key = parameter.name.toLowerCase()
    if (!found.has(key)) found.set(key, parameter.value)
  }
  const extended = extendedValue(found, name)
  if (extended !== null) {
    const [charset, octets] = extended
    return charset === null ? decodeWords(octets) : decodeCharset(charset, Buffer.from(octets, 'latin1'))
  }
  const plain = found.get(name)
  return plain === undefined ? null : decodeWords(plain)
}

/** The longest beginning of `text` with at most `octets` octets of UTF-8. */
function withinOctets(text: string, octets: number): string {
  let end = Math.min(text.length, octets)
  while (Buffer.byteLength(text.slice(0, end)) > octets) end--
  return text.slice(0, end).replace(/[\ud800-\udbff]$/, '')
}

/** A name without folders, that hides nothing and is not too long; null when nothing is left of it. */
export function harmlessName(name: string): string | null {
  const last = name.replace(INVISIBLE, '').split(/[/\\]/).at(-1) ?? ''
  const trimmed = last.replace(/^[\s.]+|[\s.]+$/g, '')
  if (Buffer.byteLength(trimmed) <= LONGEST_NAME) return trimmed === '' ? null : trimmed
  const ending = /\.[^.\s]{1,10}$/.exec(trimmed)?.[0] ?? ''
  return withinOctets(trimmed.slice(0, -ending.length || undefined), LONGEST_NAME - Buffer.byteLength(ending)) + ending
}
