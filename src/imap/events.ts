/**
 * The log lines of IMAP: words and fields of the requirement document, §1.4. `connection_id` and
 * `session_id` are bound to the log of a session.
 */
import type { SaslMechanism } from '../accounts/sasl.js'
import { event } from '../core/log.js'

export const serverStarted = event<{
  ports: readonly number[]
  tls_enabled: boolean
  max_connections: number
  version: string
}>('info', 'IMAP server started')

export const connectionAccepted = event<{
  port: number
  client_ip: string
  tls_active: boolean
  protocol: 'IMAP' | 'IMAPS'
}>('info', 'IMAP connection accepted')

export const commandReceived = event<{ command: string; client_ip: string; mailbox: string | null }>(
  'debug',
  'IMAP command received',
)

export const authenticationSuccessful = event<{
  username: string
  auth_method: SaslMechanism
  client_ip: string
}>('info', 'IMAP authentication successful')

export const authenticationFailed = event<{ username: string; error_code: string; client_ip: string }>(
  'warn',
  'IMAP authentication failed',
)

export const idleEntered = event<{ mailbox: string | null; heartbeat_interval: string }>(
  'info',
  'IMAP IDLE mode entered',
)

export const idleNotification = event<{ event: 'new_message'; message_count: number }>(
  'debug',
  'IMAP IDLE notification',
)

export const idleTimeout = event<{ idle_duration: string; client_ip: string }>('warn', 'IMAP idle timeout')

export const connectionLimitReached = event<{
  port: number
  current_connections: number
  rejected_ip: string
  max_connections: number
}>('error', 'IMAP connection limit reached')

export const serverShutdown = event<{
  graceful: boolean
  active_sessions_completed: number
  total_duration_ms: number
}>('info', 'IMAP server shutdown')

export const startTlsCompleted = event<{ cipher_suite: string; tls_version: string; client_ip: string }>(
  'trace',
  'STARTTLS completed',
)

/** Not in the document: what a client says of itself (RFC 2971), as JSON: octets of a peer's, bounded by the command. */
export const clientIdentified = event<{ client_id: string }>('info', 'IMAP client identified')

/** Not in the document: an administrator has set somebody's quota. 0: no limit. */
export const quotaSet = event<{ email: string; limit_bytes: number; limit_messages: number }>('info', 'IMAP quota set')

/** Not in the document: an error of ours, answered NO [SERVERBUG]. */
export const commandFault = event<{ command: string; client_ip: string; error: string; stack: string }>(
  'error',
  'IMAP command failed',
)

/** Not in the document: the octets of a message could not be read from the disk. */
export const messageUnreadable = event<{ mailbox: string; uid: number; error: string }>(
  'error',
  'IMAP message unreadable',
)

/** Not in the document: the server ended a session. */
export const sessionEnded = event<{ reason: string; client_ip: string }>('info', 'IMAP session ended by the server')

const SECOND = 1000
const MINUTE = 60 * SECOND

/** A duration as the document writes it: `29m`, `30s`, `1500ms`. */
export function duration(ms: number): string {
  if (ms % MINUTE === 0) return `${ms / MINUTE}m`
  return ms % SECOND === 0 ? `${ms / SECOND}s` : `${ms}ms`
}
