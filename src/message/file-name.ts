/** The name of an attachment: decoded (RFC 2231, RFC 2047), and made harmless as the name of a file. */
import libmime from 'libmime'
import { decodeWords, headerText, LONE_SURROGATE } from './encoded-words.js'
import type { OctetString } from './index-types.js'
import type { Parameter } from './parameters.js'

/** Octets of a name that every file system takes (NAME_MAX of Linux, as UTF-8). */
const LONGEST_NAME = 255

/** Control characters, and those that turn the direction of writing: `exe.txt` must not look like `txt.exe`. */
const INVISIBLE = /[\p{Cc}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** The first parameter of each name in lower case. */
function firstOfEach(parameters: readonly Parameter[]): ReadonlyMap<string, OctetString> {
  const found = new Map<string, OctetString>()
  for (const parameter of parameters) {
    const key = parameter.name.toLowerCase()
    if (!found.has(key)) found.set(key, parameter.value)
  }
  return found
}

/**
 * The value of one parameter as people read it, or null. RFC 2231, which libmime puts together, before what
 * RFC 2047 §5 forbids and mailers do. `name` in lower case.
 */
export function parameterText(parameters: readonly Parameter[], name: string): string | null {
  const found = firstOfEach(parameters)
  const extended = [...found].filter(([key]) => key.startsWith(`${name}*`))
  const field = extended.map(([key, value]) => `;${key}=${quoted(headerText(value))}`).join('')
  const text = field === '' ? undefined : libmime.parseHeaderValue(field).params[name]
  if (text !== undefined) return text.replace(LONE_SURROGATE, '\ufffd')
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
