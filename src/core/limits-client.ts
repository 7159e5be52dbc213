/** The numbers of our own SMTP client: what a server that mail goes to may say, and how long it may take. */

const KiB = 1024
const MiB = 1024 * KiB
const SECOND = 1000
const MINUTE = 60 * SECOND

export const clientLimits = {
  /** Octets of one line of a reply. RFC 5321 §4.5.3.1.5 has 512, CRLF included; servers put long addresses and URLs in them. */
  replyLine: 4 * KiB,
  /** Lines of one reply: EHLO has some twenty, and greetings that tell of the law some fifty. */
  replyLines: 500,
  /** Octets of one reply, all lines together. */
  reply: 64 * KiB,
  /** Characters of a reply that are kept and told to people: as a line that RFC 5321 §4.5.3.1.5 allows, twice. */
  replyText: 1_024,
  /** RFC 5321 §4.5.3.2.1: from the connection to the greeting. */
  greetingTimeout: 5 * MINUTE,
  /** RFC 5321 does not say; those of the commands around it. */
  ehloTimeout: 5 * MINUTE,
  rsetTimeout: 5 * MINUTE,
  startTlsTimeout: 5 * MINUTE,
  authTimeout: 5 * MINUTE,
  /** Octets of a message that are written before it is looked whether the server takes them, and has said something meanwhile. */
  piece: 64 * KiB,
  /** Characters of a dialogue that are kept, from its beginning and from its end. */
  transcriptHead: 8 * KiB,
  transcriptTail: 8 * KiB,
  /** Characters of one line of it: most that is said is shorter (RFC 5321 §4.5.3.1.4 and .5), and one line is not all of it. */
  transcriptLine: 500,
  /** Nothing depends on it. */
  quitTimeout: 10 * SECOND,
  /** RFC 5321 §4.5.3.2.2 and .3 */
  mailTimeout: 5 * MINUTE,
  rcptTimeout: 5 * MINUTE,
  /** RFC 5321 §4.5.3.2.4 to .6: until 354; until a piece of the message is taken; and until it is accepted. */
  dataTimeout: 2 * MINUTE,
  blockTimeout: 3 * MINUTE,
  finalTimeout: 10 * MINUTE,
  /** Everything up to MAIL, and a transaction as a whole with an allowance for its message, in octets a second: no tarpit has more. */
  openingTime: 30 * MINUTE,
  transactionTime: 120 * MINUTE,
  contentRate: 4 * KiB,
  /** Commands that are under way at once (RFC 2920): what a server answers meanwhile has to fit its own buffers. */
  pipelinedCommands: 100,
  /** Octets from which on a message goes by BDAT (RFC 3030) where that is offered, and of one chunk. */
  chunkedFrom: 1 * MiB,
  chunk: 1 * MiB,
  /** Octets of an AUTH command with an initial response: RFC 4954 §4 has it left out where a command line of RFC 5321 would not do. */
  authCommand: 512,
  /** Rounds of PBKDF2 that a server may ask for: some half a second of a thread. OWASP advises 600,000. */
  scramIterations: 2_000_000,
} as const

export type ClientLimits = { readonly [K in keyof typeof clientLimits]: number }
