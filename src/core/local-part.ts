/**
 * Local parts: the one form in which those of our own addresses are kept and compared, and which there can be.
 *
 * ASCII is what it always was: a Dot-string in lower case. Outside ASCII (RFC 6531 §3.3) the form is NFC in lower
 * case, letter by letter, so that it does not depend on what stands beside a letter: a name is the same with a detail
 * behind it. Who may have what follows the IdentifierClass of RFC 8264 §9, which is made for names: letters, marks
 * and digits; no spaces, symbols, controls, nothing unseen, nothing that is another character in disguise.
 *
 * See docs/decisions/015-local-parts-in-utf-8.md.
 */
import { lowerAscii } from './domain-name.js'
import { smtpLimits } from './limits.js'

const ASCII = /^[\0-\x7f]*$/

/** RFC 5321 §4.1.2, Dot-string; what would need quotes is not given to a user. */
const DOT_STRING = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
/** With the atext of RFC 6531 §3.3, of which what cannot be seen is left out. */
const DOT_STRING_UTF8 =
  /^(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\0-\x7f\p{C}\p{Z}])+(?:\.(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\0-\x7f\p{C}\p{Z}])+)*$/u

/** Greek varia, Greek question mark, Kelvin sign: NFC makes ASCII of them, and of nothing else. */
const ASCII_TWIN = /[\u037e\u1fef\u212a]/
/** Lower case has two forms of sigma, one for the end of a word; Thai and Lao am is two characters (RFC 4013 §2.2). */
const ONE_FORM: ReadonlyMap<string, string> = new Map([
  ['\u03c2', '\u03c3'],
  ['\u0e33', '\u0e4d\u0e32'],
  ['\u0eb3', '\u0ecd\u0eb2'],
])

/** RFC 8264 §9.1 LetterDigits, without §9.13 PrecisIgnorableProperties: Hangul fillers are letters too. */
const NO_NAME_CHARACTER = /[^\0-\x7f\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]|\p{Default_Ignorable_Code_Point}/u
/** A mark that stands on nothing is drawn over the character before, or over the @. */
const LONE_MARK = /(?:^|[^\p{L}\p{N}\p{M}])\p{M}/u
/** An i with a dot above is drawn as an i: so is the Turkish capital in lower case. */
const SECOND_DOT = /\p{Soft_Dotted}\u0307/u
const WORD = /[\p{L}\p{M}\p{N}]+/gu

/** Scripts that have letters of one shape, or run in two directions: two of them in one word are meant to deceive. */
const APART = {
  Latin: /\p{Script=Latin}/u,
  Greek: /\p{Script=Greek}/u,
  Cyrillic: /\p{Script=Cyrillic}/u,
  Armenian: /\p{Script=Armenian}/u,
  Coptic: /\p{Script=Coptic}/u,
  Cherokee: /\p{Script=Cherokee}/u,
  Hebrew: /\p{Script=Hebrew}/u,
  Arabic: /\p{Script=Arabic}/u,
} as const

/**
 * What addresses are compared by, whole or their local parts. Total, and its own canonical form; in ASCII, lower case.
 * What holds a twin of an ASCII character stays as it is, so that it is equal to no address.
 */
export function foldAddress(text: string): string {
  if (ASCII.test(text)) return lowerAscii(text)
  if (ASCII_TWIN.test(text)) return text
  const folded = Array.from(text.normalize('NFC'), (character) => {
    const lower = character.toLowerCase()
    return ONE_FORM.get(lower) ?? lower
  })
  return folded.join('').normalize('NFC')
}

/** A Dot-string of at most 64 octets, in ASCII or UTF-8: what some host may have. */
export const isLocalPart = (text: string): boolean => isShort(text) && DOT_STRING_UTF8.test(text)

const isShort = (text: string): boolean => Buffer.byteLength(text) <= smtpLimits.localPart

/** Of a local part that one of our users can have; else why not, in words for whoever wants to make one. */
export type LocalPart =
  | { readonly kind: 'canonical'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string }

const refused = (reason: string): LocalPart => ({ kind: 'refused', reason })

/** Unquoted, as it came. */
export function readLocalPart(written: string): LocalPart {
  if (!isShort(written)) return refused(TOO_LONG)
  if (ASCII.test(written))
    return DOT_STRING.test(written) ? { kind: 'canonical', text: lowerAscii(written) } : refused(NO_DOT_STRING)
  const twin = ASCII_TWIN.exec(written)?.[0]
  if (twin !== undefined) return refused(`${named(twin)} in it is taken for the ASCII character that it looks like`)
  const text = foldAddress(written)
  const reason = problemOf(text)
  return reason === null ? { kind: 'canonical', text } : refused(reason)
}

const TOO_LONG = `what is before the @ is longer than ${smtpLimits.localPart} octets in UTF-8`
const NO_DOT_STRING = "what is before the @ must be letters, digits and !#$%&'*+-/=?^_`{|}~, with single dots between"

/** What speaks against a folded local part outside ASCII. */
function problemOf(text: string): string | null {
  if (!isShort(text)) return TOO_LONG
  const bad = NO_NAME_CHARACTER.exec(text)?.[0] ?? disguised(text)
  if (bad !== undefined) return `${named(bad)} in it is no letter or digit that addresses have`
  if (!DOT_STRING_UTF8.test(text)) return NO_DOT_STRING
  if (LONE_MARK.test(text)) return 'it has a combining mark with no letter before it'
  if (SECOND_DOT.test(text)) return 'it has an i or j with a second dot, which looks like one with a single dot'
  return mixture(text)
}

/** A character that is another one in another shape, by RFC 8264 §9.17 HasCompat: full width, ligatures. */
const disguised = (text: string): string | undefined =>
  text === text.normalize('NFKC') ? undefined : Array.from(text).find((one) => one !== one.normalize('NFKC'))

function mixture(text: string): string | null {
  for (const [word] of text.matchAll(WORD)) {
    const scripts = Object.entries(APART).filter(([, letter]) => letter.test(word))
    const [one, other] = scripts.map(([name]) => name)
    if (other !== undefined) return `${JSON.stringify(word)} has letters of both ${one} and ${other} in one word`
  }
  return null
}

/** U+212A: it may look like something else, or like nothing. */
const named = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
