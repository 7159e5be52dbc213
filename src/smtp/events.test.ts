import { expect, test } from 'vitest'
import type { Level, Log } from '../core/log.js'
import * as events from './events.js'

/** What the session's log has bound. */
const BOUND = { connection_id: 'c', session_id: 's' }

/** The log lines of section 1.1 of the requirement document: level, words, fields. */
const REQUIRED: readonly [Level, string, readonly string[], (log: Log) => void][] = [
  [
    'info',
    'SMTP server started',
    ['ports', 'tls_enabled', 'max_connections', 'version'],
    (log) =>
      events.serverStarted(log, { ports: [25, 465, 587], tls_enabled: true, max_connections: 100, version: '1' }),
  ],
  [
    'info',
    'SMTP connection accepted',
    ['port', 'client_ip', 'connection_id', 'tls_active', 'protocol'],
    (log) => events.connectionAccepted(log, { port: 25, client_ip: '::1', tls_active: false, protocol: 'SMTP' }),
  ],
  [
    'debug',
    'SMTP command received',
    ['connection_id', 'command', 'session_id', 'client_ip'],
    (log) => events.commandReceived(log, { command: 'EHLO', client_ip: '::1' }),
  ],
  [
    'info',
    'SMTP authentication successful',
    ['connection_id', 'username', 'auth_method', 'session_id', 'client_ip'],
    (log) => events.authSucceeded(log, { username: 'a', auth_method: 'PLAIN', client_ip: '::1' }),
  ],
  [
    'warn',
    'SMTP authentication failed',
    ['connection_id', 'username', 'error_code', 'client_ip', 'session_id'],
    (log) => events.authFailed(log, { username: 'a', error_code: '535', client_ip: '::1' }),
  ],
  [
    'info',
    'Message accepted for delivery',
    ['connection_id', 'message_id', 'from', 'recipients_count', 'size_bytes', 'session_id'],
    (log) => events.messageAccepted(log, { message_id: 'm', from: 'a@b', recipients_count: 1, size_bytes: 1 }),
  ],
  [
    'error',
    'SMTP connection limit reached',
    ['port', 'current_connections', 'rejected_ip', 'max_connections'],
    (log) =>
      events.connectionLimitReached(log, {
        port: 25,
        current_connections: 100,
        rejected_ip: '::1',
        max_connections: 100,
      }),
  ],
  [
    'info',
    'SMTP server shutdown',
    ['graceful', 'active_sessions_completed', 'total_duration_ms'],
    (log) => events.serverShutdown(log, { graceful: true, active_sessions_completed: 1, total_duration_ms: 1 }),
  ],
  [
    'trace',
    'STARTTLS negotiation',
    ['connection_id', 'cipher_suite', 'tls_version', 'client_ip'],
    (log) => events.startTlsNegotiated(log, { cipher_suite: 'c', tls_version: 't', client_ip: '::1' }),
  ],
]

test.each(REQUIRED)('%s: %s', (level, message, fields, write) => {
  const lines: { level: string; message: string; fields: object }[] = []
  const take = (at: string) => (given: object, words: string) =>
    lines.push({ level: at, message: words, fields: given })
  const log: Log = {
    trace: take('trace'),
    debug: take('debug'),
    info: take('info'),
    warn: take('warn'),
    error: take('error'),
    fatal: take('fatal'),
    child: () => log,
    isLevelEnabled: () => true,
  }
  write(log)
  expect(lines.map((line) => [line.level, line.message])).toEqual([[level, message]])
  const carried = Object.keys({ ...BOUND, ...lines[0]?.fields })
  expect(carried).toEqual(expect.arrayContaining([...fields]))
  expect(Object.keys(lines[0]?.fields ?? {}).filter((name) => !fields.includes(name))).toEqual([])
})
