/**
 * The collation i;unicode-casemap as a key (RFC 5051 §2): two texts are equal where their keys are, and sort
 * as the octets of their keys in UTF-8.
 */

/** Titlecase that is not uppercase: the digraphs of U+01C4 to U+01CC and U+01F1 to U+01F3. */
const DIGRAPHS: readonly (readonly [number, number, number])[] = [
  [0x1c4, 0x1c6, 0x1c5],
  [0x1c7, 0x1c9, 0x1c8],
  [0x1ca, 0x1cc, 0x1cb],
  [0x1f1, 0x1f3, 0x1f2],
]
const FIRST_DIGRAPH = 0x1c4
/** Georgian letters are their own titlecase, though they have capitals. */
const GEORGIAN = /[\u10d0-\u10ff]/
/** Greek with an iota below: simple titlecase keeps the iota, which toUpperCase makes a letter of its own. */
const IOTA_BELOW = /[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7]/
const IOTA_BELOW_ALONE = /[\u1fb3\u1fc3\u1ff3]/

/** The simple titlecase mapping of UnicodeData.txt: one character for one. */
function titlecase(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code < FIRST_DIGRAPH) return simpleUpper(character)
  const digraph = DIGRAPHS.find(([first, last]) => code >= first && code <= last)
  if (digraph !== undefined) return String.fromCharCode(digraph[2])
  if (GEORGIAN.test(character)) return character
  if (IOTA_BELOW.test(character)) return String.fromCharCode(code + 8)
  if (IOTA_BELOW_ALONE.test(character)) return String.fromCharCode(code + 9)
  return simpleUpper(character)
}

function simpleUpper(character: string): string {
  const upper = character.toUpperCase()
  return upper.length === 1 || upper.length === character.length ? upper : character
}

/** Hangul syllables decompose by a rule, and so have no decomposition in UnicodeData.txt: they stay whole. */
const decompose = (text: string): string => text.replace(/[^\uac00-\ud7a3]+/g, (part) => part.normalize('NFKD'))

/** @returns the "titlecased canonicalized" text of RFC 5051 §2; to compare, take its octets in UTF-8 */
export const casemapKey = (text: string): string =>
  /[^\p{ASCII}]/u.test(text) ? decompose(Array.from(text, titlecase).join('')) : text.toUpperCase()
