/** What one SMTP session is given by the server. */
import type { Authenticator, Directory, SendingRights } from '../accounts/contracts.js'
import type { Presence } from '../accounts/presence.js'
import type { QuotaRoom } from '../accounts/quota-room.js'
import type { SaslMechanism } from '../accounts/sasl.js'
import type { SendingMeter } from '../accounts/sending.js'
import type { Clock } from '../core/clock.js'
import type { Random } from '../core/ids.js'
import type { SmtpLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { Store } from '../store/store.js'
import type { TlsOptions } from '../wire/connection.js'

/** smtp: port 25, mail from anywhere for us. submission: 587, STARTTLS and AUTH. submissions: 465, TLS from the start. lmtp: from a server that has queues of its own (RFC 2033). */
export type SmtpService = 'smtp' | 'submission' | 'submissions' | 'lmtp'

export interface SmtpContext {
  readonly service: SmtpService
  /** Our own name, for the greeting and the trace field. */
  readonly hostname: string
  /** Also bound in `log`; the authenticator wants it by itself. */
  readonly sessionId: string
  readonly store: Pick<Store, 'newSpool' | 'accept'>
  readonly directory: Directory
  readonly authenticator: Authenticator
  /** Those of the configuration. */
  readonly mechanisms: readonly SaslMechanism[]
  readonly rights: SendingRights
  /** One for all sessions. */
  readonly meter: SendingMeter
  /** One for all sessions. */
  readonly quota: QuotaRoom
  /** Decision 7: what a full mailbox answers, 552 or 452. */
  readonly quotaReply: 'permanent' | 'temporary'
  readonly clock: Clock
  readonly random: Random
  /** A child with connection_id and session_id bound. */
  readonly log: Log
  /** Asked at each handshake, so that new certificates count. Null: STARTTLS is not offered. */
  readonly tls: (() => TlsOptions) | null
  readonly limits: SmtpLimits
  /** Decision 8: what becomes of a message with a bare CR or LF. */
  readonly bareNewline: 'reject' | 'normalise'
  /** RFC 6532: what becomes of a header beyond ASCII that SMTPUTF8 has not announced. */
  readonly eightBitHeader: 'accept' | 'reject'
  /** Told whose session it is. */
  readonly presence: Presence
  /** Aborted, with an Ending: the transaction that runs completes, then 421. */
  readonly stopping: AbortSignal
}
