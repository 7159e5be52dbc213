/** The log lines of SMTP: the catalogue of the requirement document (1.1), word for word, and our own behind it. */
import { event } from '../core/log.js'

/** The catalogue has the first two. */
export type SmtpProtocol = 'SMTP' | 'SMTPS' | 'LMTP'

export const serverStarted = event<{
  ports: readonly number[]
  tls_enabled: boolean
  max_connections: number
  version: string
}>('info', 'SMTP server started')
export const connectionAccepted = event<{
  port: number
  client_ip: string
  tls_active: boolean
  protocol: SmtpProtocol
}>('info', 'SMTP connection accepted')
export const commandReceived = event<{ command: string; client_ip: string }>('debug', 'SMTP command received')
export const authSucceeded = event<{ username: string; auth_method: string; client_ip: string }>(
  'info',
  'SMTP authentication successful',
)
export const authFailed = event<{ username: string; error_code: '535' | '454'; client_ip: string }>(
  'warn',
  'SMTP authentication failed',
)
/** `message_id` is the queue id that the trace field and the reply name. */
export const messageAccepted = event<{
  message_id: string
  from: string
  recipients_count: number
  size_bytes: number
}>('info', 'Message accepted for delivery')
export const connectionLimitReached = event<{
  port: number
  current_connections: number
  rejected_ip: string
  max_connections: number
}>('error', 'SMTP connection limit reached')
export const serverShutdown = event<{
  graceful: boolean
  active_sessions_completed: number
  total_duration_ms: number
}>('info', 'SMTP server shutdown')
export const startTlsNegotiated = event<{ cipher_suite: string; tls_version: string; client_ip: string }>(
  'trace',
  'STARTTLS negotiation',
)

export const connectionClosed = event<{ client_ip: string; reason: string; duration_ms: number }>(
  'debug',
  'SMTP connection closed',
)
export const messageRefused = event<{ client_ip: string; from: string; reply: string; size_bytes: number }>(
  'info',
  'Message refused',
)
export const recipientRefused = event<{ client_ip: string; recipient: string; reply: string }>(
  'info',
  'Recipient refused',
)
/** The mailbox of `recipient` got the same message not long ago. */
export const duplicateSuppressed = event<{ message_id: string; from: string; recipient: string }>(
  'info',
  'Duplicate message suppressed',
)
export const senderRefused = event<{ client_ip: string; username: string; from: string; reply: string }>(
  'info',
  'Sender refused',
)
/** `username` is empty for whoever has not logged in: the address has sent too much. */
export const sendingLimitReached = event<{ client_ip: string; username: string; from: string }>(
  'warn',
  'Sending limit reached',
)
export const earlyTalker = event<{ client_ip: string }>('debug', 'SMTP client spoke before the greeting')
export const improperPipelining = event<{ client_ip: string }>('info', 'SMTP message sent before it was asked for')
export const plaintextInjection = event<{ client_ip: string }>('warn', 'SMTP commands behind STARTTLS refused')
export const sessionFault = event<{ client_ip: string; error: string; stack: string }>('error', 'SMTP session fault')
