/** The bounds of sending mail: of the queue, of names and of connections. Part of limits.ts, which says what they are for. */

const KiB = 1024
const SECOND = 1_000
const MINUTE = 60 * SECOND

export const queueLimits = {
  /** Messages with failed recipients that are read at once: each may have a thousand of them. */
  bouncesPerLook: 20,
  /** Milliseconds until a report that could not be stored is tried again. */
  bounceRetry: 1 * MINUTE,
  /** Recipients that come to be owed a warning in one operation of the writer. */
  warningsPerLook: 500,
  /** Reports to the postmaster on senders who cannot be told: with forged senders there is no end of them, and nobody reads more. */
  doubleBouncesPerHour: 20,
  /** Octets of a message that go back to its sender; of a longer one it is the header. Postfix's bounce_size_limit is 50,000. */
  returnedOctets: 64 * KiB,
  /** Octets of a file with the password of a route: tokens of large providers have some hundreds. */
  passwordFile: 4 * KiB,
  /** Milliseconds until an address that says nothing is given up (Postfix's smtp_connect_timeout), and until the next one is tried beside it (RFC 8305 §8). */
  connectTimeout: 30 * SECOND,
  connectStagger: 250,
  /** Milliseconds for the first try of a name server; c-ares doubles it for each further one. All of a look-up: mail can wait. */
  dnsTimeout: 3 * SECOND,
  dnsTries: 2,
  dnsDeadline: 20 * SECOND,
  /** Queries at once: a resolver on a small machine takes some thousands. */
  dnsAtOnce: 500,
  /** Answers that are remembered, of MX and of addresses each: some 500 octets, so some 5 MiB. */
  dnsAnswers: 10_000,
  /** Records of one answer that are looked at: a response has room for thousands. */
  dnsRecords: 100,
  /** Milliseconds that an answer is good: of MX, whose TTL is not told; of addresses at most; that there is none (RFC 2308 §5 has hours). */
  mxTtl: 5 * MINUTE,
  longestTtl: 60 * MINUTE,
  refusalTtl: 1 * MINUTE,
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
  /** How long finished deliveries are known: the questions of people come within weeks. */
  history: 30 * 24 * 60 * MINUTE,
  /** Milliseconds between two looks at which of them are to be forgotten. */
  historyLook: 60 * MINUTE,
  /** Messages of which it is remembered what a server must take for them: some 100 octets each. */
  knownContents: 10_000,
  /** Octets in which our own Return-Path ends: a path has 256 (RFC 5321 §4.5.3.1.3). */
  returnPathOctets: 1 * KiB,
  /** Milliseconds between looks at what is due that nobody asked for: decision 20's safety net. */
  sweep: 30 * SECOND,
  /** Due destinations read in one go on the protocol thread: about a millisecond. */
  duePage: 1_000,
  /** Milliseconds from one look to the next where a look reads more than a page: mail that comes in by the thousand makes no more. */
  lookPause: 200,
  /** Destinations in memory at once, some 500 octets each; the others wait in the data. */
  knownDestinations: 50_000,
  /** Destinations in memory, beside these, to which the configuration sends nothing (`queue.deliver`). */
  keptDestinations: 50_000,
  /** Of how many of them the log tells: with `queue.deliver = "none"` all are, and for the same reason. */
  keptTold: 100,
  /** Destinations whose hosts are asked for at once: a name server that is silent holds some of them for seconds. */
  plansAtOnce: 200,
  /** Milliseconds until it is asked anew where mail for a destination goes that it is sent to all the time. */
  planAge: 5 * MINUTE,
  /** Destinations and routes of which it is remembered how many connections they were worth. */
  lanesRemembered: 10_000,
  /** Messages claimed for one connection in one go: two commits for so many, and so many wait behind a slow one. */
  claimedMessages: 10,
  /** The same where nothing is sent, as no host can be used. */
  settledMessages: 100,
  /** Recipients of one transaction: RFC 5321 §4.5.3.1.8 has every server take so many. */
  claimedRecipients: 100,
  /** Connections at once to a destination of which nothing is known yet. */
  firstConnections: 2,
  /** Milliseconds for which a connection that was of use more than once is kept when nothing is due. */
  idleConnection: 5 * SECOND,
  /** Milliseconds for which a connection sends on while others wait for one. */
  turn: 30 * SECOND,
  /** Milliseconds for which a host is left alone that could not be used; doubled each time, up to the second. */
  hostRest: 1 * MINUTE,
  hostRestMax: 15 * MINUTE,
  /** Hosts of which it is known that they could not be used; the oldest are forgotten. */
  hostsRemembered: 10_000,
  /** Milliseconds until a store that is not available is asked again; doubled each time, up to the second. */
  storeRetry: 1 * SECOND,
  storeRetryMax: 30 * SECOND,
  /** Octets of what was said in one attempt, all hosts together, that are kept. */
  attemptTranscript: 32 * KiB,
  /** Milliseconds for which a shutdown waits for transactions that are under way. */
  queueShutdown: 20 * SECOND,
  /** The same for those that were cut off then, to write down what became of them. */
  queueCutOff: 5 * SECOND,
  /** Recipients, destinations, or what else of the queue, in one answer of the admin API: less than half a megabyte of JSON. */
  queuePage: 500,
  /** Characters of a filter of the queue, and of a reason to send nothing to an address: a line of SMTP. */
  queueText: 1_000,
  /** Characters of the name of a hold rule. */
  holdRuleName: 64,
  /** Octets of the header that a report returns, in which ours are to be found: Received fields are the first ones. */
  returnedHeader: 64 * KiB,
  /** Received fields in it that are looked at, and characters of each: RFC 5321 §6.3 has no more than a hundred. */
  returnedReceived: 100,
  receivedOctets: 1_000,
  /** Queue ids in it: mail that passes us more often is in a loop. */
  reportedMessages: 5,
  /** Characters that are kept of what a report has another server say: a reply of one line has 512 octets (RFC 5321 §4.5.3.1.5). */
  reportedReply: 512,
  /** Milliseconds after which it does not count any more that reports called an address no good: people come back. */
  failureMemory: 30 * 24 * 60 * MINUTE,
} as const
