/** The answers in which a server names itself and what it can do: the greeting, and the replies to EHLO, LHLO and HELO. Pure. */
import type { OctetString } from '../transcript.js'

/** RFC 5321 §4.1.1.1: ehlo-line. */
const KEYWORD_LINE = /^([A-Za-z\d][A-Za-z\d-]*)((?: [!-~]+)*)$/

/** RFC 5321 §4.1.2 and §4.1.3: Domain or address-literal; U-labels may be in it (RFC 6531 §3.7.1). */
const NAME =
  /^(?:[A-Za-z\d\x80-\xff](?:[\w\x80-\xff-]*[A-Za-z\d\x80-\xff])?(?:\.[A-Za-z\d\x80-\xff][\w\x80-\xff-]*)*\.?|\[[!-Z^-~]+\])(?: |$)/

const NONE = /^$/
const WORDS = /^(?: [A-Z\d_-]{1,20})*$/

/** What may stand behind a keyword, where its RFC says so. */
const PARAMETERS: ReadonlyMap<string, readonly [RegExp, string]> = new Map([
  ['PIPELINING', [NONE, 'RFC 2920 §3']],
  ['8BITMIME', [NONE, 'RFC 6152 §2']],
  ['CHUNKING', [NONE, 'RFC 3030 §2']],
  ['BINARYMIME', [NONE, 'RFC 3030 §3']],
  ['SMTPUTF8', [NONE, 'RFC 6531 §3.1']],
  ['DSN', [NONE, 'RFC 3461 §3']],
  ['ENHANCEDSTATUSCODES', [NONE, 'RFC 2034 §3']],
  ['STARTTLS', [NONE, 'RFC 3207 §2']],
  ['SIZE', [/^(?: \d{1,20})?$/, 'RFC 1870 §4']],
  ['AUTH', [WORDS, 'RFC 4954 §3']],
  ['LIMITS', [/^(?: [A-Z\d_-]+(?:=[!-:<-~]+)?)*$/i, 'RFC 9422 §4']],
])

/** Who says the one says the other. */
const BELONGS: readonly (readonly [string, string, string])[] = [
  ['BINARYMIME', 'CHUNKING', 'RFC 3030 §3'],
  ['SMTPUTF8', '8BITMIME', 'RFC 6531 §3.1'],
]

/** RFC 2033 §5 */
const OF_LMTP = ['PIPELINING', 'ENHANCEDSTATUSCODES']

/** Keyword in upper case → the lines that it begins. */
export type Keywords = ReadonlyMap<string, readonly OctetString[]>

/** Whether a text begins with what may be the name of a server. */
export const namesServer = (text: OctetString): boolean => NAME.test(text)

/** @param texts of the lines of an EHLO reply behind the first. @returns in words what is wrong with one of them */
export function readKeywords(texts: readonly OctetString[]): Keywords | string {
  const keywords = new Map<string, OctetString[]>()
  for (const text of texts) {
    const [, word, parameters = ''] = KEYWORD_LINE.exec(text) ?? []
    if (word === undefined) return `"${text}" is no keyword with parameters (RFC 5321 §4.1.1.1)`
    const keyword = word.toUpperCase()
    const [form, where] = PARAMETERS.get(keyword) ?? []
    if (form !== undefined && !form.test(parameters)) return `${keyword} has another parameter than ${where} says`
    keywords.set(keyword, [...(keywords.get(keyword) ?? []), text])
  }
  return keywords
}

interface Connected {
  readonly lmtp: boolean
  /** In TLS. */
  readonly secured: boolean
}

/** @returns in words what is wrong with the keywords of a server, whatever a transcript shows */
export function keywordFault(offered: Keywords, { lmtp, secured }: Connected): string | null {
  if (secured && offered.has('STARTTLS')) return 'it offers STARTTLS in TLS (RFC 3207 §4.2)'
  for (const [one, other, where] of BELONGS)
    if (offered.has(one) && !offered.has(other)) return `it offers ${one} without ${other} (${where})`
  const missing = lmtp ? OF_LMTP.find((keyword) => !offered.has(keyword)) : undefined
  return missing === undefined ? null : `it does not offer ${missing}, as LMTP must (RFC 2033 §5)`
}

/** `needs:` words: a keyword, or `AUTH=PLAIN` for a keyword with a parameter. */
export function offers(offered: Keywords, need: string): boolean {
  const [keyword = '', parameter] = need.toUpperCase().split('=')
  const lines = offered.get(keyword)
  if (lines === undefined || parameter === undefined) return lines !== undefined
  return lines.some((line) => line.toUpperCase().split(' ').slice(1).includes(parameter))
}
