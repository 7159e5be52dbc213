/** The part of limits.ts that bounds users: where addresses lead, logging in, sending. */

const KiB = 1024
const SECOND = 1000
const MINUTE = 60 * SECOND

/** What one recipient may turn into. Administrators make aliases, and whoever writes to one sets us to work. */
export const aliasLimits = {
  /** Targets of one alias or catch-all. */
  targets: 1_000,
  /** Aliases one behind the other on the way to a mailbox: sendmail follows 10. */
  depth: 10,
  /** Different addresses that are looked at for one recipient, and so places that its mail can reach. */
  addresses: 5_000,
  /** Aliases, and catch-alls, that are named when a user goes who they lead to. */
  leadingNamed: 100,
} as const

export const authLimits = {
  /** Users who are warned of their quota that are read at once, and milliseconds until a warning that could not be stored is tried again. */
  warningsPerLook: 100,
  warningRetry: 1 * MINUTE,
  /** bcrypt looks at no more. */
  passwordOctets: 72,
  /** Characters that a password has at least (auth.min_password_length): NIST SP 800-63B §5.1.1.2. */
  minPasswordLength: 8,
  /** Passwords that wait for bcrypt, two at a time: half a minute of work at cost 12. */
  waitingPasswords: 256,
  /** Accounts whose last right password is remembered (decision 11). */
  cachedCredentials: 10_000,
  cacheTtl: 5 * MINUTE,
  /** Decision 11: failures of one account or address before it is refused, */
  maxFailures: 10,
  /** for so long; quiet for so long, they are forgotten. */
  refusedFor: 15 * MINUTE,
  /** Decision 11: the answer to the first failure waits 1 s, each further one twice as long, up to 30 s. */
  firstDelay: 1 * SECOND,
  longestDelay: 30 * SECOND,
  /** Milliseconds of each answer to a client that proves its password: what is looked up for it takes a fraction of one. */
  proofFloor: 10,
  /** Accounts, and addresses, whose failures are remembered: one costs its sender a bcrypt. */
  throttled: 50_000,
  /** Addresses of one account that it logged in from, and that its failures elsewhere do not hurt. */
  knownAddresses: 8,
  /** Characters of a user name that is looked at: local part, @ and domain of RFC 5321 §4.5.3.1. */
  username: 320,
  displayNameOctets: 256,
  /** App passwords of one user: one for each program on each device, and nobody has so many. */
  appPasswords: 100,
  appPasswordNameOctets: 64,
  /** Characters of a SCRAM client's nonce, which our answer repeats: clients send 24 to 64 (RFC 5802 §5.1 has no bound). */
  nonce: 1024,
} as const

/** What one who sends may cost us. */
export const sendingLimits = {
  /** Users and client addresses whose sending is counted; one entry has a number for each minute at most. */
  remembered: 50_000,
  /** Octets of all From and Sender fields of a message; a list of authors that is longer cannot be checked. */
  authorOctets: 64 * KiB,
  /** Addresses in them: each costs a look-up or more. */
  authors: 100,
  /** Addresses that are looked at to see whether one leads to a user, through aliases of aliases. */
  addressesFollowed: 1_000,
} as const
