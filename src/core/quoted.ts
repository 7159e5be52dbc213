/** What somebody gave, as it is told back in one short line. */

/** Longer than every address and name that is taken; the rest says nothing more. */
const LONGEST_QUOTE = 400

/** In quotes, with nothing in it that would end the line or steer a terminal. */
export function quoted(text: string): string {
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
  return oneLine(JSON.stringify(cut))
}

/** Control characters and line separators written out as JSON has them: \u001b. */
export const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
