/** The arguments of SMTP commands: paths and parameters, RFC 5321 §4.1.2. Pure; throws BadCommand and nothing else. */
import { canonicalDomain } from '../core/domain-name.js'
import type { SmtpLimits } from '../core/limits.js'
import { isAddressLiteral } from './address-literal.js'
import { BadCommand } from './errors.js'
import { type Reply, replies } from './reply.js'

/** What a path names. Source routes have been dropped (RFC 5321 §4.1.1.3). */
export interface Mailbox {
  /** Unquoted. */
  readonly localPart: string
  /** As sent: a Domain, or an address literal in its brackets; '' for `<postmaster>`. */
  readonly domain: string
  /** local-part@domain with the least quoting that it needs. */
  readonly address: string
}

/** A path, and the text behind it. */
export interface PathAnd<P> {
  readonly path: P
  readonly rest: string
}

/** What is answered to a path that is none, and to one that is too long. */
interface PathReplies {
  readonly bad: Reply
  readonly tooLong: Reply
}
const SENDER: PathReplies = { bad: replies.badSender, tooLong: replies.senderTooLong }
const RECIPIENT: PathReplies = { bad: replies.badRecipient, tooLong: replies.recipientTooLong }

const ROUTE = /@[A-Za-z0-9.-]+(?:,@[A-Za-z0-9.-]+)*:/y
/** What lies outside ASCII is part of a word: RFC 6531 §3.3. Whether it may be there at all is asked elsewhere. */
const DOT_STRING =
  /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u{a0}-\u{10ffff}]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u{a0}-\u{10ffff}]+)*/uy
const QUOTED_STRING = /"(?:[ !#-[\]-~\u{a0}-\u{10ffff}]|\\[ -~])*"/uy
const DOMAIN = /[A-Za-z0-9.\-\u{a0}-\u{10ffff}]+|\[[!-Z^-~]+\]/uy
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/

/** Reverse-path = Path / "<>"; null is the null reverse-path (RFC 5321 §4.5.5). */
export function parseReversePath(text: string, limits: SmtpLimits): PathAnd<Mailbox | null> {
  if (text.startsWith('<>')) return { path: null, rest: afterPath(text, 2, SENDER.bad) }
  return parsePath(text, limits, SENDER)
}

/** Forward-path, or `<Postmaster>` in any case (RFC 5321 §4.1.1.3). */
export function parseForwardPath(text: string, limits: SmtpLimits): PathAnd<Mailbox> {
  const postmaster = /^<postmaster>/i.exec(text)
  if (postmaster === null) return parsePath(text, limits, RECIPIENT)
  const path = { localPart: 'postmaster', domain: '', address: 'postmaster' }
  return { path, rest: afterPath(text, postmaster[0].length, RECIPIENT.bad) }
}

/** Path = "<" [ A-d-l ":" ] Mailbox ">" */
function parsePath(text: string, limits: SmtpLimits, answers: PathReplies): PathAnd<Mailbox> {
  if (text[0] !== '<') throw new BadCommand(answers.bad)
  const route = match(ROUTE, text, 1)
  const routed = route.slice(0, -1).split(',')
  if (route !== '' && !routed.every((hop) => isDomain(hop.slice(1), limits))) throw new BadCommand(answers.bad)
  const at = 1 + route.length
  const { mailbox, length } = parseMailbox(text, at, limits, answers)
  const end = at + length
  if (text[end] !== '>') throw new BadCommand(answers.bad)
  if (octetsIn(text.slice(0, end + 1)) > limits.path) throw new BadCommand(answers.tooLong)
  return { path: mailbox, rest: afterPath(text, end + 1, answers.bad) }
}

/** Mailbox = Local-part "@" ( Domain / address-literal ) */
function parseMailbox(
  text: string,
  at: number,
  limits: SmtpLimits,
  answers: PathReplies,
): { mailbox: Mailbox; length: number } {
  const local = match(DOT_STRING, text, at) || match(QUOTED_STRING, text, at)
  if (local === '' || text[at + local.length] !== '@') throw new BadCommand(answers.bad)
  const domain = match(DOMAIN, text, at + local.length + 1)
  if (octetsIn(local) > limits.localPart || octetsIn(domain) > limits.domain) throw new BadCommand(answers.tooLong)
  if (!isHost(domain, limits)) throw new BadCommand(answers.bad)
  const localPart = local[0] === '"' ? local.slice(1, -1).replace(/\\(.)/g, '$1') : local
  const mailbox = { localPart, domain, address: `${quoted(localPart)}@${domain}` }
  return { mailbox, length: local.length + 1 + domain.length }
}

/** The mailbox that all of `text` is, or null. */
export function mailboxOf(text: string, limits: SmtpLimits): Mailbox | null {
  try {
    const { mailbox, length } = parseMailbox(text, 0, limits, SENDER)
    return length === text.length ? mailbox : null
  } catch (error) {
    if (error instanceof BadCommand) return null
    throw error
  }
}

/** Quotes a local part only where it must be (RFC 5321 §4.1.2). */
function quoted(localPart: string): string {
  if (match(DOT_STRING, localPart, 0) === localPart && localPart !== '') return localPart
  return `"${localPart.replace(/["\\]/g, '\\$&')}"`
}

/** Domain / address-literal, as EHLO and a Mailbox have it. */
export const isHost = (text: string, limits: SmtpLimits): boolean =>
  text[0] === '[' ? text.endsWith(']') && isAddressLiteral(text.slice(1, -1)) : isDomain(text, limits)

/** Domain = sub-domain *("." sub-domain) */
const isDomain = (text: string, limits: SmtpLimits): boolean =>
  isAscii(text)
    ? text.length <= limits.domain &&
      text.split('.').every((label) => label.length <= limits.domainLabel && LABEL.test(label))
    : canonicalDomain(text) !== null

/** Printable ASCII and nothing else. */
export const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

/** As the wire counts. */
const octetsIn = (text: string): number => Buffer.byteLength(text)

/** What follows a path: nothing, or a space and parameters. */
function afterPath(text: string, end: number, bad: Reply): string {
  if (end < text.length && text[end] !== ' ') throw new BadCommand(bad)
  return text.slice(end)
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** esmtp-param, its value with the UTF8-non-ascii of RFC 6531 §3.3. */
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u{a0}-\u{10ffff}]+))?$/u

/** Reads the value of one parameter, which may be outside ASCII. @throws BadCommand */
export type ParameterRow<P> = (value: string | null, limits: SmtpLimits) => Partial<P>

/**
 * esmtp-param *(SP esmtp-param). A keyword that is not in `rows` is a 555 (RFC 5321 §4.1.1.11).
 * @throws BadCommand
 */
export function parseParameters<P extends object>(
  text: string,
  rows: ReadonlyMap<string, ParameterRow<P>>,
  limits: SmtpLimits,
): Partial<P> {
  if (text === '') return {}
  const seen = new Set<string>()
  const found: Partial<P> = {}
  for (const word of text.split(' ')) {
    if (word === '') continue
    const [, name, value] = PARAMETER.exec(word) ?? []
    if (name === undefined) throw new BadCommand(replies.badParameter)
    const keyword = name.toUpperCase()
    const row = rows.get(keyword)
    if (row === undefined) throw new BadCommand(replies.unknownParameter)
    if (seen.has(keyword)) throw new BadCommand(replies.repeatedParameter)
    seen.add(keyword)
    Object.assign(found, row(value ?? null, limits))
  }
  return found
}

/** The octets that an xtext stands for, as a string of chars 0 to 255, or null: RFC 3461 §4. */
export function decodeXtext(text: string): string | null {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)) return null
  return text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
