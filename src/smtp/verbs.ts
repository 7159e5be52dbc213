/** One row per SMTP verb: how its arguments are read, and what the session must know before it runs. */
import { saslMechanisms } from '../accounts/sasl.js'
import type { SmtpLimits } from '../core/limits.js'
import type { SmtpService } from './context.js'
import { BadCommand } from './errors.js'
import { type MailParameters, mailParameters, type RcptParameters, rcptParameters } from './extensions.js'
import { isAscii, isHost, type Mailbox, parseForwardPath, parseParameters, parseReversePath } from './parse.js'
import { replies, syntax } from './reply.js'

/** Commands as their parsers return them. The table does not compile while one of them lacks a row. */
export type Command =
  | { readonly verb: 'EHLO' | 'HELO' | 'LHLO'; readonly name: string }
  | { readonly verb: 'MAIL'; readonly from: Mailbox | null; readonly parameters: MailParameters }
  | { readonly verb: 'RCPT'; readonly to: Mailbox; readonly parameters: RcptParameters }
  /** `initial` is still in base64; null where there is none. */
  | { readonly verb: 'AUTH'; readonly mechanism: string; readonly initial: string | null }
  /** `size` in octets. */
  | { readonly verb: 'BDAT'; readonly size: number; readonly last: boolean }
  | { readonly verb: 'DATA' | 'RSET' | 'NOOP' | 'QUIT' | 'VRFY' | 'EXPN' | 'STARTTLS' }
  /** `topic` is a verb, or empty. */
  | { readonly verb: 'HELP'; readonly topic: string }

export type Verb = Command['verb']

export interface VerbRow {
  readonly rfc: string
  /** What HELP and a syntax error show. */
  readonly form: string
  /** `args` is printable ASCII or, where `utf8` says so, UTF-8; without the spaces around it. @throws BadCommand */
  readonly parse: (args: string, limits: SmtpLimits) => Command
  /** last: the client waits for the answer, so it is not held back to be sent with others (RFC 2920 §3.2). */
  readonly pipelining: 'anywhere' | 'last'
  /**
   * What must have happened. nothing; tls: on every service; mail: TLS and AUTH where the service wants them
   * (submission and submissions).
   */
  readonly needs: 'nothing' | 'tls' | 'mail'
  /** What follows the line depends on the arguments: a line that is wrong ends the connection, for the place in the stream is lost. */
  readonly frames?: true
  /** Arguments outside ASCII are read, as UTF-8 (RFC 6531 §3.3). Elsewhere they are refused. */
  readonly utf8?: true
  /** Only there: RFC 2033 §4.1. */
  readonly only?: 'smtp' | 'lmtp'
  /** It is known and not implemented: HELP does not speak of it. */
  readonly implemented?: false
  /** Brings no mail nearer; only so many in a row are answered. */
  readonly idle?: true
  /** What a trace may show of the arguments, where they hold a secret. */
  readonly shown?: (args: string) => string
}

const noArguments =
  (verb: 'DATA' | 'RSET' | 'QUIT' | 'STARTTLS') =>
  (args: string): Command => {
    if (args !== '') throw new BadCommand(replies.noArguments)
    return { verb }
  }

const hello = (verb: 'EHLO' | 'HELO' | 'LHLO') => ({
  form: `${verb} hostname`,
  parse: (args: string, limits: SmtpLimits): Command => ({ verb, name: parseHello(verb, args, limits) }),
  pipelining: 'last' as const,
  needs: 'nothing' as const,
  idle: true as const,
})

export const verbs: { readonly [V in Verb]: VerbRow } = {
  EHLO: { rfc: 'RFC 5321 §4.1.1.1', ...hello('EHLO'), only: 'smtp' },
  HELO: { rfc: 'RFC 5321 §4.1.1.1', ...hello('HELO'), only: 'smtp' },
  LHLO: { rfc: 'RFC 2033 §4.1', ...hello('LHLO'), only: 'lmtp' },
  MAIL: {
    rfc: 'RFC 5321 §4.1.1.2',
    form: 'MAIL FROM:<address> [parameters]',
    parse: parseMail,
    pipelining: 'anywhere',
    needs: 'mail',
    utf8: true,
  },
  RCPT: {
    rfc: 'RFC 5321 §4.1.1.3',
    form: 'RCPT TO:<address> [parameters]',
    parse: parseRcpt,
    pipelining: 'anywhere',
    needs: 'mail',
    utf8: true,
  },
  DATA: { rfc: 'RFC 5321 §4.1.1.4', form: 'DATA', parse: noArguments('DATA'), pipelining: 'last', needs: 'mail' },
  BDAT: {
    rfc: 'RFC 3030 §2',
    form: 'BDAT octets [LAST]',
    parse: parseBdat,
    pipelining: 'anywhere',
    needs: 'mail',
    frames: true,
  },
  RSET: {
    rfc: 'RFC 5321 §4.1.1.5',
    form: 'RSET',
    parse: noArguments('RSET'),
    pipelining: 'anywhere',
    needs: 'nothing',
    idle: true,
  },
  VRFY: {
    rfc: 'RFC 5321 §4.1.1.6',
    form: 'VRFY string [SMTPUTF8]',
    parse: parseVrfy('VRFY'),
    pipelining: 'last',
    needs: 'mail',
    utf8: true,
    idle: true,
  },
  EXPN: {
    rfc: 'RFC 5321 §4.1.1.7',
    form: 'EXPN string [SMTPUTF8]',
    parse: parseVrfy('EXPN'),
    pipelining: 'last',
    needs: 'mail',
    utf8: true,
    implemented: false,
    idle: true,
  },
  HELP: {
    rfc: 'RFC 5321 §4.1.1.8',
    form: 'HELP [verb]',
    parse: (topic) => ({ verb: 'HELP', topic }),
    pipelining: 'last',
    needs: 'nothing',
    idle: true,
  },
  NOOP: {
    rfc: 'RFC 5321 §4.1.1.9',
    form: 'NOOP [string]',
    parse: () => ({ verb: 'NOOP' }),
    pipelining: 'last',
    needs: 'nothing',
    idle: true,
  },
  QUIT: { rfc: 'RFC 5321 §4.1.1.10', form: 'QUIT', parse: noArguments('QUIT'), pipelining: 'last', needs: 'nothing' },
  STARTTLS: {
    rfc: 'RFC 3207 §4',
    form: 'STARTTLS',
    parse: noArguments('STARTTLS'),
    pipelining: 'last',
    needs: 'nothing',
  },
  AUTH: {
    rfc: 'RFC 4954 §4',
    form: 'AUTH mechanism [initial-response]',
    parse: parseAuth,
    pipelining: 'last',
    needs: 'tls',
    only: 'smtp',
    shown: mechanismOf,
  },
}

/** The verbs that a service has, in the order of the table. */
export const verbsOf = (service: SmtpService): Verb[] =>
  (Object.keys(verbs) as Verb[]).filter((verb) => {
    const { only, implemented } = verbs[verb]
    return implemented !== false && (only ?? 'both') !== (service === 'lmtp' ? 'smtp' : 'lmtp')
  })

/** The verb that a word is, in any case, or null. */
export function verbOf(word: string): Verb | null {
  const verb = word.toUpperCase()
  return Object.hasOwn(verbs, verb) ? (verb as Verb) : null // it is one of the keys
}

/** ( Domain / address-literal ), and whatever some clients put behind it. Underscores are common in the names of desktops. */
function parseHello(verb: string, args: string, limits: SmtpLimits): string {
  const [name = ''] = args.split(' ', 1)
  if (!isHost(name.replaceAll('_', '-'), limits)) throw new BadCommand(syntax(`${verb} hostname`))
  return name
}

/** mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]; a space behind the colon is forgiven (RFC 5321 §3.3). */
function parseMail(args: string, limits: SmtpLimits): Command {
  const prefix = /^FROM: */i.exec(args)
  if (prefix === null) throw new BadCommand(syntax('MAIL FROM:<address> [parameters]'))
  const { path, rest } = parseReversePath(args.slice(prefix[0].length), limits)
  const parameters = parseParameters(rest, mailParameters, limits)
  if (parameters.utf8 !== true && path !== null && !isAscii(path.address)) throw new BadCommand(replies.asciiSender)
  return { verb: 'MAIL', from: path, parameters }
}

/** rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] */
function parseRcpt(args: string, limits: SmtpLimits): Command {
  const prefix = /^TO: */i.exec(args)
  if (prefix === null) throw new BadCommand(syntax('RCPT TO:<address> [parameters]'))
  const { path, rest } = parseForwardPath(args.slice(prefix[0].length), limits)
  return { verb: 'RCPT', to: path, parameters: parseParameters(rest, rcptParameters, limits) }
}

/** bdat-cmd = "BDAT" SP chunk-size [SP end-marker]: RFC 3030 §2 */
function parseBdat(args: string): Command {
  const [, size, last] = /^(\d{1,15})( +LAST)?$/i.exec(args) ?? []
  if (size === undefined) throw new BadCommand(syntax('BDAT octets [LAST]'))
  return { verb: 'BDAT', size: Number(size), last: last !== undefined }
}

/** vrfy = "VRFY" SP String [SP "SMTPUTF8"], expn alike: RFC 6531 §3.7.4.2. What the string is does not change the answer. */
function parseVrfy(verb: 'VRFY' | 'EXPN') {
  return (args: string): Command => {
    if (args === '') throw new BadCommand(syntax(`${verb} string`))
    const international = / SMTPUTF8$/i.test(args)
    if (!international && !isAscii(args)) throw new BadCommand(replies.asciiString)
    return { verb }
  }
}

/** AUTH mechanism [initial-response] */
function parseAuth(args: string): Command {
  const [mechanism = '', initial = null, ...rest] = args.split(' ')
  if (mechanism === '' || rest.length > 0) throw new BadCommand(syntax('AUTH mechanism [initial-response]'))
  return { verb: 'AUTH', mechanism: mechanism.toUpperCase(), initial }
}

/** Only the name of a mechanism that we have can hold no secret. */
function mechanismOf(args: string): string {
  const [mechanism = ''] = args.split(' ', 1)
  return saslMechanisms.find((name) => name === mechanism.toUpperCase()) ?? ''
}
