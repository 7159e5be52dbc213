import { expect, test } from 'vitest'
import { type Line, recordingLog } from '../../test/log-recorder.js'
import type { Level, Log } from '../core/log.js'
import * as events from './events.js'

/** What the session's log has bound. */
const BOUND = ['connection_id', 'session_id']

/** The log lines of section 1.4 of the requirement document: level, words, fields; and how each is written. */
const REQUIRED: readonly [Level, string, string, (log: Log) => void][] = [
  [
    'info',
    'IMAP server started',
    'ports, tls_enabled, max_connections, version',
    (log) => events.serverStarted(log, { ports: [143, 993], tls_enabled: true, max_connections: 200, version: '1' }),
  ],
  [
    'info',
    'IMAP connection accepted',
    'port, client_ip, connection_id, tls_active, protocol',
    (log) => events.connectionAccepted(log, { port: 993, client_ip: '::1', tls_active: true, protocol: 'IMAPS' }),
  ],
  [
    'debug',
    'IMAP command received',
    'connection_id, command, session_id, client_ip, mailbox',
    (log) => events.commandReceived(log, { command: 'FETCH', client_ip: '::1', mailbox: 'INBOX' }),
  ],
  [
    'info',
    'IMAP authentication successful',
    'connection_id, username, auth_method, session_id, client_ip',
    (log) => events.authenticationSuccessful(log, { username: 'a', auth_method: 'PLAIN', client_ip: '::1' }),
  ],
  [
    'warn',
    'IMAP authentication failed',
    'connection_id, username, error_code, client_ip, session_id',
    (log) => events.authenticationFailed(log, { username: 'a', error_code: 'X', client_ip: '::1' }),
  ],
  [
    'info',
    'IMAP IDLE mode entered',
    'connection_id, mailbox, session_id, heartbeat_interval',
    (log) => events.idleEntered(log, { mailbox: 'INBOX', heartbeat_interval: '29m' }),
  ],
  [
    'debug',
    'IMAP IDLE notification',
    'connection_id, event, message_count, session_id',
    (log) => events.idleNotification(log, { event: 'new_message', message_count: 1 }),
  ],
  [
    'warn',
    'IMAP idle timeout',
    'connection_id, idle_duration, session_id, client_ip',
    (log) => events.idleTimeout(log, { idle_duration: '30m', client_ip: '::1' }),
  ],
  [
    'error',
    'IMAP connection limit reached',
    'port, current_connections, rejected_ip, max_connections',
    (log) =>
      events.connectionLimitReached(log, { port: 1, current_connections: 2, rejected_ip: '::1', max_connections: 2 }),
  ],
  [
    'info',
    'IMAP server shutdown',
    'graceful, active_sessions_completed, total_duration_ms',
    (log) => events.serverShutdown(log, { graceful: true, active_sessions_completed: 1, total_duration_ms: 1 }),
  ],
  [
    'trace',
    'STARTTLS completed',
    'connection_id, cipher_suite, tls_version, client_ip',
    (log) => events.startTlsCompleted(log, { cipher_suite: 'c', tls_version: 't', client_ip: '::1' }),
  ],
]

test.each(REQUIRED)('%s: %s', (level, message, fields, write) => {
  const lines: Line[] = []
  write(recordingLog(lines))
  const required = fields.split(', ')
  const given = Object.keys(lines[0]?.fields ?? {})
  expect(lines.map((line) => [line.level, line.message])).toEqual([[level, message]])
  expect([...given, ...BOUND]).toEqual(expect.arrayContaining(required))
  expect(given.filter((name) => !required.includes(name))).toEqual([])
})

test.each([
  [1_740_000, '29m'],
  [30_000, '30s'],
  [90_000, '90s'],
  [1500, '1500ms'],
])('%i ms is %s', (ms, text) => {
  expect(events.duration(ms)).toBe(text)
})
