/** The bounds of sending mail: of the queue, of names and of connections. Part of limits.ts, which says what they are for. */

const KiB = 1024
const MINUTE = 60_000

export const queueLimits = {
  /** Messages with failed recipients that are read at once: each may have a thousand of them. */
  bouncesPerLook: 20,
  /** Milliseconds until a report that could not be stored is tried again. */
  bounceRetry: 1 * MINUTE,
  /** Octets of a message that go back to its sender; of a longer one it is the header. Postfix's bounce_size_limit is 50,000. */
  returnedOctets: 64 * KiB,
  /** MX hosts of a domain that are looked up and tried; RFC 5321 §5.1 wants two at least, and Postfix's smtp_mx_address_limit is 5 addresses. */
  mxHosts: 10,
  /** Addresses of one host that are tried. */
  addressesPerHost: 8,
  /** Connections to other servers at once: Postfix's default_process_limit is 100. To one of them: others have as many users as we. */
  concurrency: 100,
  destinationConcurrency: 10,
  /** What goes through one connection; others count it too (RFC 9422 §4, MAILMAX), and a host that is overloaded gets rid of us. */
  messagesPerConnection: 100,
  connectionTime: 5 * MINUTE,
  /** Until senders are told that their mail waits: RFC 5321 §4.5.4.1 leaves it open, others have 4 hours. */
  delayWarning: 4 * 60 * MINUTE,
  /** How long finished deliveries are known: the questions of people come within days. */
  history: 7 * 24 * 60 * MINUTE,
  /** Messages of which it is remembered what a server must take for them: some 100 octets each. */
  knownContents: 10_000,
  /** Octets in which our own Return-Path ends: a path has 256 (RFC 5321 §4.5.3.1.3). */
  returnPathOctets: 1 * KiB,
} as const
