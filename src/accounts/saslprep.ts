/**
 * SASLprep (RFC 4013), the form in which SCRAM takes names and passwords. The tables are those of RFC 3454,
 * with two differences: characters that Unicode has gained since are allowed, and left-to-right characters
 * (table D.2) are taken to be all letters that are not right-to-left (table D.1).
 */

/** C.1.2 */
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g

/** B.1. Some of them join others into one sign, which a class must not do: hence the alternatives. */
const MAPPED_TO_NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g

const PROHIBITED = new RegExp(
  [
    '[\\u00a0\\u1680\\u2000-\\u200b\\u202f\\u205f\\u3000]', // C.1.2
    '[\\0-\\x1f\\x7f]', // C.2.1
    '[\\x80-\\x9f\\u06dd\\u070f\\u180e\\u2028\\u2029\\u2060-\\u2063\\u206a-\\u206f\\ufff9-\\ufffc]|\\u200c|\\u200d|\\ufeff|[\\u{1d173}-\\u{1d17a}]', // C.2.2
    '\\p{Co}|\\p{Cs}|\\p{Noncharacter_Code_Point}', // C.3, C.5, C.4
    '\\p{Cn}', // A.1, as far as it is still unassigned
    '\\ufffd|[\\u2ff0-\\u2ffb]', // C.6, C.7
    '\\u0340|\\u0341|[\\u200e\\u200f\\u202a-\\u202e]', // C.8
    '\\u{e0001}|[\\u{e0020}-\\u{e007f}]', // C.9
  ].join('|'),
  'u',
)

/** D.1 */
const RIGHT_TO_LEFT_CLASS =
  '\\u05be\\u05c0\\u05c3\\u05d0-\\u05ea\\u05f0-\\u05f4\\u061b\\u061f\\u0621-\\u063a\\u0640-\\u064a\\u066d-\\u066f' +
  '\\u0671-\\u06d5\\u06dd\\u06e5\\u06e6\\u06fa-\\u06fe\\u0700-\\u070d\\u0710\\u0712-\\u072c\\u0780-\\u07a5\\u07b1' +
  '\\u200f\\ufb1d\\ufb1f-\\ufb28\\ufb2a-\\ufb36\\ufb38-\\ufb3c\\ufb3e\\ufb40\\ufb41\\ufb43\\ufb44\\ufb46-\\ufbb1' +
  '\\ufbd3-\\ufd3d\\ufd50-\\ufd8f\\ufd92-\\ufdc7\\ufdf0-\\ufdfc\\ufe70-\\ufe74\\ufe76-\\ufefc'
const RIGHT_TO_LEFT = new RegExp(`[${RIGHT_TO_LEFT_CLASS}]`, 'u')
const LEFT_TO_RIGHT = new RegExp(`(?![${RIGHT_TO_LEFT_CLASS}])\\p{L}`, 'u')
const ENDS_RIGHT_TO_LEFT = new RegExp(`^[${RIGHT_TO_LEFT_CLASS}](?:.*[${RIGHT_TO_LEFT_CLASS}])?$`, 'su')

/** The prepared string, or null where there is none: a prohibited character, or directions mixed (RFC 3454 §6). */
export function saslprep(text: string): string | null {
  const mapped = text.replace(OTHER_SPACES, ' ').replace(MAPPED_TO_NOTHING, '')
  const prepared = mapped.normalize('NFKC')
  if (PROHIBITED.test(prepared)) return null
  const mixed = RIGHT_TO_LEFT.test(prepared) && (LEFT_TO_RIGHT.test(prepared) || !ENDS_RIGHT_TO_LEFT.test(prepared))
  return mixed ? null : prepared
}
