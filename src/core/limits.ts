/**
 * Every number that bounds something a peer controls, with its source or reason. The configuration may
 * change those that it names; all others are fixed here.
 */

export { aliasLimits, authLimits, sendingLimits } from './limits-accounts.js'
export { clientLimits } from './limits-client.js'
export { queueLimits } from './limits-queue.js'

const KiB = 1024
const MiB = 1024 * KiB
const SECOND = 1000
const MINUTE = 60 * SECOND

/** What one message may make the indexer build (src/message). Past a limit the rest counts as plain body. */
export const mimeLimits = {
  /** Body parts in one message: Dovecot's default is 10,000 parts as well. */
  parts: 10_000,
  /** Levels of multipart and message/rfc822 inside each other; deeper ones are opaque leaves. */
  depth: 50,
  /** Header octets of one part that are looked at. The octet ranges cover all of the header all the same. */
  headerOctets: 256 * KiB,
  /** Header fields of one part that are looked at. */
  headerFields: 2_000,
  /** Octets of a field name: RFC 5322 §2.1.1 allows no longer line. A first line that has more is body. */
  fieldName: 998,
  /** Parameters of one Content-Type or Content-Disposition. */
  parameters: 100,
  /** Addresses of one field that ENVELOPE lists. */
  addresses: 5_000,
  /** Octets of ready-made ENVELOPE or BODYSTRUCTURE text; what is longer is cut at a whole item. */
  responseOctets: 1 * MiB,
  /** Characters of a text by which messages are sorted: a line of RFC 5322 §2.1.1 has no more. What differs later is the same. */
  sortKey: 998,
  /** Octets of a msg-id that another message may name: it is on one line. */
  messageId: 998,
  /** Octets of a delivery status that are looked at, and recipients in it: as many as a message may have at once. */
  statusOctets: 512 * KiB,
  statusRecipients: 1_000,
  /** Messages that one message names as those before it. Of more the nearest count: RFC 5537 §3.4.4 has them cut as well. */
  references: 64,
} as const
export type MimeLimits = { readonly [K in keyof typeof mimeLimits]: number }

export const storeLimits = {
  /** From this size on, a message is a file (decision 23: blob < 1 MiB, file >= 1 MiB). */
  inlineBlobOctets: 1 * MiB,
  /** All messages in memory that are arriving or waiting for their commit; beyond it they go to files. */
  spoolBudgetOctets: 64 * MiB,
  /** Operations in one commit, and octets of inline content in one. */
  batchOperations: 512,
  batchOctets: 32 * MiB,
  /** Changes that may wait in one subscription before it overflows: a mailbox of 100,000 changed one by one. */
  pendingChanges: 100_000,
  /** Different keywords in one mailbox (RFC 3501 leaves it open; each costs a bit in every FLAGS response). */
  keywordsPerMailbox: 256,
  /** Mailboxes of one account: each LIST goes through all of them. Nobody who works with mail has more. */
  mailboxesPerAccount: 10_000,
  /** Names that one account is subscribed to: those of mailboxes that are gone count as well. */
  subscriptionsPerAccount: 20_000,
  /** Octets of a mailbox name in UTF-8, and its levels: what a LIST pattern can ask for. */
  mailboxNameOctets: 1_000,
  mailboxDepth: 50,
  /** Rows read in one go on the protocol thread before others get a turn: some milliseconds. */
  rowsPerSlice: 2_000,
  /** Messages of the largest mailbox that the protocol thread reads into memory itself: each costs it less than 1 µs. */
  rowsPerLoad: 2_000,
  /** Memory of mailboxes that nobody has open just now, and that need not be read again: 1.5 million messages. */
  idleMailboxOctets: 64 * MiB,
  /** Messages that one operation of the writer flags, copies, moves or removes; a longer request is several of them, so that others get in. */
  rowsPerWrite: 2_000,
  /** Addresses of users that need not be looked up again: some 300 octets each. */
  knownRecipients: 10_000,
  /** Milliseconds in which a mailbox gets the same message once (decision 25). 0: no duplicate is looked for. */
  duplicateWindow: 10 * MINUTE,
  /** Threads for long reads: mailboxes, searches, and taking messages apart. One more while the last has all of them. */
  readerThreads: 1,
  /** Long reads that wait for a thread: a search of every session that a server of 1,000 users may have. */
  waitingReads: 1_000,
  /** Milliseconds of one job of a reader thread; a message of 1 GiB takes some 10 s. */
  longestRead: 60 * SECOND,
  /** Megabytes of heap of a reader thread: the parts and texts of one message, many times over. */
  readerHeapMegabytes: 256,
  /** Milliseconds that one search has a thread before others get their turn. */
  searchTurn: 50,
  /** Characters of the different texts that one SORT or THREAD has in memory: 100,000 messages have some 5 million. */
  arrangedCharacters: 32 * MiB,
  /** Messages of one THREAD=REFERENCES, those that are only spoken of included. Each takes some 100 octets of the reader thread. */
  threadedMessages: 1_000_000,
  /** Attachments of one message that are listed; a mail with more is no mail. */
  attachmentsPerMessage: 1_000,
  /** Octets of text of one message that go into the index; with more it is searched without it. It takes the writer some 30 ms. */
  indexedTextOctets: 256 * KiB,
  /** Messages, and octets of them, that are taken apart in one go: some 10 ms of the writer; a larger message is taken alone. */
  messagesPerExtraction: 16,
  octetsPerExtraction: 256 * KiB,
  /** Messages of earlier releases that get their sort keys and threads in one go: some 10 ms of the writer. */
  messagesPerDerivation: 100,
  /** Expunged messages of one mailbox that clients who come back are told of (RFC 7162 §3.2.7); the oldest are forgotten first. Some 1 MiB. */
  expungedPerMailbox: 50_000,
  /** What a user may keep for whom nothing else was set: octets charged (requirement §1.5: 1 GiB), and messages; 0: no limit. */
  quotaOctets: 1024 * MiB,
  quotaMessages: 0,
  /** Milliseconds that a report waits for what becomes of the other recipients: most servers answer within seconds. */
  reportWait: 1 * MINUTE,
  /** Milliseconds without a refusal before a disk that works again is believed: retries of clients are a few seconds apart. */
  storageQuiet: 10 * SECOND,
  /** Damaged files that are remembered until they can be read again; of more, a check tells. */
  damagedFiles: 1_000,
  /** Warnings of the quota that one user keeps: they cost nothing, so there must be an end of them. */
  quotaWarnings: 12,
  /** Recipients of the queue that one operation of the writer controls or forgets, so that mail gets in between: some milliseconds. */
  recipientsPerControl: 250,
  /** Rows of the queue, or of its history, that a reader thread looks at before others get their turn: some 20 ms. */
  queueScan: 10_000,
  /** Recipients of the queue, or of its history, that the protocol thread reads in one go: some 1 ms. */
  queueSlice: 100,
  /** Rules by which new mail is held: each recipient is held against each of them, inside the transaction that accepts it. */
  holdRules: 100,
  /** Destinations that are paused: an administrator names each. */
  pauses: 1_000,
  /** Rounds of a repair: each may bring to light what the one before hid; what is left then is told. */
  repairRounds: 8,
} as const
export type StoreLimits = { readonly [K in keyof typeof storeLimits]: number }

export const smtpLimits = {
  /** RFC 5321 §4.5.3.1.4, CRLF included, plus what MAIL parameters may add (RFC 1870 §3: 26, RFC 4954 §3: 500). */
  commandLine: 2048,
  /** RFC 4954 §4: a base64 line of the AUTH exchange, CRLF included. */
  authLine: 12_288,
  /** RFC 5321 §4.5.3.1.1 and .2 and .3 */
  localPart: 64,
  domain: 255,
  path: 256,
  /** One label of a domain: RFC 1035 §2.3.4 */
  domainLabel: 63,
  /** Octets of a command line that is too long and thrown away before the connection is closed. */
  discardedLine: 1 * MiB,
  /** Refused commands in one connection; then 421 4.7.0. */
  errors: 20,
  /** Failed AUTH commands in one connection; then 421 4.7.0. */
  authFailures: 3,
  maxMessageSize: 50 * MiB,
  maxRecipients: 1000,
  /** MAIL commands in one connection (RFC 9422 §4, MAILMAX): a sender with more of them opens another. */
  transactions: 10_000,
  /** NOOP, RSET, VRFY and the like since the last message; then 421 4.7.0. Postfix's smtpd_junk_command_limit has as many. */
  idleCommands: 100,
  /** RFC 5321 §4.5.3.2.7 */
  idleTimeout: 5 * MINUTE,
  /** Decision 3: from the first octet of a command line until it is whole. */
  commandTimeout: 30 * SECOND,
  /** Decision 3: within DATA, without an octet. */
  dataTimeout: 3 * MINUTE,
  /** Within DATA, on the average and after a grace, octets per second: an octet now and then must not hold a connection for ever. */
  dataRate: 256,
  dataGrace: 10 * MINUTE,
  /** Octets of a message over maxMessageSize that are thrown away before the connection is closed. */
  discardedMessage: 1024 * MiB,
  /**
   * How long a client must be silent before it is greeted. Programs that do not wait send with the last packet of
   * the TCP handshake; what a mail server loses by a fifth of a second is nothing. sendmail and postscreen take 5 s.
   */
  greetingDelay: 200,
  maxConnections: 100,
  maxConnectionsPerAddress: 20,
  /** Octets of the header of a message, as much as the indexer looks at: Postfix's header_size_limit is 100 KiB. */
  header: 256 * KiB,
  /** Fields in it, our own included. A mail with a long way behind it has about a hundred. */
  headerFields: 1_000,
  /** Received fields that mean a loop: RFC 5321 §6.3 */
  receivedFields: 100,
  /** What one user may send within an hour: more than people do, less than a stolen password is worth. 0: no limit. */
  messagesPerHour: 1_000,
  recipientsPerHour: 5_000,
  /** The same for one client address, whoever it is: off until somebody sets it, for a relay in front of us is one address. */
  messagesPerHourPerAddress: 0,
  recipientsPerHourPerAddress: 0,
} as const

export type SmtpLimits = { readonly [K in keyof typeof smtpLimits]: number }

export const imapLimits = {
  /** One line of a command without literals: RFC 7162 §4 asks for 8192 at least; sets can be long. */
  commandLine: 64 * KiB,
  /** All text and small literals of one command together. */
  command: 1 * MiB,
  /** A literal that is not a message, such as a mailbox name or a password. */
  bufferedLiteral: 64 * KiB,
  /** Parentheses inside each other. */
  nesting: 50,
  /** Data items in one FETCH; each may read a message again. Clients send some dozens at most. */
  fetchItems: 1_000,
  /** Search keys of one SEARCH, SORT or THREAD; each may be asked of every message. Clients that join numbers by OR send hundreds. */
  searchKeys: 1_000,
  /** Those of them that look for a text: each may read a whole mailbox. A client may well look for a list of Message-IDs. */
  searchTexts: 200,
  /** Octets of one text to look for: a line of header has 998 (RFC 5322 §2.1.1), nobody types more. */
  searchTextOctets: 4 * KiB,
  /** Search keys inside each other, parentheses included: clients that nest one more for each alternative stay below it. */
  searchDepth: 100,
  /** Numbers and ranges in the sets of one search: a line of a command has room for some ten thousand. */
  searchRanges: 10_000,
  /** Octets of a refused non-synchronising literal that are thrown away rather than the connection closed. */
  discardedLiteral: 64 * KiB,
  /** Commands in a row that are answered BAD; then BYE. */
  badCommands: 20,
  /** Failed LOGIN and AUTHENTICATE in one connection; then BYE. */
  authFailures: 3,
  maxAppendSize: 50 * MiB,
  /** Messages of one APPEND, and octets of all of them where there are several: they are one operation of the writer. */
  appendMessages: 1_000,
  appendOctets: 128 * MiB,
  maxConnections: 200,
  maxConnectionsPerAddress: 20,
  /** Some devices with a handful each, and nobody keeps out all others. 0: no limit. */
  maxConnectionsPerUser: 50,
  /** Before a login. */
  loginTimeout: 3 * MINUTE,
  /** RFC 3501 §5.4: at least 30 minutes. */
  idleTimeout: 30 * MINUTE,
  /** Decision 16 */
  commandTimeout: 60 * SECOND,
  literalTimeout: 3 * MINUTE,
  /** The slowest literal that is waited for: so many octets a second, after a time for slow starters. */
  literalRate: 512,
  literalGrace: 5 * MINUTE,
  /** Silence of a command that is at work, until its client hears INPROGRESS: RFC 9585 §4 has 10 to 15 seconds. */
  progressInterval: 10 * SECOND,
  /** Octets of one keyword: the FLAGS response repeats all of a mailbox. */
  keyword: 255,
  /** Octets of the name or pattern of LIST, reference included: what matching it costs grows with it. */
  listPattern: 1024,
  /** Octets of the UIDs of one COPYUID: RFC 4315 §3 lets us leave it out, and a client may not read a longer line. */
  uidSets: 64 * KiB,
  /** Fields of ID, octets of a field's name and of its value: RFC 2971 §3.3 */
  idFields: 30,
  idFieldName: 30,
  idValue: 1024,
  /** Decision 15 */
  idleHeartbeat: 2 * MINUTE,
  idleMax: 24 * 60 * MINUTE,
} as const

export type ImapLimits = { readonly [K in keyof typeof imapLimits]: number }

export const wireLimits = {
  /** A peer that takes nothing of what we have written for so long is gone. */
  writeTimeout: 5 * MINUTE,
  /** Handshake of TLS, implicit or by STARTTLS. */
  tlsHandshake: 30 * SECOND,
  /** After our last octet, until the peer closes too. */
  linger: 2 * SECOND,
  /** Replies collected before they are written. */
  flushOctets: 64 * KiB,
  /** Addresses and TLVs of a PROXY header, version 2: 216 for two unix paths, and certificates' names and the like. */
  proxyHeaderOctets: 4 * KiB,
} as const

export const serverLimits = {
  /** Connections that are being told "too many connections" at once; further ones are closed without a word. */
  turnedAwayAtOnce: 100,
  /** What one of them has for the handshake where it comes first, and for reading: nobody in earnest takes longer. */
  turnedAwayHandshake: 5 * SECOND,
  /** From the start of a proxy's connection until its PROXY header is whole; the specification asks for 3 s at least. */
  proxyHeader: 10 * SECOND,
  /** Connections of proxies that have not sent their header, on one listener. */
  proxyHeadersAtOnce: 1_000,
  /** One log line for failures to accept in so long: out of descriptors, there may be thousands a second. */
  acceptErrorInterval: 10 * SECOND,
  /** Log lines for failed TLS handshakes in a second; the next one counts the rest. Scanners come in crowds. */
  handshakeLinesPerSecond: 10,
  /** A file with a certificate or key: a chain of ten with long names takes some 30 KiB. */
  pemFileOctets: 256 * KiB,
  /** Certificates of one chain: all of them travel in each handshake, and nobody's has more than four or five. */
  chainCertificates: 10,
  /** How long one key seals TLS session tickets (RFC 9325 §3.4 asks for a week at most). */
  ticketKeyLife: 24 * 60 * MINUTE,
  /** TCP asks whether the peer is still there after so long in silence: home routers forget a connection after minutes. */
  keepAliveDelay: 2 * MINUTE,
  /** Requirement §1.1 and §1.4: what a shutdown waits for sessions to complete what they do. */
  smtpShutdown: 30 * SECOND,
  imapShutdown: 60 * SECOND,
  /** What a session that an administrator ends, or whose password changed, may take to complete what it does. */
  endingGrace: 30 * SECOND,
  /** A session whose connection was cut off may still wait for its last commit. */
  destroyedGrace: 5 * SECOND,
  /** Bearer tokens of the admin port: each is compared at every request. */
  adminTokens: 100,
  /** One request of the admin API: the largest holds a password and a display name. */
  adminRequestOctets: 64 * KiB,
  /** Users in one answer of the admin API: half a megabyte of JSON, and one slice of the store. */
  listedUsers: 1_000,
  /** A path in a Unix socket address: 108 octets with the NUL on Linux, 104 on BSD and macOS (unix(7)). */
  socketPathOctets: 103,
} as const
