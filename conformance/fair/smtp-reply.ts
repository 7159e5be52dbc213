/** One SMTP reply as it came: its grammar, its code, its lines, its enhanced status code. Pure. */
import type { OctetString } from '../transcript.js'

export interface Reply {
  readonly code: string
  /** What stands behind the code and its sign, line by line. */
  readonly texts: readonly OctetString[]
}

/** RFC 5321 §4.5.3.1.5: 512 octets with the CRLF. The challenges of AUTH may be longer (RFC 4954 §4). */
const LINE = 510

/** RFC 5321 §4.2: the last line alone may be without a text and its space. */
const FORM = /^([2-5][0-5]\d)(?:([ -])(.*))?$/s

/** @returns the reply, or in words what is wrong with it. @param lines without CRLF, one at least */
export function readReply(lines: readonly OctetString[]): Reply | string {
  const texts: OctetString[] = []
  let code = ''
  for (const [i, line] of lines.entries()) {
    const [, digits, sign = ' ', text = ''] = FORM.exec(line) ?? []
    if (digits === undefined) return 'this is no line of a reply (RFC 5321 §4.2)'
    if (i > 0 && digits !== code) return 'one reply has two codes (RFC 5321 §4.2.1)'
    if ((sign === '-') !== i < lines.length - 1)
      return sign === '-' ? 'the reply has no last line (RFC 5321 §4.2.1)' : 'the reply goes on behind its last line'
    const bad = textFault(digits, line)
    if (bad !== null) return bad
    code = digits
    texts.push(text)
  }
  return { code, texts }
}

function textFault(code: string, line: OctetString): string | null {
  if (/[^\t -~\x80-\xff]/.test(line)) return 'a control character is in the text (RFC 5321 §4.2)'
  if (code !== '334' && line.length > LINE) return 'the line is longer than 512 octets (RFC 5321 §4.5.3.1.5)'
  return null
}

const ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/

/** The enhanced status code in front of a text, or null. RFC 2034 §3 */
export const enhancedOf = (text: OctetString): string | null => ENHANCED.exec(text)?.[1] ?? null

/**
 * RFC 2034 §4: the same code in front of each line, and its class fits the reply code.
 * @returns in words what is wrong, or null
 */
export function enhancedFault({ code, texts }: Reply): string | null {
  const [first = null, ...others] = texts.map(enhancedOf)
  if (first === null) return 'the enhanced status code that the server offers is missing (RFC 2034 §4)'
  if (others.some((other) => other !== first)) return 'its lines have not the same enhanced status code (RFC 2034 §4)'
  if (first[0] !== code[0]) return `the enhanced status code ${first} does not fit the reply code ${code} (RFC 2034 §4)`
  return null
}
