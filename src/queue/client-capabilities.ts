/** What a server says that it can: its reply to EHLO (RFC 5321 §4.1.1.1). Pure. */
import type { SmtpReply } from '../wire/reply-reader.js'

export interface Capabilities {
  /** RFC 2920 */
  readonly pipelining: boolean
  /** RFC 6152 */
  readonly eightBit: boolean
  /** RFC 6531 */
  readonly utf8: boolean
  /** RFC 3030 §2 and §3 */
  readonly chunking: boolean
  readonly binary: boolean
  /** RFC 3461 */
  readonly dsn: boolean
  /** RFC 3207 */
  readonly startTls: boolean
  /** RFC 1870: octets of the largest message; 0: it does not say; null: not offered. */
  readonly size: number | null
  /** RFC 4954: names of mechanisms in upper case. */
  readonly mechanisms: readonly string[]
  /** RFC 9422 §4: recipients of one transaction, and transactions of one connection; null: it does not say. */
  readonly recipients: number | null
  readonly transactions: number | null
}

/** Of a server that knows no EHLO. */
export const NO_CAPABILITIES: Capabilities = {
  pipelining: false,
  eightBit: false,
  utf8: false,
  chunking: false,
  binary: false,
  dsn: false,
  startTls: false,
  size: null,
  mechanisms: [],
  recipients: null,
  transactions: null,
}

/** What is not known, or not written as it should be, counts as not said. */
export function capabilitiesOf(ehlo: SmtpReply): Capabilities {
  const said = new Map<string, string[]>()
  for (const line of ehlo.lines.slice(1)) {
    // "AUTH=" is how it was written before RFC 2554, and by some servers still.
    const [keyword = '', ...words] = line
      .trim()
      .toUpperCase()
      .replace(/^AUTH=/, 'AUTH ')
      .split(/ +/)
    said.set(keyword, [...(said.get(keyword) ?? []), ...words])
  }
  const limit = (name: string): number | null =>
    number((said.get('LIMITS') ?? []).find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)) || null
  return {
    pipelining: said.has('PIPELINING'),
    eightBit: said.has('8BITMIME'),
    utf8: said.has('SMTPUTF8'),
    chunking: said.has('CHUNKING'),
    binary: said.has('BINARYMIME') && said.has('CHUNKING'),
    dsn: said.has('DSN'),
    startTls: said.has('STARTTLS'),
    size: said.has('SIZE') ? (number(said.get('SIZE')?.[0]) ?? 0) : null,
    mechanisms: [...new Set(said.get('AUTH') ?? [])],
    recipients: limit('RCPTMAX'),
    transactions: limit('MAILMAX'),
  }
}

const number = (text: string | undefined): number | null => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : null)
