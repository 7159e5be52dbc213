/** How a message fits a server: what of it must be known to be taken, and the MAIL and RCPT lines. Pure. */
import { canonicalDomain } from '../core/domain-name.js'
import { clientLimits } from '../core/limits.js'
import type { RecipientDsn } from '../store/store.js'
import type { Capabilities } from './client-capabilities.js'
import type { OutboundMail } from './contracts.js'

/** What a server is told of a message, and who of its recipients cannot be named to it. */
export interface Fit {
  readonly form: 'as-is' | '7bit'
  readonly body: '8BITMIME' | 'BINARYMIME' | null
  readonly utf8: boolean
  readonly from: string
  /** In the order of the mail's. `path`: as RCPT names them; `reply`: why it cannot. */
  readonly recipients: readonly FittedRecipient[]
}

export type FittedRecipient = { readonly recipient: string; readonly dsn: RecipientDsn } & (
  | { readonly path: string; readonly reply: null }
  | { readonly path: null; readonly reply: string }
)

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

/** What would be another command, or no path: our own parser lets none in. */
const UNSPEAKABLE = /\p{Cc}/u

/** @param host as people know it */
export function fitOf(mail: OutboundMail, can: Capabilities, host: string): Fit | { readonly refused: string } {
  const { needs } = mail.content
  const utf8 = can.utf8 && (mail.envelope.utf8 || needs.eightBitHeader || !isAscii(addresses(mail)))
  const from = pathOf(mail.from, utf8)
  if (UNSPEAKABLE.test(mail.from)) return { refused: '553 5.1.7 The address of the sender has control characters' }
  if (from === null) return { refused: `550 5.6.7 ${host} takes no addresses outside ASCII, as the sender's is` }
  if (needs.eightBitHeader && !utf8)
    return { refused: `554 5.6.9 ${host} takes no header outside ASCII, as that of the message is` }
  const recipients = mail.recipients.map(({ recipient, dsn }) => fitted(recipient, dsn, utf8, host))
  return { ...fittingBody(mail, can), utf8, from, recipients }
}

const addresses = ({ from, recipients }: OutboundMail): string =>
  from + recipients.map(({ recipient }) => recipient).join('')

function fitted(recipient: string, dsn: RecipientDsn, utf8: boolean, host: string): FittedRecipient {
  const path = pathOf(recipient, utf8)
  if (UNSPEAKABLE.test(recipient)) return { recipient, dsn, path: null, reply: '553 5.1.3 Control characters in it' }
  if (path !== null) return { recipient, dsn, path, reply: null }
  return { recipient, dsn, path, reply: `550 5.6.7 ${host} takes no addresses outside ASCII` }
}

/** RFC 6531 §3.2: without the extension a domain may still go by its A-labels; a local part has no other form. */
function pathOf(address: string, utf8: boolean): string | null {
  if (utf8 || isAscii(address)) return address
  const at = address.lastIndexOf('@')
  const domain = canonicalDomain(address.slice(at + 1))
  return domain === null || !isAscii(address.slice(0, at)) ? null : `${address.slice(0, at)}@${domain}`
}

/** RFC 6152 §3, RFC 3030 §3: 8 bits and binary only to whom takes them. */
function fittingBody({ content: { needs } }: OutboundMail, can: Capabilities): Pick<Fit, 'form' | 'body'> {
  if (needs.binary) return can.binary ? { form: 'as-is', body: 'BINARYMIME' } : { form: '7bit', body: null }
  if (!needs.eightBitBody && !needs.eightBitHeader) return { form: 'as-is', body: null }
  if (can.eightBit) return { form: 'as-is', body: '8BITMIME' }
  return { form: needs.eightBitBody ? '7bit' : 'as-is', body: null }
}

/** RFC 1870 §6.1: what is known to be too large is not begun. null: it may be taken. */
export function tooLarge(size: number, { form }: Fit, { size: limit }: Capabilities, host: string): string | null {
  if (limit === null || limit === 0 || form !== 'as-is' || size <= limit) return null
  return `552 5.3.4 ${host} takes messages of at most ${limit} octets, and this one has ${size}`
}

/** By BDAT: what DATA cannot carry, and what is so large that an early refusal is worth something. */
export const isChunked = (size: number, { form, body }: Fit, { chunking }: Capabilities): boolean =>
  body === 'BINARYMIME' || (chunking && form === 'as-is' && size >= clientLimits.chunkedFrom)

/** `size`: an upper bound, where the form is not 'as-is', which RFC 1870 §6.1 lets an estimate be. */
export function mailLine(mail: OutboundMail, fit: Fit, can: Capabilities, size: number): string {
  const { returned, envelopeId } = mail.envelope
  const words = [`MAIL FROM:<${fit.from}>`]
  const fits = can.size === 0 || size <= (can.size ?? 0)
  if (can.size !== null && fits) words.push(`SIZE=${size}`)
  if (fit.body !== null) words.push(`BODY=${fit.body}`)
  if (fit.utf8) words.push('SMTPUTF8')
  if (can.dsn && returned !== null) words.push(`RET=${returned === 'full' ? 'FULL' : 'HDRS'}`)
  if (can.dsn && envelopeId !== null) words.push(`ENVID=${xtext(envelopeId)}`)
  return words.join(' ')
}

/** RFC 3461 §5.2.1: what the sender asked for goes on as it came. */
export function rcptLine(path: string, { notify, originalRecipient }: RecipientDsn, fit: Fit, dsn: boolean): string {
  const words = [`RCPT TO:<${path}>`]
  if (dsn && notify !== null) words.push(`NOTIFY=${notify.length === 0 ? 'NEVER' : notify.join(',').toUpperCase()}`)
  if (dsn && originalRecipient !== null) words.push(`ORCPT=${original(originalRecipient, fit.utf8)}`)
  return words.join(' ')
}

/** RFC 3461 §4: octets outside "!" to "~", and "+" and "=", in hexadecimal. */
const xtext = (text: string): string =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/[^!-~]|[+=]/g, (octet) => `+${hex(octet, 2)}`)

/** An address of type utf-8 is kept as it came; RFC 6533 §3 has an ASCII form of it for whom takes no other. */
function original(kept: string, utf8: boolean): string {
  const end = kept.indexOf(';') + 1
  const [type, address] = [kept.slice(0, end), kept.slice(end)]
  if (type.toLowerCase() !== 'utf-8;') return type + xtext(address)
  return type + (utf8 ? address : address.replace(/[^\0-\x7f]/gu, (character) => `\\x{${hex(character, 2)}}`))
}

const hex = (character: string, digits: number): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(digits, '0')
