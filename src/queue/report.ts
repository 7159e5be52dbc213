/**
 * Reports on what became of a message, for its sender: the delivery status of RFC 3464 in a multipart/report of
 * RFC 6522, in the forms that RFC 6533 adds where UTF-8 may be sent. Pure, but takes turns: it may be on a thousand.
 */
import { isAscii as octetsAreAscii } from 'node:buffer'
import { formatDate } from '../message/date.js'
import type { ReportKind } from '../store/outbound-store.js'
import { original, typed } from './report-addresses.js'
import { ascii, base64Blocks, fold, isAscii, isLines, joined, lines, printable } from './report-lines.js'
import { subjectOf, textOf } from './report-text.js'

/** RFC 3464 §2.3.3 */
export type Action = ReportKind

export interface ReportedRecipient {
  /** Where it led in the end. */
  readonly recipient: string
  /** `addr-type;address` as the sender gave it (RFC 3461 §4.2), or null. */
  readonly originalRecipient: string | null
  readonly action: Action
  /** RFC 3463 */
  readonly status: string
  /** What was said last, as an SMTP reply, `552 5.2.2 Mailbox full`; null: nothing was. */
  readonly diagnostic: string | null
  /** Who said it, `mx.example.org [192.0.2.1]`; null: we did. */
  readonly remote: string | null
  /** Milliseconds since the epoch; null: there was none. */
  readonly lastAttempt: number | null
  /** Likewise, of who is delayed; null: of all others. */
  readonly willRetryUntil: number | null
}

/** full: the message; headers: its header alone, without the empty line. */
export interface Returned {
  readonly kind: 'full' | 'headers'
  readonly octets: Buffer
}

export interface Report {
  /** Our own name. */
  readonly hostname: string
  /** Of the report: its Message-ID and its boundary come from it. */
  readonly id: string
  /** Who is told. */
  readonly to: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** When the message came, likewise. */
  readonly arrivedAt: number
  /** Of the message, in our log. */
  readonly queueId: string
  /** ENVID of the message, or null. */
  readonly envelopeId: string | null
  /** Who is told can take UTF-8 (RFC 6531). */
  readonly utf8: boolean
  /** The message came with SMTPUTF8: its header is in UTF-8 (RFC 6532). */
  readonly international: boolean
  /** At least one. */
  readonly recipients: readonly ReportedRecipient[]
  /** null: nothing can be returned. */
  readonly returned: Returned | null
  /** It goes to the postmaster, because its sender cannot be told; null: it goes to the sender. */
  readonly doubleBounce: { readonly sender: string; readonly reason: string } | null
}

export interface ComposedReport {
  readonly octets: Buffer
  readonly body: '7BIT' | '8BITMIME'
  /** It can only be sent with SMTPUTF8. */
  readonly utf8: boolean
}

interface Part {
  readonly type: string
  readonly content: Buffer
  /** null: 7bit */
  readonly encoding: '8bit' | 'base64' | null
  /** Its octets are in UTF-8 where RFC 5322 has ASCII. */
  readonly utf8: boolean
}

/** As much of it in UTF-8 as it needs, and nothing where it may not be. */
export async function composeReport(report: Report): Promise<ComposedReport> {
  const { to } = report
  const utf8 = report.utf8 || !isAscii(to)
  const returned = await returnedPart(report, utf8)
  const told = [await textPart(report, utf8), await statusPart(report, utf8)]
  const parts = [...told, ...(returned === null ? [] : [returned])]
  const body = parts.some(({ encoding }) => encoding === '8bit') ? '8BITMIME' : '7BIT'
  const boundary = `=_report_${report.id}`
  const octets = [
    Buffer.from(header(report, boundary, body)),
    ...parts.flatMap((part) => [Buffer.from(`\r\n--${boundary}\r\n${headerOf(part)}\r\n`), part.content]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]
  return { octets: Buffer.concat(octets), body, utf8: !isAscii(to) || parts.some((part) => part.utf8) }
}

/** RFC 3464 §2: the report comes from somebody whom an answer reaches. RFC 3834 §5: and it is no such answer itself. */
function header(report: Report, boundary: string, body: ComposedReport['body']): string {
  const { hostname, id, to, at } = report
  return lines(
    fold(`From: Mail Delivery System <postmaster@${hostname}>`),
    fold(`To: <${printable(to)}>`),
    `Subject: ${subjectOf(report)}`,
    `Date: ${formatDate(at, 0)}`,
    fold(`Message-ID: <${id}@${hostname}>`),
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    `\tboundary="${boundary}"`,
    ...(body === '8BITMIME' ? ['Content-Transfer-Encoding: 8bit'] : []),
  )
}

const headerOf = ({ type, encoding }: Part): string =>
  lines(`Content-Type: ${type}`, ...(encoding === null ? [] : [`Content-Transfer-Encoding: ${encoding}`]))

/** A text may be in UTF-8 for everybody; who takes no SMTPUTF8 may take no 8 bits either, and gets it encoded. */
async function textPart(report: Report, utf8: boolean): Promise<Part> {
  const content = Buffer.from(await joined(textOf(report, true)))
  const type = 'text/plain; charset=utf-8'
  if (octetsAreAscii(content)) return { type, content, encoding: null, utf8: false }
  if (utf8) return { type, content, encoding: '8bit', utf8: false }
  return { type, content: await base64(content), encoding: 'base64', utf8: false }
}

const base64 = async (octets: Buffer): Promise<Buffer> => Buffer.from(await joined(base64Blocks(octets)))

/** RFC 3464 §2.1, and RFC 6533 §4.1 where UTF-8 may be sent and is needed. */
async function statusPart(report: Report, utf8: boolean): Promise<Part> {
  const content = Buffer.from(await joined(statusOf(report, utf8)))
  if (octetsAreAscii(content)) return { type: 'message/delivery-status', content, encoding: null, utf8: false }
  return { type: 'message/global-delivery-status', content, encoding: '8bit', utf8: true }
}

/** In blocks of lines. */
function* statusOf(report: Report, utf8: boolean): Generator<string> {
  const { hostname, arrivedAt, queueId, envelopeId, recipients } = report
  yield lines(
    fold(`Reporting-MTA: dns; ${hostname}`),
    ...(envelopeId === null ? [] : [fold(`Original-Envelope-Id: ${ascii(envelopeId)}`)]),
    `Arrival-Date: ${formatDate(arrivedAt, 0)}`,
  )
  for (const one of recipients) yield lines('', ...fieldsOf(one, queueId, utf8).map(fold))
}

/** RFC 3464 §2.3, in its order. */
function fieldsOf(one: ReportedRecipient, queueId: string, utf8: boolean): readonly string[] {
  const { originalRecipient, recipient, action, status, diagnostic, remote, lastAttempt, willRetryUntil } = one
  const field = (name: string, value: string | null): readonly string[] => (value === null ? [] : [`${name}: ${value}`])
  const said = diagnostic === null ? null : (utf8 ? printable : ascii)(diagnostic)
  return [
    ...field('Original-Recipient', originalRecipient === null ? null : original(originalRecipient, utf8)),
    ...field('Final-Recipient', typed(recipient, utf8)),
    ...field('Action', action),
    ...field('Status', status),
    ...field('Remote-MTA', remote === null ? null : `dns; ${ascii(remote).split(' ')[0]}`),
    ...field('Diagnostic-Code', said === null ? null : `smtp; ${said}`),
    ...field('Last-Attempt-Date', lastAttempt === null ? null : formatDate(lastAttempt, 0)),
    ...field('Final-Log-ID', queueId),
    ...field('Will-Retry-Until', willRetryUntil === null ? null : formatDate(willRetryUntil, 0)),
  ]
}

/** RFC 6522 §3, RFC 6533 §4: what cannot be sent as it is, is encoded where its type can be. */
async function returnedPart({ returned, international }: Report, utf8: boolean): Promise<Part | null> {
  if (returned === null) return null
  const { kind, octets } = returned
  const eightBit = !octetsAreAscii(octets)
  const global = international && eightBit
  const type = {
    full: global ? 'message/global' : 'message/rfc822',
    headers: global ? 'message/global-headers' : 'text/rfc822-headers',
  }[kind]
  if (type !== 'message/rfc822' && ((global && !utf8) || !isLines(octets)))
    return { type, content: await base64(octets), encoding: 'base64', utf8: false }
  return { type, content: octets, encoding: eightBit ? '8bit' : null, utf8: global }
}
