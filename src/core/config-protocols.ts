/** The sections of the configuration that bound what a mail client or another server may do: smtp, submission, imap. */
import { z } from 'zod'
import { key, section } from './config-keys.js'
import { heartbeatWithinIdle, inTable } from './config-relations.js'
import { count, duration, mailAddress, size } from './config-values.js'
import { imapLimits, smtpLimits } from './limits.js'

const MINUTE = 60_000
/** RFC 3501 §9: a size in IMAP has 32 bits. */
const LARGEST_MESSAGE = 2 ** 32 - 1
const SMALLEST_MESSAGE = 1024

const perAddress = (preset: number) =>
  key(count(), preset, 'connections from one client address at once; 0: no limit, and never one for loopback')

const perHour = (preset: number, what: string) =>
  key(count(), preset, `${what} within an hour; 0: no limit, and never one for loopback`)
export const smtp = section(
  {
    max_message_size: key(
      size({ min: SMALLEST_MESSAGE, max: LARGEST_MESSAGE }),
      smtpLimits.maxMessageSize,
      'larger messages are refused (RFC 1870)',
    ),
    max_recipients: key(count({ min: 1 }), smtpLimits.maxRecipients, 'recipients of one message'),
    max_connections_per_address: perAddress(smtpLimits.maxConnectionsPerAddress),
    messages_per_hour_per_address: perHour(smtpLimits.messagesPerHourPerAddress, 'messages from one client address'),
    recipients_per_hour_per_address: perHour(
      smtpLimits.recipientsPerHourPerAddress,
      'recipients of them, all together',
    ),
    idle_timeout: key(duration(), smtpLimits.idleTimeout, 'between commands (RFC 5321 §4.5.3.2.7)'),
    command_timeout: key(
      duration(),
      smtpLimits.commandTimeout,
      'from the first octet of a command line until it is whole',
    ),
    data_timeout: key(duration(), smtpLimits.dataTimeout, 'within DATA or BDAT, without an octet'),
    greeting_delay: key(
      duration({ min: 0 }),
      smtpLimits.greetingDelay,
      'on smtp listeners, who speaks within this time of connecting is not greeted but sent away; "0s": not, and never done on loopback',
    ),
    bare_newline: key(
      z.enum(['reject', 'normalise']),
      'reject',
      'what is done with a message that has a CR or LF alone',
    ),
    eight_bit_header: key(
      z.enum(['accept', 'reject']),
      'accept',
      'what is done with a message that has octets beyond ASCII in its header and was not announced by SMTPUTF8 (RFC 6532); much mail of today is like that',
    ),
  },
  'receiving mail',
)

export const submission = section(
  {
    messages_per_hour: key(
      count(),
      smtpLimits.messagesPerHour,
      'messages that one user may send within an hour; 0: no limit',
    ),
    recipients_per_hour: key(count(), smtpLimits.recipientsPerHour, 'recipients of them, all together; 0: no limit'),
  },
  'sending mail as a user; `posthorn user set` has other limits for one',
)

export const imap = section(
  {
    max_append_size: size({ min: SMALLEST_MESSAGE, max: LARGEST_MESSAGE })
      .optional()
      .meta({ description: 'larger messages are refused by APPEND; as smtp.max_message_size' }),
    max_connections_per_address: perAddress(imapLimits.maxConnectionsPerAddress),
    max_connections_per_user: key(
      count(),
      imapLimits.maxConnectionsPerUser,
      'connections of one user at once; a further login is refused; 0: no limit',
    ),
    idle_timeout: key(
      duration(),
      imapLimits.idleTimeout,
      'between commands, not in IDLE (RFC 3501 §5.4 wants 30m at least)',
    ),
    command_timeout: key(
      duration(),
      imapLimits.commandTimeout,
      'from the first octet of a command until it is whole, literals excepted',
    ),
    literal_timeout: key(duration(), imapLimits.literalTimeout, 'within a literal, without an octet'),
    idle_heartbeat: key(
      duration({ max: 29 * MINUTE }),
      imapLimits.idleHeartbeat,
      'how often a client in IDLE is told something',
    ),
    idle_max: key(duration(), imapLimits.idleMax, 'how long one IDLE may last'),
    administrators: key(
      z.array(mailAddress()),
      [],
      'users who may see and set the quotas of all (RFC 9208, SETQUOTA), once they log in with their own password and no app password',
    ),
  },
  'reading mail',
).superRefine(heartbeatWithinIdle, inTable)
