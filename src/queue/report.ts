/**
 * Reports on what became of a message, for its sender: the delivery status of RFC 3464 in a multipart/report of
 * RFC 6522. Pure text: what is returned of the message stands between head and tail, and the caller streams it.
 */
import { formatDate } from '../message/date.js'

/** RFC 3464 §2.3.3 */
export type Action = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

export interface ReportedRecipient {
  /** Where it led in the end. */
  readonly recipient: string
  /** `addr-type;address` as the sender gave it (RFC 3461 §4.2), or null. */
  readonly originalRecipient: string | null
  readonly action: Action
  /** RFC 3463 */
  readonly status: string
  /** What an SMTP server said, `552 5.2.2 Mailbox full`; null: none was asked. */
  readonly diagnostic: string | null
}

/** full: the message; headers: its header alone; null: nothing can be returned. */
export type Returned = 'full' | 'headers' | null

export interface Report {
  /** Our own name. */
  readonly hostname: string
  /** Of the report: its Message-ID and its boundary come from it. */
  readonly id: string
  /** Who is told: the reverse-path of the message, not empty. */
  readonly to: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** When the message came, likewise. */
  readonly arrivedAt: number
  /** ENVID of the message, or null. */
  readonly envelopeId: string | null
  /** UTF-8 may be sent to this sender (RFC 6531). */
  readonly utf8: boolean
  /** What is returned may have octets beyond ASCII. */
  readonly eightBit: boolean
  readonly recipients: readonly ReportedRecipient[]
  readonly returned: Returned
}

interface Words {
  readonly subject: string
  readonly text: string
}

/** The first that fits some recipient gives the report its name. */
const WORDS: readonly (readonly [Action, Words])[] = [
  ['failed', { subject: 'Undelivered mail returned to sender', text: 'could not be delivered to' }],
  ['delayed', { subject: 'Your message is delayed', text: 'has not been delivered yet, and is tried again, to' }],
  ['delivered', { subject: 'Your message was delivered', text: 'has been delivered to' }],
  [
    'relayed',
    { subject: 'Your message was passed on', text: 'has been passed on, to servers that report no more, to' },
  ],
  ['expanded', { subject: 'Your message was delivered to a list', text: 'has been delivered to the members of' }],
]

/** What stands before and behind the returned octets; UTF-8. */
export function composeReport(report: Report): { readonly head: string; readonly tail: string } {
  const boundary = `=_report_${report.id}`
  const eightBit = report.eightBit || report.utf8
  const parts = [textPart(report), statusPart(report), ...returnedPart(report, eightBit)]
  const body = parts.map((part) => `--${boundary}\r\n${part}`).join('\r\n')
  return { head: `${header(report, boundary, eightBit)}\r\n${body}`, tail: `\r\n--${boundary}--\r\n` }
}

/** RFC 3464 §2: the report comes from somebody whom an answer reaches. RFC 3834 §5: and it is no such answer itself. */
function header({ hostname, id, to, at, recipients }: Report, boundary: string, eightBit: boolean): string {
  const { subject } = wordsFor(recipients)
  return lines(
    `From: Mail Delivery System <postmaster@${hostname}>`,
    `To: <${printable(to)}>`,
    `Subject: ${subject}`,
    `Date: ${formatDate(at, 0)}`,
    `Message-ID: <${id}@${hostname}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    `\tboundary="${boundary}"`,
    ...(eightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
  )
}

function textPart({ hostname, utf8, recipients }: Report): string {
  const groups = WORDS.flatMap(([action, { text }]) => {
    const those = recipients.filter((one) => one.action === action)
    const named = those.map((one) => `  <${shown(one.recipient, utf8)}>${because(one)}`)
    return those.length === 0 ? [] : [`Your message ${text}:`, '', ...named, '']
  })
  return lines(
    ...partHeader('text/plain; charset=utf-8', utf8),
    '',
    `This is the mail system at ${hostname}.`,
    '',
    ...groups,
    'Recipients that are not named here are not concerned. What the servers said stands in the next part.',
  )
}

const because = ({ diagnostic }: ReportedRecipient): string =>
  diagnostic === null ? '' : `\r\n    ${printable(diagnostic)}`

/** RFC 3464 §2.1, and RFC 6533 §3 where UTF-8 may be sent. */
function statusPart({ hostname, arrivedAt, envelopeId, utf8, recipients }: Report): string {
  const type = utf8 ? 'message/global-delivery-status' : 'message/delivery-status'
  const ofMessage = [
    `Reporting-MTA: dns; ${hostname}`,
    ...(envelopeId === null ? [] : [`Original-Envelope-Id: ${printable(envelopeId)}`]),
    `Arrival-Date: ${formatDate(arrivedAt, 0)}`,
  ]
  return lines(
    ...partHeader(type, utf8),
    '',
    ...ofMessage,
    ...recipients.flatMap((one) => ['', ...fieldsOf(one, utf8)]),
  )
}

function fieldsOf(one: ReportedRecipient, utf8: boolean): readonly string[] {
  const { originalRecipient, recipient, action, status, diagnostic } = one
  return [
    ...(originalRecipient === null ? [] : [`Original-Recipient: ${original(originalRecipient, utf8)}`]),
    `Final-Recipient: ${isAscii(recipient) ? 'rfc822' : 'utf-8'}; ${shown(recipient, utf8)}`,
    `Action: ${action}`,
    `Status: ${status}`,
    ...(diagnostic === null ? [] : [`Diagnostic-Code: smtp; ${printable(diagnostic)}`]),
  ]
}

function original(typed: string, utf8: boolean): string {
  const at = typed.indexOf(';')
  return `${printable(typed.slice(0, at))}; ${shown(typed.slice(at + 1), utf8)}`
}

/** Its octets follow. RFC 6522 §3, RFC 6533 §6. */
function returnedPart({ returned, utf8 }: Report, eightBit: boolean): readonly string[] {
  if (returned === null) return []
  const type = {
    full: utf8 ? 'message/global' : 'message/rfc822',
    headers: utf8 ? 'message/global-headers' : 'text/rfc822-headers',
  }[returned]
  return [`${lines(...partHeader(type, eightBit))}\r\n`]
}

const partHeader = (type: string, eightBit: boolean): readonly string[] => [
  `Content-Type: ${type}`,
  ...(eightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
]

function wordsFor(recipients: readonly ReportedRecipient[]): Words {
  const found = WORDS.find(([action]) => recipients.some((one) => one.action === action))
  if (found === undefined) throw new Error('a report on nobody')
  return found[1]
}

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('')

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

/** Nothing that ends a line. */
const printable = (text: string): string => text.replace(/[\0-\x1f\x7f\x85\u2028\u2029]/g, '?')

/** An address; where UTF-8 may not be sent, as the utf-8-addr-xtext of RFC 6533 §3. */
const shown = (address: string, utf8: boolean): string =>
  utf8 || isAscii(address)
    ? printable(address)
    : address.replace(/[^!-*,-<>-[\]-~]/gu, (sign) => `\\x{${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`)
