/** Modified UTF-7 for mailbox names, strict: RFC 3501 §5.1.3. One name has exactly one encoding. */

// Printable US-ASCII except "&" stands for itself; all else, "&" apart, is in modified base64 of UTF-16BE.
const SHIFTED = /[^\x20-\x7e]+|&/g
const SHIFT = /&([A-Za-z0-9+,]*)-/g
const WHOLE = /^(?:[\x20-\x25\x27-\x7e]|&[A-Za-z0-9+,]*-)*$/
const LONE_SURROGATE = /\p{Surrogate}/u

const toBase64 = (run: string): string =>
  Buffer.from(run, 'utf16le').swap16().toString('base64').replace(/=+$/, '').replaceAll('/', ',')

const fromBase64 = (run: string): string => {
  const octets = Buffer.from(run.replaceAll(',', '/'), 'base64')
  return octets.length % 2 === 0 ? octets.swap16().toString('utf16le') : ''
}

/** `name` must be well-formed Unicode. */
export const encodeUtf7 = (name: string): string =>
  name.replace(SHIFTED, (run) => (run === '&' ? '&-' : `&${toBase64(run)}-`))

/**
 * The name in Unicode, or null when `wire` is not modified UTF-7: a stray "&" or 8-bit octet, bad base64,
 * half a character, or any other spelling than the one that `encodeUtf7` gives.
 */
export function decodeUtf7(wire: string): string | null {
  if (!WHOLE.test(wire)) return null
  const name = wire.replace(SHIFT, (_all, run: string) => (run === '' ? '&' : fromBase64(run)))
  return !LONE_SURROGATE.test(name) && encodeUtf7(name) === wire ? name : null
}
