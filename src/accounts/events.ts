/** The log lines of accounts: words and fields of the requirement document, §1.5. */
import { event } from '../core/log.js'

export const authenticationStart = event<{
  email: string
  ip_address: string
  auth_method: 'password'
  request_id: string
  session_id: string
}>('trace', 'Authentication attempt start')

export const authenticationSuccessful = event<{
  user_id: number
  email: string
  ip_address: string
  auth_method: 'password'
  session_id: string
  duration_ms: number
}>('info', 'Successful authentication')

export const wrongPassword = event<{
  email: string
  ip_address: string
  auth_method: 'password'
  error: 'invalid_credentials'
  session_id: string
}>('warn', 'Failed authentication - wrong password')

export const disabledUser = event<{
  user_id: number
  email: string
  ip_address: string
  status: 'inactive'
  session_id: string
}>('warn', 'Failed authentication - disabled user')

export const userNotFound = event<{
  email: string
  ip_address: string
  error: 'user_not_found'
  session_id: string
}>('error', 'Failed authentication - user not found')

export const passwordHashed = event<{ user_id: number; bcrypt_cost: number; duration_ms: number }>(
  'debug',
  'Password hash generation',
)

/** Not in the document: an attempt that was not looked at (decision 11). */
export const authenticationRefused = event<{
  email: string
  ip_address: string
  reason: 'too_many_failures' | 'busy'
  session_id: string
}>('warn', 'Authentication refused for a while')

/** Not in the document: the login stands, its time could not be written. */
export const loginNotRecorded = event<{ user_id: number; error: string; session_id: string }>(
  'error',
  'Login time not recorded',
)
