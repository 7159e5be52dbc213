/** Modified UTF-7 for mailbox names: RFC 3501 §5.1.3. One name has exactly one encoding. */
import { isUtf8 } from 'node:buffer'

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

/** A run that stands for whole characters; null: it was no run but text. */
function decodeRun(run: string): string | null {
  const name = fromBase64(run)
  return name === '' || LONE_SURROGATE.test(name) ? null : name
}

/**
 * As `decodeUtf7`; and of what careless clients send, the name that they mean: UTF-8 as it is, a stray "&" for
 * itself, US-ASCII in base64. `wire` is octets as latin1. null: not even that, or it has a NUL.
 */
export function decodeSloppyUtf7(wire: string): string | null {
  const name = decodeUtf7(wire) ?? readSloppy(wire)
  return name === null || name.includes('\0') ? null : name
}

function readSloppy(wire: string): string | null {
  const text = Buffer.from(wire, 'latin1')
  if (!isUtf8(text)) return null
  return text.toString().replace(SHIFT, (all, run: string) => (run === '' ? '&' : (decodeRun(run) ?? all)))
}
