/** The trace fields that go in front of a message: Received and Return-Path (RFC 5321 §4.4). */
import { isIP } from 'node:net'
import { canonicalDomain } from '../core/domain-name.js'
import { formatDate } from './date.js'

/** RFC 5322 §2.1.1 */
const LONGEST_LINE = 78
/** Taken for the tab of a folded line: as wide as it is shown. */
const TAB_WIDTH = 8
/** Domain of RFC 5321 §4.1.2, and the underscore that hosts have in spite of it. */
const DOMAIN =
  /^(?=.{1,255}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/
/** RFC 5321 §4.1.3 */
const ADDRESS_LITERAL = /^\[(?:[A-Za-z0-9-]+:)?[0-9A-Fa-f.:]{1,45}\]$/
/** Octets of a path: RFC 5321 §4.5.3.1.3. */
const LONGEST_PATH = 256
const SAFE_PATH = /^[\x20-\x3b\x3d\x3f-\x7e]+$/
/** No Unicode line end and no control either. */
const SAFE_PATH_UTF8 = /^(?:[\x20-\x3b\x3d\x3f-\x7e]|[^\0-\x9f\p{Cs}\p{Zl}\p{Zp}])+$/u
const ASCII = /^[\x20-\x7e]*$/
/** Longest HELO argument that is kept when it is no domain. */
const LONGEST_HELO = 255

export interface Reception {
  /** What the client said in EHLO or HELO, as it said it; null if it has said neither. */
  readonly helo: string | null
  /** The client's name by reverse lookup, if it was looked up and confirmed. */
  readonly clientName: string | null
  /** The client's IP address. */
  readonly clientAddress: string
  /** Our name. */
  readonly serverName: string
  /** EHLO was said. */
  readonly extended: boolean
  /** LHLO was said: RFC 2033. */
  readonly lmtp?: boolean
  /** MAIL had SMTPUTF8: RFC 6531. */
  readonly utf8?: boolean
  /** As node:tls names them, `TLSv1.3` and `TLS_AES_256_GCM_SHA384`; null without TLS. */
  readonly tls: { readonly version: string; readonly cipher: string } | null
  readonly authenticated: boolean
  /** The queue id. */
  readonly id: string
  /** Named only when there is one: with more, blind copies would show (RFC 5321 §7.6). */
  readonly recipients: readonly string[]
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Minutes east of UTC. */
  readonly zone: number
}

/** RFC 3848 §2, RFC 6531 §4.3; without EHLO there is neither TLS nor AUTH to speak of. */
function withProtocol({ extended, lmtp = false, utf8 = false, tls, authenticated }: Reception): string {
  if (!extended) return 'SMTP'
  const protocol = utf8 ? (lmtp ? 'UTF8LMTP' : 'UTF8SMTP') : lmtp ? 'LMTP' : 'ESMTP'
  return `${protocol}${tls === null ? '' : 'S'}${authenticated ? 'A' : ''}`
}

/** RFC 5321 §4.1.3; null for what is no IP address, such as the path of a local socket. */
function addressLiteral(address: string): string | null {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address.replace(/%.*$/, '')
  const version = isIP(plain)
  if (version === 0) return null
  return version === 6 ? `[IPv6:${plain}]` : `[${plain}]`
}

/** As part of a comment: nothing that ends it, nothing that cannot be seen. */
const commentText = (text: string): string => text.slice(0, LONGEST_HELO).replace(/[^!#-'*-Z^-~]|[[\]]/g, '?')

const isDomain = (text: string | null): text is string => text !== null && DOMAIN.test(text)

/** From-domain: the client's own word where it has the form of one, what we know of it in parentheses. */
function fromClause({ helo, clientName, clientAddress }: Reception): string[] {
  const literal = addressLiteral(clientAddress)
  const info = [...(isDomain(clientName) ? [clientName] : []), ...(literal === null ? [] : [literal])]
  const known = literal === null ? [] : [`(${info.join(' ')})`]
  if (helo !== null && (isDomain(helo) || ADDRESS_LITERAL.test(helo))) return ['from', helo, ...known]
  const said = helo === null ? [] : [`(helo ${commentText(helo)})`]
  return ['from', literal ?? 'unknown', ...known, ...said]
}

/** Where only the domain is not: a message to a server without SMTPUTF8 may then still go there (RFC 6531 §3.2). */
function inAscii(address: string): string {
  const at = address.lastIndexOf('@')
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)]
  if (!ASCII.test(local) || ASCII.test(domain)) return address
  const encoded = canonicalDomain(domain)
  return at < 0 || encoded === null ? address : `${local}@${encoded}`
}

/** `for <path>`, where it can be written without harm: in US-ASCII, or in UTF-8 if the message may (RFC 6531 §3.7.3). */
function forClause({ recipients, utf8 = false }: Reception): string[] {
  const [given] = recipients
  if (recipients.length !== 1 || given === undefined) return []
  const only = inAscii(given)
  const safe = utf8 ? SAFE_PATH_UTF8.test(only) : SAFE_PATH.test(only)
  return safe && Buffer.byteLength(only) <= LONGEST_PATH ? ['for', `<${only}>`] : []
}

/** Lines of at most 78 columns, broken between words only. */
function fold(words: readonly string[]): string {
  let text = ''
  let column = 0
  for (const word of words) {
    const breaks = column > 0 && column + 1 + word.length > LONGEST_LINE
    if (breaks) text += '\r\n\t'
    else if (column > 0) text += ' '
    column = (breaks ? TAB_WIDTH : column + (column > 0 ? 1 : 0)) + word.length
    text += word
  }
  return `${text}\r\n`
}

/** Time-stamp-line of RFC 5321 §4.4, CRLF included. US-ASCII whatever the peer said, but for the recipient of an internationalised message. */
export function received(reception: Reception): string {
  const { serverName, tls, id, at, zone } = reception
  const secured = tls === null ? [] : [`(${commentText(tls.version)}`, `${commentText(tls.cipher)})`]
  const words = ['Received:', ...fromClause(reception), 'by', serverName, 'with', withProtocol(reception), ...secured]
  const clauses = [...words, 'id', id, ...forClause(reception)]
  const last = clauses.pop() ?? ''
  return fold([...clauses, `${last};`, ...formatDate(at, zone).split(' ')])
}

/** Return-path-line of RFC 5321 §4.4, CRLF included. `reversePath` without angle brackets; empty for <>. */
export const returnPath = (reversePath: string): string =>
  `Return-Path: <${reversePath.replace(/[^\x20-\x3b\x3d\x3f-\x7e\x80-\u{10ffff}]/gu, '?')}>\r\n`
