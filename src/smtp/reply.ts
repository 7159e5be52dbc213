/** Every reply that we send, in one place, so that words and codes can be read and reviewed together. */

/** The class digit is written once: `reply(552, '4.2.2', …)` does not compile. Only 2, 4 and 5 exist (RFC 2034 §4). */
type Enhanced<C extends number> = `${C}` extends `${infer D extends '2' | '4' | '5'}${number}`
  ? `${D}.${number}.${number}`
  : never

export interface Reply {
  readonly code: number
  /** RFC 2034 §4: on every line of every 2yz, 4yz and 5yz but the greeting and the answer to EHLO and HELO. */
  readonly enhanced: string | null
  readonly lines: readonly string[]
  /** As it goes on the wire. Most replies are constants, so this is made once. */
  readonly wire: string
}

/** One reply: RFC 5321 §4.2.1. `lines` hold neither CR nor LF. */
export function reply<const C extends number>(code: C, enhanced: Enhanced<C> | null, ...lines: string[]): Reply {
  const status = enhanced === null ? '' : `${enhanced} `
  const last = lines.length - 1
  const wire = lines.map((line, i) => `${code}${i < last ? '-' : ' '}${status}${line}\r\n`).join('')
  return { code, enhanced, lines, wire }
}

/** The fixed ones. RFC 5321 §4.2.2 and §4.2.3; the enhanced codes are those of RFC 3463 and RFC 4954 §6. */
export const replies = {
  closing: reply(221, '2.0.0', 'Bye'),
  startTls: reply(220, '2.0.0', 'Ready to start TLS'), // RFC 3207 §4
  authenticated: reply(235, '2.7.0', 'Authentication successful'),
  ok: reply(250, '2.0.0', 'OK'),
  senderOk: reply(250, '2.1.0', 'Sender OK'),
  recipientOk: reply(250, '2.1.5', 'Recipient OK'),
  notVerified: reply(252, '2.0.0', 'Cannot VRFY user, but will accept a message and attempt delivery'), // RFC 5321 §3.5.3
  startData: reply(354, null, 'End data with <CR><LF>.<CR><LF>'),

  shuttingDown: reply(421, '4.3.2', 'Service is shutting down, try again later'),
  kicked: reply(421, '4.3.2', 'This session was ended by the administrator'),
  revoked: reply(421, '4.7.0', 'Your password or your account has changed, log in again'),
  tooManyConnections: reply(421, '4.3.2', 'Too many connections, try again later'),
  timeout: reply(421, '4.4.2', 'Timeout, closing connection'),
  tooSlow: reply(421, '4.4.2', 'Message arrives too slowly, closing connection'),
  tooManyErrors: reply(421, '4.7.0', 'Too many errors, closing connection'),
  tooManyIdle: reply(421, '4.7.0', 'Too many commands without a message, closing connection'),
  tooManyMessages: reply(421, '4.7.0', 'Too many messages, use another connection'), // RFC 9422 §4
  tooManyFailures: reply(421, '4.7.0', 'Too many failed authentications, closing connection'),
  flood: reply(421, '4.7.0', 'Line without an end, closing connection'),
  endless: reply(421, '4.7.0', 'Message without an end, closing connection'),

  sendingLimit: reply(450, '4.7.1', 'Sending limit reached, try again later'),
  mailboxGone: reply(450, '4.2.1', 'Mailbox is not available now'),
  fault: reply(451, '4.3.0', 'Internal error, try again later'),
  noStorage: reply(452, '4.3.1', 'Insufficient system storage'),
  mailboxFullNow: reply(452, '4.2.2', 'Mailbox full'), // RFC 3463 §3.3
  tooManyRecipients: reply(452, '4.5.3', 'Too many recipients'), // RFC 5321 §4.5.3.1.10
  throttled: reply(454, '4.7.0', 'Temporary authentication failure, try again later'),

  unrecognised: reply(500, '5.5.2', 'Command not recognised'),
  lineTooLong: reply(500, '5.5.2', 'Line too long'), // RFC 5321 §4.5.3.1.9
  bareLineEnd: reply(500, '5.5.2', 'Bare CR or LF in command'), // RFC 5321 §2.3.8
  authLineTooLong: reply(500, '5.5.6', 'Authentication exchange line is too long'), // RFC 4954 §4
  badCharacter: reply(501, '5.5.2', 'Control or non-ASCII character in command'), // RFC 5321 §4.1.2
  noArguments: reply(501, '5.5.4', 'No arguments allowed'),
  badParameter: reply(501, '5.5.4', 'Malformed parameter'),
  repeatedParameter: reply(501, '5.5.4', 'Parameter given twice'), // RFC 1870 §6
  badSender: reply(501, '5.1.7', 'Bad sender address syntax'),
  badRecipient: reply(501, '5.1.3', 'Bad recipient address syntax'),
  senderTooLong: reply(501, '5.1.7', 'Sender address too long'), // RFC 5321 §4.5.3.1.9
  recipientTooLong: reply(501, '5.1.3', 'Recipient address too long'),
  badBase64: reply(501, '5.5.2', 'Invalid base64'), // RFC 4954 §4
  badCredentials: reply(501, '5.5.2', 'Malformed credentials'),
  serverFirst: reply(501, '5.7.0', 'This mechanism knows no initial response'), // RFC 4954 §4
  cancelled: reply(501, '5.7.0', 'Authentication cancelled'), // RFC 4954 §4
  notImplemented: reply(502, '5.5.1', 'Command not implemented'), // RFC 5321 §4.2.4
  badSequence: reply(503, '5.5.1', 'Bad sequence of commands'),
  needHello: reply(503, '5.5.1', 'Send EHLO or HELO first'),
  needLhlo: reply(503, '5.5.1', 'Send LHLO first'), // RFC 2033 §4.1
  needMail: reply(503, '5.5.1', 'Send MAIL first'),
  needRecipient: reply(503, '5.5.1', 'No valid recipients'),
  chunksBegun: reply(503, '5.5.1', 'BDAT has begun, send BDAT or RSET'), // RFC 3030 §2
  binaryByData: reply(503, '5.5.1', 'BODY=BINARYMIME goes with BDAT only'), // RFC 3030 §3
  nestedMail: reply(503, '5.5.1', 'A mail transaction is in progress'),
  alreadySecure: reply(503, '5.5.1', 'TLS is already active'),
  alreadyAuthenticated: reply(503, '5.5.1', 'Already authenticated'),
  authInTransaction: reply(503, '5.5.1', 'AUTH is not permitted during a mail transaction'), // RFC 4954 §4
  noHelp: reply(504, '5.5.4', 'No help on that'),
  unknownMechanism: reply(504, '5.5.4', 'Unrecognised authentication mechanism'),
  needTls: reply(530, '5.7.0', 'Must issue a STARTTLS command first'), // RFC 3207 §4
  needAuthentication: reply(530, '5.7.0', 'Authentication required'),
  invalidCredentials: reply(535, '5.7.8', 'Authentication credentials invalid'),
  userDisabled: reply(535, '5.7.13', 'User disabled'), // RFC 5248 §2.4
  loginNotAllowed: reply(535, '5.7.1', 'This login is not allowed for SMTP'),
  unknownUser: reply(550, '5.1.1', 'No such user here'),
  unknownDomain: reply(550, '5.1.2', 'No such domain here'),
  mailboxDisabled: reply(550, '5.2.1', 'Mailbox disabled'),
  bareNewline: reply(550, '5.5.2', 'Bare newline received'),
  asciiSender: reply(550, '5.6.7', 'Non-ASCII addresses not permitted for that sender'), // RFC 6531 §3.5
  asciiString: reply(550, '5.6.7', 'Non-ASCII text needs SMTPUTF8'), // RFC 6531 §3.7.4.2
  asciiHeader: reply(550, '5.6.7', 'Non-ASCII header needs SMTPUTF8'), // RFC 6532 §3.2
  relayingDenied: reply(550, '5.7.1', 'Relaying denied'),
  mailboxFull: reply(552, '5.2.2', 'Mailbox full'),
  tooBig: reply(552, '5.3.4', 'Message exceeds the size limit'), // RFC 1870 §6.1
  headerTooBig: reply(552, '5.3.4', 'Message header exceeds the limits'),
  asciiRecipient: reply(553, '5.6.7', 'Non-ASCII addresses not permitted for that recipient'), // RFC 6531 §3.5
  foreignSender: reply(553, '5.7.1', 'Sender address is not one of yours'), // RFC 6409 §6.1
  foreignAuthor: reply(553, '5.7.1', 'From and Sender must be addresses of yours'), // RFC 6409 §6.1
  loop: reply(554, '5.4.6', 'Too many hops, this message is in a loop'), // RFC 5321 §6.3
  aliasLoop: reply(554, '5.4.6', 'This address leads to itself and to nobody'), // RFC 3463 §3.5
  earlyTalker: reply(554, '5.5.0', 'You spoke before the greeting, closing connection'), // RFC 5321 §4.3.1
  improperPipelining: reply(554, '5.5.0', 'Improper pipelining behind DATA, closing connection'), // RFC 2920 §3.1
  injection: reply(554, '5.5.1', 'Commands behind STARTTLS in clear, closing connection'), // RFC 3207 §4.2
  unknownParameter: reply(555, '5.5.4', 'Parameter not recognised'), // RFC 5321 §4.1.1.11
} as const

/** The greeting: RFC 5321 §4.3.1. */
export const greeting = (hostname: string, protocol: 'ESMTP' | 'LMTP' = 'ESMTP'): Reply =>
  reply(220, null, `${hostname} ${protocol} Posthorn`)

/** The answer to EHLO: RFC 5321 §4.1.1.1; to HELO with no keywords. */
export const hello = (hostname: string, keywords: readonly string[] = []): Reply =>
  reply(250, null, hostname, ...keywords)

/** RFC 5321 §4.1.1.8 */
export const help = (verbs: readonly string[]): Reply =>
  reply(214, '2.0.0', `Commands: ${verbs.join(' ')}`, 'HELP and a command tells how it is written')

/** HELP with a verb: how it is written, and where that stands. Replies are ASCII. */
export const helpOn = (form: string, rfc: string): Reply =>
  reply(214, '2.0.0', form, `See ${rfc.replace('§', 'section ')}`)

/**
 * One reply for each recipient: RFC 2033 §4.2. It names them where they are ASCII, for UTF-8 is not allowed here
 * (RFC 6531 §3.7.4.2); their order tells which is which. `code` and `enhanced` are those of the message as a whole.
 */
export function perRecipient(
  { code, enhanced }: Reply,
  recipients: readonly { readonly address: string; readonly reply: Reply }[],
): Reply {
  const all = recipients.map(({ address, reply }) => {
    const named = /^[ -~]*$/.test(address) ? `<${address}> ` : ''
    return { of: reply, line: `${named}${reply.lines.join(' ')}` }
  })
  const wire = all.map(({ of, line }) => `${of.code} ${of.enhanced === null ? '' : `${of.enhanced} `}${line}\r\n`)
  return { code, enhanced, lines: all.map(({ line }) => line), wire: wire.join('') }
}

/** A command that lacks what it needs, and what it should have looked like. */
export const syntax = (form: string): Reply => reply(501, '5.5.4', `Syntax: ${form}`)

/** Decision 5: sent after the commit is on disk, never before. */
export const accepted = (id: string): Reply => reply(250, '2.0.0', `Message accepted for delivery ${id}`)

/** A chunk that is not the last: RFC 3030 §4 has the words. */
export const chunkTaken = (octets: number): Reply => reply(250, '2.0.0', `${octets} octets received`)

/** A challenge of the AUTH exchange, in base64: RFC 4954 §4. An empty one keeps its space. */
export const challenge = (base64: string): Reply => reply(334, null, base64)
