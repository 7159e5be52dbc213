/** One row per SMTP verb: how its arguments are read, and what the session must know before it runs. */
import { saslMechanisms } from '../accounts/sasl.js'
import type { SmtpLimits } from '../core/limits.js'
import { BadCommand } from './errors.js'
import { type MailParameters, mailParameters, type RcptParameters, rcptParameters } from './extensions.js'
import { isHost, type Mailbox, parseForwardPath, parseParameters, parseReversePath } from './parse.js'
import { type Reply, replies, syntax } from './reply.js'

/** Commands as their parsers return them. The table does not compile while one of them lacks a row. */
export type Command =
  | { readonly verb: 'EHLO' | 'HELO'; readonly name: string }
  | { readonly verb: 'MAIL'; readonly from: Mailbox | null; readonly parameters: MailParameters }
  | { readonly verb: 'RCPT'; readonly to: Mailbox; readonly parameters: RcptParameters }
  /** `initial` is still in base64; null where there is none. */
  | { readonly verb: 'AUTH'; readonly mechanism: string; readonly initial: string | null }
  /** `size` in octets. */
  | { readonly verb: 'BDAT'; readonly size: number; readonly last: boolean }
  | { readonly verb: 'DATA' | 'RSET' | 'NOOP' | 'QUIT' | 'VRFY' | 'EXPN' | 'HELP' | 'STARTTLS' }

export type Verb = Command['verb']

export interface VerbRow {
  readonly rfc: string
  /** `args` is printable ASCII, without the spaces around it. @throws BadCommand */
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
  /** The answer to arguments outside ASCII, as long as they are UTF-8. */
  readonly nonAscii?: Reply
  /** What a trace may show of the arguments, where they hold a secret. */
  readonly shown?: (args: string) => string
}

const noArguments =
  (verb: 'DATA' | 'RSET' | 'QUIT' | 'STARTTLS') =>
  (args: string): Command => {
    if (args !== '') throw new BadCommand(replies.noArguments)
    return { verb }
  }

export const verbs: { readonly [V in Verb]: VerbRow } = {
  EHLO: {
    rfc: 'RFC 5321 §4.1.1.1',
    parse: (args, limits) => ({ verb: 'EHLO', name: parseHello('EHLO', args, limits) }),
    pipelining: 'last',
    needs: 'nothing',
  },
  HELO: {
    rfc: 'RFC 5321 §4.1.1.1',
    parse: (args, limits) => ({ verb: 'HELO', name: parseHello('HELO', args, limits) }),
    pipelining: 'last',
    needs: 'nothing',
  },
  MAIL: {
    rfc: 'RFC 5321 §4.1.1.2',
    parse: parseMail,
    pipelining: 'anywhere',
    needs: 'mail',
    nonAscii: replies.asciiSender,
  },
  RCPT: {
    rfc: 'RFC 5321 §4.1.1.3',
    parse: parseRcpt,
    pipelining: 'anywhere',
    needs: 'mail',
    nonAscii: replies.asciiRecipient,
  },
  DATA: { rfc: 'RFC 5321 §4.1.1.4', parse: noArguments('DATA'), pipelining: 'last', needs: 'mail' },
  BDAT: { rfc: 'RFC 3030 §2', parse: parseBdat, pipelining: 'anywhere', needs: 'mail', frames: true },
  RSET: { rfc: 'RFC 5321 §4.1.1.5', parse: noArguments('RSET'), pipelining: 'anywhere', needs: 'nothing' },
  VRFY: { rfc: 'RFC 5321 §4.1.1.6', parse: parseVrfy('VRFY'), pipelining: 'last', needs: 'mail' },
  EXPN: { rfc: 'RFC 5321 §4.1.1.7', parse: parseVrfy('EXPN'), pipelining: 'last', needs: 'mail' },
  HELP: { rfc: 'RFC 5321 §4.1.1.8', parse: () => ({ verb: 'HELP' }), pipelining: 'last', needs: 'nothing' },
  NOOP: { rfc: 'RFC 5321 §4.1.1.9', parse: () => ({ verb: 'NOOP' }), pipelining: 'last', needs: 'nothing' },
  QUIT: { rfc: 'RFC 5321 §4.1.1.10', parse: noArguments('QUIT'), pipelining: 'last', needs: 'nothing' },
  STARTTLS: { rfc: 'RFC 3207 §4', parse: noArguments('STARTTLS'), pipelining: 'last', needs: 'nothing' },
  AUTH: { rfc: 'RFC 4954 §4', parse: parseAuth, pipelining: 'last', needs: 'tls', shown: mechanismOf },
}

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
  return { verb: 'MAIL', from: path, parameters: parseParameters(rest, mailParameters, limits) }
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

/** vrfy = "VRFY" SP String, expn = "EXPN" SP String. What the string is does not change the answer. */
function parseVrfy(verb: 'VRFY' | 'EXPN') {
  return (args: string): Command => {
    if (args === '') throw new BadCommand(syntax(`${verb} string`))
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
