/** Reads what a report says of each recipient (RFC 3464 §2; in UTF-8: RFC 6533 §4.1). Sans-I/O; never throws, whatever the octets are. */
import { type MimeLimits, mimeLimits } from '../core/limits.js'
import { type Field, parseFields } from './headers.js'
import type { OctetString } from './index-types.js'
import { Lexer, octetSet, trimSpace, unfold } from './lexer.js'

/** RFC 3464 §2.3.3 */
export type ReportedAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

/** RFC 3464 §2.1.2: `rfc822; ann@example.org`. Of an MTA, a diagnostic code, or an address. */
export interface Typed {
  /** Small letters. */
  readonly type: string
  /** Without angle brackets where it is an address; of type utf-8 decoded (RFC 6533 §3). */
  readonly text: string
}

export interface ReportedStatus {
  /** At least one of the two is there: as the sender gave it, and what it was when the server that reports took it on. */
  readonly original: Typed | null
  readonly final: Typed | null
  readonly action: ReportedAction
  /** RFC 3463: `5.1.1`. */
  readonly status: string
  readonly diagnostic: Typed | null
}

export interface DeliveryStatus {
  /** ENVID of the message that is reported on, in its own case. */
  readonly envelopeId: string | null
  /** Who reports; null where that cannot be read. */
  readonly reportingMta: Typed | null
  /** Those of whom recipient, action and status can be read. */
  readonly recipients: readonly ReportedStatus[]
}

/** `octets`: the body of the part, its transfer encoding undone, of which no more than `limits.statusOctets` are looked at. */
export function parseDeliveryStatus(octets: Uint8Array, limits: MimeLimits = mimeLimits): DeliveryStatus {
  const groups = groupsOf(octets.subarray(0, limits.statusOctets), limits)
  const first = groups.find((group) => !isOfRecipient(group))
  const recipients = groups.flatMap((group) => (isOfRecipient(group) ? (recipientOf(group) ?? []) : []))
  return {
    envelopeId: first?.get('original-envelope-id') ?? null,
    reportingMta: typed(first?.get('reporting-mta') ?? null),
    recipients: recipients.slice(0, limits.statusRecipients),
  }
}

/** The first value of each name, small letters; unfolded, in Unicode. */
type Group = ReadonlyMap<string, string>

/** Parted by empty lines; white space in them, and several of them, are forgiven. */
function groupsOf(octets: Uint8Array, limits: MimeLimits): Group[] {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1')
  const groups: Group[] = []
  for (const lines of text.split(/\n[ \t\r]*(?=\n)/)) {
    const fields = parseFields(Buffer.from(lines.replace(/^\n/, ''), 'latin1'), limits.headerFields)
    if (fields.length > 0 && groups.length <= limits.statusRecipients) groups.push(group(fields))
  }
  return groups
}

function group(fields: readonly Field[]): Group {
  const values = new Map<string, string>()
  for (const { name, value } of fields) {
    const key = name.toLowerCase()
    if (!values.has(key)) values.set(key, unicode(unfold(value)))
  }
  return values
}

/** UTF-8 where it may be (RFC 6533 §4.1). */
function unicode(octets: OctetString): string {
  const text = Buffer.from(octets, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? octets : text
}

const isOfRecipient = (group: Group): boolean =>
  ['final-recipient', 'original-recipient', 'action'].some((name) => group.has(name))

function recipientOf(group: Group): ReportedStatus | null {
  const original = address(group.get('original-recipient') ?? null)
  const final = address(group.get('final-recipient') ?? null)
  const action = actionOf(group.get('action') ?? '')
  const status = /^[245]\.\d{1,3}\.\d{1,3}(?!\d)/.exec(word(group.get('status') ?? ''))?.[0]
  if ((original ?? final) === null || action === null || status === undefined) return null
  return { original, final, action, status, diagnostic: typed(group.get('diagnostic-code') ?? null) }
}

function actionOf(value: string): ReportedAction | null {
  const said = word(value).toLowerCase()
  return ACTIONS.find((action) => action === said) ?? null
}

const ACTIONS: readonly ReportedAction[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded']
const WORD_END = octetSet(' \t\r\n(;')

/** The first, comments passed over (RFC 3464 §2.1.1). */
function word(value: string): string {
  const lexer = new Lexer(value)
  lexer.skipSpace()
  return lexer.until(WORD_END)
}

/** null for what has no type. */
function typed(value: string | null): Typed | null {
  const lexer = new Lexer(value ?? '')
  lexer.skipSpace()
  const type = lexer.until(WORD_END).toLowerCase()
  lexer.skipSpace()
  if (type === '' || !lexer.eat(SEMICOLON)) return null
  return { type, text: trimSpace(lexer.text.slice(lexer.at)) }
}

const SEMICOLON = 59

function address(value: string | null): Typed | null {
  const read = typed(value)
  if (read === null) return null
  const text = read.text.replace(/^<(.*)>$/, '$1')
  return text === '' ? null : { type: read.type, text: read.type === 'utf-8' ? embedded(text) : text }
}

/** RFC 6533 §3, EmbeddedUnicodeChar. */
const embedded = (text: string): string =>
  text.replace(/\\x\{([0-9A-Fa-f]{2,6})\}/g, (written, hex: string) => {
    const point = Number.parseInt(hex, 16)
    const isCharacter = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)
    return isCharacter ? String.fromCodePoint(point) : written
  })

/**
 * What an address may stand for: itself; and for those who copied ORCPT as it came, with the xtext of RFC 3461 §4 undone.
 * Which one is meant nobody can tell: a plus sign may be a plus sign.
 */
export function addressesMeant({ text }: Typed): readonly string[] {
  const decoded = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return decoded === text ? [text] : [text, decoded]
}
