/** The log lines against the table of the requirement document, §1.5. */
import { expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import * as events from './events.js'

const someone = { email: 'a@example.org', ip_address: '192.0.2.1', session_id: 's' }
const method = { auth_method: 'password' } as const

/** Copied; `name="value"` is a field whose value is fixed. */
const TABLE: [line: string, write: (log: ReturnType<typeof recordingLog>) => void][] = [
  [
    '**INFO**: Successful authentication (user_id, email, ip_address, auth_method="password", session_id, duration_ms)',
    (log) => events.authenticationSuccessful(log, { user_id: 1, ...someone, ...method, duration_ms: 3 }),
  ],
  [
    '**WARN**: Failed authentication - wrong password (email, ip_address, auth_method, error="invalid_credentials", session_id)',
    (log) => events.wrongPassword(log, { ...someone, ...method, error: 'invalid_credentials' }),
  ],
  [
    '**WARN**: Failed authentication - disabled user (user_id, email, ip_address, status="inactive", session_id)',
    (log) => events.disabledUser(log, { user_id: 1, ...someone, status: 'inactive' }),
  ],
  [
    '**ERROR**: Failed authentication - user not found (email, ip_address, error="user_not_found", session_id)',
    (log) => events.userNotFound(log, { ...someone, error: 'user_not_found' }),
  ],
  [
    '**DEBUG**: Password hash generation (user_id, bcrypt_cost=12, duration_ms)',
    (log) => events.passwordHashed(log, { user_id: 1, bcrypt_cost: 12, duration_ms: 250 }),
  ],
  [
    '**TRACE**: Authentication attempt start (email, ip_address, auth_method, request_id, session_id)',
    (log) => events.authenticationStart(log, { ...someone, ...method, request_id: 'r' }),
  ],
]

test.each(TABLE)('%s', (row, write) => {
  const [, level, message, fields] = /^\*\*([A-Z]+)\*\*: (.+) \((.+)\)$/.exec(row) ?? []
  const log = recordingLog()
  write(log)
  const [line] = log.lines
  expect(line?.level).toBe(level?.toLowerCase())
  expect(line?.message).toBe(message)
  const named = (fields ?? '').split(', ').map((field) => field.split('='))
  expect(Object.keys(line?.fields ?? {}).sort()).toEqual(named.map(([name]) => name).sort())
  for (const [name = '', value] of named)
    if (value !== undefined) expect(String(line?.fields[name])).toBe(value.replaceAll('"', ''))
})
