/** Header fields as people read them: encoded words decoded, folds undone (RFC 2047, RFC 5322 §2.2.3). */
import { decodeCharset } from './charset.js'
import type { OctetString } from './index-types.js'
import { unfold } from './lexer.js'

/** charset (with the language of RFC 2231 §5), encoding, text. Spaces in the text are wrong and common. */
const WORD = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?]*)\?=/gi

/** The octets of a run of words in one charset: characters of several octets are often cut between words. */
interface Run {
  readonly charset: string
  octets: OctetString
}

const wordOctets = (encoding: string, text: OctetString): OctetString =>
  encoding.toLowerCase() === 'b'
    ? Buffer.from(text, 'base64').toString('latin1')
    : text
        .replaceAll('_', ' ')
        .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** Most of it is US-ASCII or UTF-8, and then needs no decoder to be made. */
function asText(charset: string | null, octets: OctetString): string {
  if (charset === null && !/[\x80-\xff]/.test(octets)) return octets
  const raw = Buffer.from(octets, 'latin1')
  return charset === 'utf-8' ? raw.toString() : decodeCharset(charset, raw)
}

/** Undoes encoded words, also where RFC 2047 §5 has none: mail is full of them. White space between two goes (§6.2). */
export function decodeWords(value: OctetString): string {
  let text = ''
  let at = 0
  let run: Run | null = null
  for (const match of value.matchAll(WORD)) {
    const [all, charset = '', encoding = '', word = ''] = match
    const between = value.slice(at, match.index)
    const octets = wordOctets(encoding, word)
    const follows = run !== null && /^[ \t\r\n]*$/.test(between)
    if (run !== null && follows && run.charset === charset.toLowerCase()) run.octets += octets
    else {
      if (run !== null) text += asText(run.charset, run.octets)
      if (!follows) text += asText(null, between)
      run = { charset: charset.toLowerCase(), octets }
    }
    at = match.index + all.length
  }
  if (run !== null) text += asText(run.charset, run.octets)
  return text + asText(null, value.slice(at))
}

/** The value of a field on one line, decoded. */
export const fieldText = (value: OctetString): string => decodeWords(unfold(value))
