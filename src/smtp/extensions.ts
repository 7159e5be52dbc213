/** The service extensions: what EHLO announces when, and the parameters that they add to MAIL and RCPT. */
import { isUtf8 } from 'node:buffer'
import type { SmtpLimits } from '../core/limits.js'
import type { Notify } from '../store/store.js'
import type { SmtpService } from './context.js'
import { dsnMail, dsnRcpt } from './dsn-parameters.js'
import { BadCommand } from './errors.js'
import { decodeXtext, mailboxOf, type ParameterRow } from './parse.js'
import { replies } from './reply.js'

/** What of MAIL's parameters the server keeps. */
export interface MailParameters {
  /** Octets that the client announced: RFC 1870 §6. */
  readonly size?: number
  /** RFC 6152 §2 */
  readonly body?: '7BIT' | '8BITMIME' | 'BINARYMIME'
  /** RFC 6531 §3.4 */
  readonly utf8?: true
  /** RET and ENVID: RFC 3461 §4.3 and §4.4 */
  readonly returned?: 'full' | 'headers'
  readonly envelopeId?: string
}

/** What of RCPT's parameters the server keeps. */
export interface RcptParameters {
  /** RFC 3461 §4.1: empty for NEVER. */
  readonly notify?: readonly Notify[]
  /** ORCPT: RFC 3461 §4.2, `addr-type;address`. */
  readonly originalRecipient?: string
}

/** What an extension may depend on. */
export interface Offer {
  readonly service: SmtpService
  readonly tls: boolean
  readonly startTls: boolean
  readonly limits: SmtpLimits
  /** Of AUTH. */
  readonly mechanisms: readonly string[]
}

interface Extension {
  readonly rfc: string
  readonly offered: (offer: Offer) => boolean
  readonly value?: (offer: Offer) => string
  readonly mail?: { readonly [keyword: string]: ParameterRow<MailParameters> }
  readonly rcpt?: { readonly [keyword: string]: ParameterRow<RcptParameters> }
}

const always = (): boolean => true

/** In the order of the EHLO response. */
export const extensions: { readonly [keyword: string]: Extension } = {
  PIPELINING: { rfc: 'RFC 2920', offered: always },
  SIZE: {
    rfc: 'RFC 1870',
    offered: always,
    value: ({ limits }) => String(limits.maxMessageSize),
    mail: { SIZE: parseSize },
  },
  '8BITMIME': { rfc: 'RFC 6152', offered: always, mail: { BODY: parseBody } },
  CHUNKING: { rfc: 'RFC 3030', offered: always },
  // Its parameter is the BODY of 8BITMIME.
  BINARYMIME: { rfc: 'RFC 3030', offered: always },
  SMTPUTF8: { rfc: 'RFC 6531', offered: always, mail: { SMTPUTF8: parseUtf8 } },
  DSN: { rfc: 'RFC 3461', offered: always, mail: dsnMail, rcpt: dsnRcpt },
  ENHANCEDSTATUSCODES: { rfc: 'RFC 2034', offered: always },
  STARTTLS: { rfc: 'RFC 3207', offered: ({ tls, startTls }) => startTls && !tls },
  // Decision 1: a password is never asked for in clear.
  AUTH: {
    rfc: 'RFC 4954',
    offered: ({ service, tls, mechanisms }) => service !== 'lmtp' && tls && mechanisms.length > 0,
    value: ({ mechanisms }) => mechanisms.join(' '),
    mail: { AUTH: parseAuth },
  },
  LIMITS: {
    rfc: 'RFC 9422',
    offered: always,
    value: ({ limits }) => `MAILMAX=${limits.transactions} RCPTMAX=${limits.maxRecipients}`,
  },
  // RFC 5321 §3.5.2: VRFY may be listed; EXPN must not be where it is not implemented.
  VRFY: { rfc: 'RFC 5321 §4.1.1.6', offered: always },
  HELP: { rfc: 'RFC 5321 §4.1.1.8', offered: always },
}

/** The lines of the EHLO response behind the first. */
export const keywords = (offer: Offer): string[] =>
  Object.entries(extensions)
    .filter(([, { offered }]) => offered(offer))
    .map(([keyword, { value }]) => (value === undefined ? keyword : `${keyword} ${value(offer)}`))

const rows = Object.values(extensions)
export const mailParameters = new Map(rows.flatMap(({ mail }) => Object.entries(mail ?? {})))
export const rcptParameters = new Map(rows.flatMap(({ rcpt }) => Object.entries(rcpt ?? {})))

/** size-value = 1*20DIGIT: RFC 1870 §4 */
function parseSize(value: string | null): MailParameters {
  if (value === null || !/^\d{1,20}$/.test(value)) throw new BadCommand(replies.badParameter)
  return { size: Number(value) }
}

/** body-value = "7BIT" / "8BITMIME" / "BINARYMIME": RFC 6152 §2, RFC 3030 §3 */
function parseBody(value: string | null): MailParameters {
  const body = value?.toUpperCase()
  if (body !== '7BIT' && body !== '8BITMIME' && body !== 'BINARYMIME') throw new BadCommand(replies.badParameter)
  return { body }
}

/** RFC 6531 §3.4: it takes no value. */
function parseUtf8(value: string | null): MailParameters {
  if (value !== null) throw new BadCommand(replies.badParameter)
  return { utf8: true }
}

/**
 * AUTH=mailbox or AUTH=<>, in xtext: parsed and not believed (RFC 4954 §5), for no client is trusted to vouch for others.
 * A mailbox outside ASCII (RFC 6531 §3.3) stands as the xtext of its UTF-8, which is ASCII and needs no SMTPUTF8.
 */
function parseAuth(value: string | null, limits: SmtpLimits): MailParameters {
  const text = value === null ? null : utf8Of(decodeXtext(value))
  if (text !== '<>' && (text === null || mailboxOf(text, limits) === null)) throw new BadCommand(replies.badParameter)
  return {}
}

/** What the octets of `binary` are in UTF-8, or null. */
function utf8Of(binary: string | null): string | null {
  const octets = Buffer.from(binary ?? '', 'latin1')
  return binary !== null && isUtf8(octets) ? octets.toString('utf8') : null
}
